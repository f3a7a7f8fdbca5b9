// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.options;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.run.TrainingOptions;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class TrainingChoiceTest {

    private static CommandLine command(TrainingChoice choice) {
        CommandSpec command = CommandSpec.create().addMixin("choice", CommandSpec.forAnnotatedObject(choice));
        command.usageMessage().sortOptions(false);
        return new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
    }

    @Test
    void withoutOptionsItTrainsAsPublished() {
        TrainingChoice choice = new TrainingChoice();
        command(choice).parseArgs("prepared", "-o", "training");
        NetworkSpec spec = NetworkSpec.efficientSegNet(4, List.of(16, 32, 64, 128, 256));
        assertEquals(TrainingOptions.published(spec), choice.training(spec, false, List.of()));
    }

    @Test
    void helpNamesEveryLoss() {
        String help = command(new TrainingChoice()).getUsageMessage();
        String losses = help.substring(help.lastIndexOf("--loss="), help.lastIndexOf("--batch="))
                .replaceAll("\\s+", " ");
        String named = losses.substring(losses.indexOf(' '), losses.indexOf(". Default"))
                .strip();
        assertEquals(LossTerm.names(), List.of(named.split(", ")));
    }
}

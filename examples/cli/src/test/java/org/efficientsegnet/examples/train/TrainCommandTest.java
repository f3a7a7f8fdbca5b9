// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.run.TrainingOptions;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class TrainCommandTest {

    @Test
    void withoutOptionsItTrainsAsPublished() {
        TrainCommand command = new TrainCommand(new CancellationToken());
        new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true).parseArgs("prepared", "-o", "training");
        NetworkSpec spec = NetworkSpec.efficientSegNet(4, List.of(16, 32, 64, 128, 256));
        assertEquals(TrainingOptions.published(spec), command.training(spec, false, List.of()));
    }

    @Test
    void helpNamesEveryLoss() {
        String help = new CommandLine(new TrainCommand(new CancellationToken())).getUsageMessage();
        String losses = help.substring(help.lastIndexOf("--loss="), help.lastIndexOf("--batch="))
                .replaceAll("\\s+", " ");
        String named = losses.substring(losses.indexOf(' '), losses.indexOf(". Default"))
                .strip();
        assertEquals(LossTerm.names(), List.of(named.split(", ")));
    }
}

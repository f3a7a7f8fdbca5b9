// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.cli.ExitCodes;
import org.efficientsegnet.examples.cli.OutputOptions;
import org.efficientsegnet.examples.cli.Version;
import org.efficientsegnet.examples.options.TrainingChoice;
import org.efficientsegnet.examples.options.TrainingProgress;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.run.PairTraining;
import org.efficientsegnet.nn.train.run.TrainingStoppedException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code train}: trains a coarse and a fine network. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Trains the coarse network, then the fine one, on a data set that was prepared, and writes model bundles:"
                    + " best.zip and last.zip. A training that was stopped in whatever way goes on with --resume and"
                    + " the same options.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet train prepared/ -o training/ --init pretrained",
            "  efficientsegnet train prepared/ -o training/ --epochs 200",
            "  efficientsegnet train prepared/ -o training/ --epochs 200 --resume",
            "  efficientsegnet segment ct.nii.gz -o labels.nii.gz --model training/best.zip"
        })
public final class TrainCommand implements Callable<Integer> {

    private final CancellationToken cancellation;

    @Mixin
    private TrainingChoice choice;

    @Mixin
    private OutputOptions console;

    /** @param cancellation stops between two steps */
    public TrainCommand(CancellationToken cancellation) {
        this.cancellation = cancellation;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        List<PairTraining.Source> sources = choice.sources(place -> PreparedDataset.open(Path.of(place)));
        PairTraining.Options options = choice.options(sources, Path::of);
        try {
            Path best = PairTraining.run(
                    sources,
                    options,
                    Path.of(choice.output()),
                    choice.resume(),
                    new TrainingProgress(console::say, cancellation));
            console.say("the best weights are in " + best);
            return ExitCodes.OK;
        } catch (TrainingStoppedException e) {
            console.error("error: " + e.getMessage());
            return ExitCodes.FAILED;
        } catch (InterruptedException e) {
            console.error("stopped; the same command with --resume goes on");
            return ExitCodes.STOPPED;
        }
    }
}

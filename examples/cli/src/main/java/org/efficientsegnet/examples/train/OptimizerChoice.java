package org.efficientsegnet.examples.train;

import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.nn.train.optimize.Schedule;
import picocli.CommandLine.Option;

/** How weights follow gradients, as chosen on the command line. */
final class OptimizerChoice {

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            defaultValue = "0.001",
            description = "Default: ${DEFAULT-VALUE}.")
    private double learningRate;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            defaultValue = "STEP",
            description = "constant, step or cosine. Default: step.")
    private Schedule schedule;

    @Option(names = "--warm-up", paramLabel = "STEPS", defaultValue = "0", description = "Default: 0.")
    private int warmUp;

    @Option(names = "--l2", paramLabel = "X", defaultValue = "5e-5", description = "Default: ${DEFAULT-VALUE}.")
    private double l2;

    @Option(names = "--clip", paramLabel = "NORM", description = "Largest norm of the gradient. Default: any.")
    private double clip = Double.POSITIVE_INFINITY;

    @Option(
            names = "--average",
            paramLabel = "DECAY",
            defaultValue = "0",
            description = "Decay of a moving average of the weights, 0.999 for instance. Default: none.")
    private double average;

    OptimizerOptions options() {
        return OptimizerOptions.DEFAULT
                .withLearningRate(learningRate)
                .withSchedule(schedule)
                .withWarmUpSteps(warmUp)
                .withL2(l2)
                .withClipNorm(clip)
                .withAverageDecay(average);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.options;

import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.nn.train.optimize.Schedule;
import picocli.CommandLine.Option;

/** How weights follow gradients, as chosen on the command line. */
final class OptimizerChoice {

    @Option(
            names = "--learning-rate",
            paramLabel = "X",
            description = "The highest one. Default: 0.001; with --init 0.0003.")
    private Double learningRate;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description = "constant, step or cosine. Default: step; with --init cosine.")
    private Schedule schedule;

    @Option(names = "--warm-up", paramLabel = "STEPS", description = "Default: 0; with --init 20.")
    private Integer warmUp;

    @Option(names = "--l2", paramLabel = "X", description = "Default: 5e-5; with --init 0.")
    private Double l2;

    @Option(
            names = "--clip",
            paramLabel = "NORM",
            description = "Largest norm of the gradient. Default: any; with --init 5.")
    private Double clip;

    @Option(
            names = "--average",
            paramLabel = "DECAY",
            description = "Decay of a moving average of the weights, 0 for none. Default: 0; with --init 0.995.")
    private Double average;

    OptimizerOptions options(OptimizerOptions otherwise) {
        OptimizerOptions options = otherwise;
        if (learningRate != null) {
            options = options.withLearningRate(learningRate);
        }
        if (schedule != null) {
            options = options.withSchedule(schedule);
        }
        if (warmUp != null) {
            options = options.withWarmUpSteps(warmUp);
        }
        if (l2 != null) {
            options = options.withL2(l2);
        }
        if (clip != null) {
            options = options.withClipNorm(clip);
        }
        return average == null ? options : options.withAverageDecay(average);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.optimize;

import java.util.Objects;

/**
 * How weights follow their gradients. The defaults are those of the published code.
 *
 * @param learningRate the highest one
 * @param schedule how it goes down
 * @param warmUpSteps over how many steps it rises to its height first; 0 for none
 * @param beta1 Adam's decay of the mean gradient
 * @param beta2 Adam's decay of the mean squared gradient
 * @param epsilon Adam's term that keeps the quotient finite
 * @param l2 times the weights is added to the gradient
 * @param clipNorm gradients whose norm over all weights is larger are scaled down to it; infinite for no clipping
 * @param averageDecay decay of the moving average of the weights, which is then what is validated and saved; 0 for none.
 *     It is (1 + n) / (10 + n) in step n where that is less
 */
public record OptimizerOptions(
        double learningRate,
        Schedule schedule,
        int warmUpSteps,
        double beta1,
        double beta2,
        double epsilon,
        double l2,
        double clipNorm,
        double averageDecay) {

    /** Adam at 1e-3 with betas 0.9 and 0.99, L2 5e-5, step decay, no warm-up, no clipping, no average. */
    public static final OptimizerOptions DEFAULT =
            new OptimizerOptions(1e-3, Schedule.STEP, 0, 0.9, 0.99, 1e-8, 5e-5, Double.POSITIVE_INFINITY, 0);

    /**
     * For weights that were trained before: Adam at 3e-4 with a cosine, a warm-up of 20 steps, clipping at 5, an average
     * of 0.995. No L2 term: in a trained network the gradients of deep layers are smaller than it by far (a hundredth in
     * the pretrained fine network), and Adam divides by the size of their sum, so that it would draw those weights to 0
     * by the whole learning rate, step after step.
     */
    public static final OptimizerOptions FINE_TUNING =
            new OptimizerOptions(3e-4, Schedule.COSINE, 20, 0.9, 0.99, 1e-8, 0, 5, 0.995);

    /** @throws IllegalArgumentException if a value makes no sense; the message names it */
    public OptimizerOptions {
        Objects.requireNonNull(schedule, "schedule");
        require(learningRate > 0 && Double.isFinite(learningRate), "learningRate", learningRate, "above 0");
        require(warmUpSteps >= 0, "warmUpSteps", warmUpSteps, "at least 0");
        require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "at least 0 and below 1");
        require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "at least 0 and below 1");
        require(epsilon > 0, "epsilon", epsilon, "above 0");
        require(l2 >= 0 && Double.isFinite(l2), "l2", l2, "at least 0");
        require(clipNorm > 0, "clipNorm", clipNorm, "above 0");
        require(averageDecay >= 0 && averageDecay < 1, "averageDecay", averageDecay, "at least 0 and below 1");
    }

    private static void require(boolean holds, String name, double value, String range) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": " + value + " is not " + range);
        }
    }

    /**
     * The learning rate of a step, warm-up included.
     *
     * @param step number of the step, the first is 0
     * @param progress share of the training that is done, 0 to 1
     */
    public double learningRate(long step, double progress) {
        double rise = warmUpSteps == 0 ? 1 : Math.min(1, (step + 1.0) / warmUpSteps);
        return rise * warmLearningRate(progress);
    }

    /**
     * The learning rate of a step without the warm-up.
     *
     * @param progress share of the training that is done, 0 to 1
     */
    public double warmLearningRate(double progress) {
        return learningRate * schedule.factor(progress);
    }

    /** The same with another learning rate. */
    public OptimizerOptions withLearningRate(double rate) {
        return new OptimizerOptions(rate, schedule, warmUpSteps, beta1, beta2, epsilon, l2, clipNorm, averageDecay);
    }

    /** The same with another schedule. */
    public OptimizerOptions withSchedule(Schedule other) {
        return new OptimizerOptions(
                learningRate, other, warmUpSteps, beta1, beta2, epsilon, l2, clipNorm, averageDecay);
    }

    /** The same with a warm-up. */
    public OptimizerOptions withWarmUpSteps(int steps) {
        return new OptimizerOptions(learningRate, schedule, steps, beta1, beta2, epsilon, l2, clipNorm, averageDecay);
    }

    /** The same with another L2 term. */
    public OptimizerOptions withL2(double other) {
        return new OptimizerOptions(
                learningRate, schedule, warmUpSteps, beta1, beta2, epsilon, other, clipNorm, averageDecay);
    }

    /** The same with clipping. */
    public OptimizerOptions withClipNorm(double norm) {
        return new OptimizerOptions(learningRate, schedule, warmUpSteps, beta1, beta2, epsilon, l2, norm, averageDecay);
    }

    /** The same with a moving average of the weights. */
    public OptimizerOptions withAverageDecay(double decay) {
        return new OptimizerOptions(learningRate, schedule, warmUpSteps, beta1, beta2, epsilon, l2, clipNorm, decay);
    }
}

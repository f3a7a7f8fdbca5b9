// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.optimize;

/**
 * Adam (Kingma and Ba, 2015, algorithm 1) with an L2 term in the gradient, clipping by the norm and a moving average of
 * the weights, over one flat array. Not thread-safe.
 */
public final class Adam {

    private final OptimizerOptions options;
    private final float[] weights;
    private final float[] mean;
    private final float[] meanSquare;
    private final float[] average;
    private long steps;

    /**
     * An optimiser before its first step.
     *
     * @param options how it goes
     * @param weights held; every step changes them
     */
    public Adam(OptimizerOptions options, float[] weights) {
        this(
                options,
                weights,
                new float[weights.length],
                new float[weights.length],
                options.averageDecay() > 0 ? weights.clone() : new float[0],
                0);
    }

    /**
     * An optimiser as it was after some steps. The arrays are held.
     *
     * @param options how it goes
     * @param weights the weights
     * @param mean moving mean of the gradient
     * @param meanSquare moving mean of the squared gradient
     * @param average moving average of the weights; empty if the options have none
     * @param steps how many steps were made
     * @throws IllegalArgumentException if the lengths disagree
     */
    public Adam(
            OptimizerOptions options, float[] weights, float[] mean, float[] meanSquare, float[] average, long steps) {
        int averaged = options.averageDecay() > 0 ? weights.length : 0;
        if (mean.length != weights.length || meanSquare.length != weights.length || average.length != averaged) {
            throw new IllegalArgumentException("the optimiser's state is of " + mean.length + ", " + meanSquare.length
                    + " and " + average.length + " numbers, but for " + weights.length + " weights it takes "
                    + weights.length + ", " + weights.length + " and " + averaged);
        }
        this.options = options;
        this.weights = weights;
        this.mean = mean;
        this.meanSquare = meanSquare;
        this.average = average;
        this.steps = steps;
    }

    /**
     * Makes a step.
     *
     * @param gradient of the loss; changed if it is clipped
     * @param learningRate of this step
     * @return the gradient's norm before clipping
     */
    public double step(float[] gradient, double learningRate) {
        return step(gradient, new byte[0], learningRate);
    }

    /**
     * Makes a step in which groups of weights have learning rates of their own.
     *
     * @param gradient of the loss; changed if it is clipped
     * @param groups number of each weight's group, from 0; empty if all are in group 0
     * @param learningRates of this step, one a group
     * @return the gradient's norm before clipping
     */
    public double step(float[] gradient, byte[] groups, double... learningRates) {
        double norm = clip(gradient, options.clipNorm());
        steps++;
        double beta1 = options.beta1();
        double beta2 = options.beta2();
        double[] rates = learningRates.clone();
        for (int group = 0; group < rates.length; group++) {
            rates[group] /= 1 - Math.pow(beta1, (double) steps);
        }
        double correction = 1 / (1 - Math.pow(beta2, (double) steps));
        double l2 = options.l2();
        double epsilon = options.epsilon();
        for (int i = 0; i < weights.length; i++) {
            double g = gradient[i] + l2 * weights[i];
            double m = beta1 * mean[i] + (1 - beta1) * g;
            double v = beta2 * meanSquare[i] + (1 - beta2) * g * g;
            mean[i] = (float) m;
            meanSquare[i] = (float) v;
            double rate = rates[groups.length == 0 ? 0 : groups[i]];
            weights[i] -= (float) (rate * m / (Math.sqrt(v * correction) + epsilon));
        }
        // At first a shorter average, so that it does not hold on to the weights that training began with.
        double decay = Math.min(options.averageDecay(), (1.0 + steps) / (10.0 + steps));
        for (int i = 0; i < average.length; i++) {
            average[i] = (float) (decay * average[i] + (1 - decay) * weights[i]);
        }
        return norm;
    }

    /**
     * Scales a gradient down if its norm is too large (Pascanu et al., On the difficulty of training recurrent neural
     * networks, 2013, algorithm 1).
     *
     * @return the norm before
     */
    static double clip(float[] gradient, double most) {
        double squares = 0;
        for (float g : gradient) {
            squares += (double) g * g;
        }
        double norm = Math.sqrt(squares);
        if (norm > most) {
            float scale = (float) (most / norm);
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] *= scale;
            }
        }
        return norm;
    }

    /** The weights; held, not copied. */
    public float[] weights() {
        return weights;
    }

    /** The weights to validate and save: the moving average if there is one. Held, not copied. */
    public float[] bestWeights() {
        return average.length > 0 ? average : weights;
    }

    /** The moving mean of the gradient; held, not copied. */
    public float[] mean() {
        return mean;
    }

    /** The moving mean of the squared gradient; held, not copied. */
    public float[] meanSquare() {
        return meanSquare;
    }

    /** The moving average of the weights, empty if there is none; held, not copied. */
    public float[] average() {
        return average;
    }

    /** How many steps were made. */
    public long steps() {
        return steps;
    }
}

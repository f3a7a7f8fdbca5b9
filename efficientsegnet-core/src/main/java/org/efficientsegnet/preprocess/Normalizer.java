// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import org.efficientsegnet.parallel.Parallelism;

/**
 * Clipping to a window and z-score, in place: what the published method does to a volume after resampling it.
 *
 * <p>Sums are taken in double over blocks of fixed size and added in order, so that the result does not depend on the
 * number of threads. Thread-safe: pure functions but for the array that is passed.
 */
public final class Normalizer {

    private static final int BLOCK = 1 << 15;

    private Normalizer() {}

    /**
     * Mean and spread of the values after clipping.
     *
     * @param mean in the values' unit
     * @param standardDeviation with n - 1; 0 for a single value
     */
    public record Moments(double mean, double standardDeviation) {}

    /**
     * Clips, then replaces every value by (value - mean) / (standard deviation + epsilon). Finite input gives finite
     * output if {@code epsilon} is above zero.
     *
     * @param values changed in place, HU on entry
     * @param low values below are raised to it, HU
     * @param high values above are lowered to it, HU
     * @param epsilon keeps the quotient finite when all values are equal
     * @param p the threads
     * @return the moments of the clipped values
     * @throws IllegalArgumentException if there are no values, or the window is empty
     */
    public static Moments clipAndStandardize(float[] values, float low, float high, double epsilon, Parallelism p) {
        if (values.length == 0) {
            throw new IllegalArgumentException("there is nothing to normalise: the array is empty");
        }
        if (!(low < high)) {
            throw new IllegalArgumentException("the window " + low + " to " + high + " HU is empty");
        }
        int n = values.length;
        double mean = sum(n, p, (from, to) -> clipAndSum(values, low, high, from, to)) / n;
        double squares = sum(n, p, (from, to) -> sumOfSquares(values, mean, from, to));
        double deviation = n == 1 ? 0 : Math.sqrt(squares / (n - 1));
        double scale = 1 / (deviation + epsilon);
        p.forRange(blocks(n), (from, to) -> {
            int end = (int) Math.min(n, (long) to * BLOCK);
            for (int i = from * BLOCK; i < end; i++) {
                values[i] = (float) ((values[i] - mean) * scale);
            }
        });
        return new Moments(mean, deviation);
    }

    @FunctionalInterface
    private interface BlockSum {
        double of(int from, int to);
    }

    private static int blocks(int n) {
        return (n - 1) / BLOCK + 1;
    }

    private static double sum(int n, Parallelism p, BlockSum block) {
        double[] sums = new double[blocks(n)];
        p.forRange(sums.length, (from, to) -> {
            for (int b = from; b < to; b++) {
                sums[b] = block.of(b * BLOCK, (int) Math.min(n, (b + 1L) * BLOCK));
            }
        });
        double sum = 0;
        for (double s : sums) {
            sum += s;
        }
        return sum;
    }

    private static double clipAndSum(float[] values, float low, float high, int from, int to) {
        for (int i = from; i < to; i++) {
            values[i] = Math.min(Math.max(values[i], low), high);
        }
        // Four sums side by side: a single one waits for the adder at every step.
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = from;
        for (; i < to - 3; i += 4) {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (; i < to; i++) {
            a += values[i];
        }
        return (a + b) + (c + d);
    }

    private static double sumOfSquares(float[] values, double mean, int from, int to) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = from;
        for (; i < to - 3; i += 4) {
            double p = values[i] - mean;
            double q = values[i + 1] - mean;
            double r = values[i + 2] - mean;
            double s = values[i + 3] - mean;
            a += p * p;
            b += q * q;
            c += r * r;
            d += s * s;
        }
        for (; i < to; i++) {
            double p = values[i] - mean;
            a += p * p;
        }
        return (a + b) + (c + d);
    }
}

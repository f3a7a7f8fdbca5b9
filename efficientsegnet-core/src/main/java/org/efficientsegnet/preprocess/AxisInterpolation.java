// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

/**
 * Where the samples of a resampled axis lie between those of the original one, corners aligned: first falls on first,
 * last on last. Sample {@code i} of {@code to} lies at {@code i·(from - 1)/(to - 1)}; a result of one sample takes the
 * first. This is what PyTorch's {@code interpolate(..., align_corners=True)} does.
 *
 * <p>The value there is {@code v[lower[i]] + weight[i]·(v[upper[i]] - v[lower[i]])}. The arrays are shared, not copied:
 * they are for reading.
 *
 * @param lower index of the original sample at or before each result
 * @param upper index of the one after, or the same at the end
 * @param weight how far the result is from the lower to the upper, in [0, 1)
 */
public record AxisInterpolation(int[] lower, int[] upper, float[] weight) {

    private static final float LARGEST_WEIGHT = Math.nextDown(1f);

    /**
     * Where a result lies among the original samples.
     *
     * @param i which result, from 0 on
     * @param from number of original samples, at least 1
     * @param to number of results, at least 1
     */
    public static double position(int i, int from, int to) {
        // The product is exact, so that a position which is an integer comes out as one.
        return to == 1 ? 0 : (double) ((long) i * (from - 1)) / (to - 1);
    }

    /**
     * The table for one axis.
     *
     * @param from number of original samples, at least 1
     * @param to number of results, at least 1
     */
    public static AxisInterpolation alignCorners(int from, int to) {
        int[] lower = new int[to];
        int[] upper = new int[to];
        float[] weight = new float[to];
        for (int i = 0; i < to; i++) {
            double position = position(i, from, to);
            lower[i] = (int) position;
            upper[i] = Math.min(lower[i] + 1, from - 1);
            weight[i] = Math.min((float) (position - lower[i]), LARGEST_WEIGHT);
        }
        return new AxisInterpolation(lower, upper, weight);
    }

    /** The same table for samples that are stored last to first. */
    public AxisInterpolation reversed(int from) {
        int[] low = new int[lower.length];
        int[] up = new int[upper.length];
        for (int i = 0; i < low.length; i++) {
            low[i] = from - 1 - lower[i];
            up[i] = from - 1 - upper[i];
        }
        return new AxisInterpolation(low, up, weight);
    }
}

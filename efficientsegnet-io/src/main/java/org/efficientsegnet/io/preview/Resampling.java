// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

/**
 * Scales a slice to pixels, separably, with a cubic kernel of two parameters (Mitchell and Netravali, Reconstruction
 * Filters in Computer Graphics, 1988). Where pixels are larger than voxels the kernel is widened to them.
 */
final class Resampling {

    /** Through the values (Catmull-Rom): for grey values. */
    static final double[] SHARP = {0, 0.5};

    /** Near the values: turns the steps of a mask into a round border. */
    static final double[] SMOOTH = {2 / 3d, 1 / 6d};

    private final int[] first;
    private final float[][] weights;

    /**
     * One axis.
     *
     * @param pixels how many there are
     * @param start the first pixel's leading edge, in voxels from the first voxel's leading edge
     * @param voxelsPerPixel how far a pixel reaches
     * @param voxels how many there are; those outside count as the outermost
     * @param kernel {@link #SHARP} or {@link #SMOOTH}
     */
    Resampling(int pixels, double start, double voxelsPerPixel, int voxels, double[] kernel) {
        first = new int[pixels];
        weights = new float[pixels][];
        double stretch = Math.max(1, voxelsPerPixel);
        for (int p = 0; p < pixels; p++) {
            double center = start + (p + 0.5) * voxelsPerPixel - 0.5;
            int from = (int) Math.ceil(center - 2 * stretch);
            int to = (int) Math.floor(center + 2 * stretch);
            int low = clamp(from, voxels);
            float[] w = new float[clamp(to, voxels) - low + 1];
            double sum = 0;
            for (int v = from; v <= to; v++) {
                double weight = kernel(Math.abs(v - center) / stretch, kernel[0], kernel[1]);
                w[clamp(v, voxels) - low] += (float) weight;
                sum += weight;
            }
            for (int i = 0; i < w.length; i++) {
                w[i] /= (float) sum;
            }
            first[p] = low;
            weights[p] = w;
        }
    }

    /** Scales rows of values along both axes. */
    static float[][] apply(float[][] values, Resampling rows, Resampling columns) {
        int width = columns.first.length;
        float[][] narrow = new float[values.length][width];
        for (int y = 0; y < values.length; y++) {
            for (int x = 0; x < width; x++) {
                float sum = 0;
                float[] w = columns.weights[x];
                for (int i = 0; i < w.length; i++) {
                    sum += w[i] * values[y][columns.first[x] + i];
                }
                narrow[y][x] = sum;
            }
        }
        float[][] result = new float[rows.first.length][width];
        for (int y = 0; y < result.length; y++) {
            float[] w = rows.weights[y];
            for (int i = 0; i < w.length; i++) {
                float[] row = narrow[rows.first[y] + i];
                for (int x = 0; x < width; x++) {
                    result[y][x] += w[i] * row[x];
                }
            }
        }
        return result;
    }

    private static int clamp(int voxel, int voxels) {
        return Math.min(Math.max(voxel, 0), voxels - 1);
    }

    private static double kernel(double x, double b, double c) {
        if (x < 1) {
            return ((12 - 9 * b - 6 * c) * x * x * x + (-18 + 12 * b + 6 * c) * x * x + (6 - 2 * b)) / 6;
        }
        if (x < 2) {
            return ((-b - 6 * c) * x * x * x + (6 * b + 30 * c) * x * x + (-12 * b - 48 * c) * x + (8 * b + 24 * c))
                    / 6;
        }
        return 0;
    }
}

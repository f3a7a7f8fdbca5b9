// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.augment;

import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/** Smooths volumes with a Gaussian, axis by axis. Thread-safe: pure functions. */
final class Gaussian {

    private static final double REACH = 4;

    private Gaussian() {}

    /**
     * Smooths in place. The kernel ends after four standard deviations and its weights sum to 1; beyond the border the
     * border's value goes on.
     *
     * @param values C order z, y, x
     * @param shape their extent
     * @param deviation standard deviation, voxels, above 0
     */
    static void smooth(float[] values, Shape shape, double deviation) {
        double[] kernel = kernel(deviation);
        int[] strides = {shape.y() * shape.x(), shape.x(), 1};
        for (int axis = 0; axis < 3; axis++) {
            int n = shape.along(Axis.at(axis));
            float[] line = new float[n];
            for (int start = 0; start < values.length; start++) {
                // A line begins where the index along the axis is 0.
                if (start / strides[axis] % n == 0) {
                    smooth(values, start, strides[axis], line, kernel);
                }
            }
        }
    }

    /** One half of the kernel, its middle first. */
    private static double[] kernel(double deviation) {
        double[] kernel = new double[(int) Math.ceil(REACH * deviation) + 1];
        double sum = 0;
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] = Math.exp(-0.5 * (i / deviation) * (i / deviation));
            sum += i == 0 ? kernel[i] : 2 * kernel[i];
        }
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] /= sum;
        }
        return kernel;
    }

    private static void smooth(float[] values, int start, int stride, float[] line, double[] kernel) {
        for (int i = 0; i < line.length; i++) {
            line[i] = values[start + i * stride];
        }
        int last = line.length - 1;
        for (int i = 0; i < line.length; i++) {
            double sum = kernel[0] * line[i];
            for (int k = 1; k < kernel.length; k++) {
                sum += kernel[k] * ((double) line[Math.max(0, i - k)] + line[Math.min(last, i + k)]);
            }
            values[start + i * stride] = (float) sum;
        }
    }
}

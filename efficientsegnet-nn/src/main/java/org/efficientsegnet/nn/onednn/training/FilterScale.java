// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import org.efficientsegnet.nn.train.ParameterLayout.Parameter;

/**
 * The part of a gradient by a filter that points along the filter itself, when a norm alone reads what the filter gives.
 *
 * <p>A norm takes the scale of its input away, but for epsilon. So that part is next to nothing, and next to nothing it
 * remains as a sum over voxels only if large numbers cancel; rounded ones leave noise. The norm knows it from its own sums:
 * with x = w·u, r = 1/sqrt(variance + epsilon), f the factor of dropout, and g the gradient by the norm's output, w · dL/dw
 * is the sum of x·dL/dx over the voxels, which is f·epsilon·r² times the sum of g·(x - mean)·r. A filter with one weight,
 * as in a shortcut from an image of one channel, has no other part.
 */
final class FilterScale {

    /** Of filters with more weights this part is too small a share for its noise to matter. */
    private static final int MOST_WEIGHTS = 32;

    private FilterScale() {}

    /** Whether it is worth while. */
    static boolean matters(Parameter parameter) {
        return parameter.size() / parameter.outputs() <= MOST_WEIGHTS;
    }

    /**
     * Puts the known part in the place of the computed one.
     *
     * @param along what the product of each filter with the gradient by it is
     * @param weights flat
     * @param gradient flat
     */
    static void correct(Parameter parameter, double[] along, float[] weights, float[] gradient) {
        int outputs = parameter.outputs();
        int end = parameter.offset() + parameter.size();
        for (int output = 0; output < outputs; output++) {
            double square = 0;
            double product = 0;
            for (int i = parameter.offset() + output; i < end; i += outputs) {
                square += (double) weights[i] * weights[i];
                product += (double) weights[i] * gradient[i];
            }
            if (square > 0) {
                double missing = (along[output] - product) / square;
                for (int i = parameter.offset() + output; i < end; i += outputs) {
                    gradient[i] += (float) (missing * weights[i]);
                }
            }
        }
    }
}

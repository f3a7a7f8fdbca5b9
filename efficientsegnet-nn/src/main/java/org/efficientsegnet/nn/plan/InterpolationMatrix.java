// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import org.efficientsegnet.preprocess.AxisInterpolation;

/**
 * Linear interpolation along one axis with the corners aligned, as a matrix of two weights a row: output i lies at input
 * i·(from-1)/(to-1).
 *
 * @param from extent of the input
 * @param to extent of the output
 */
public record InterpolationMatrix(int from, int to) implements AxisMatrix {

    @Override
    public int low(int i) {
        return Math.min((int) position(i), from - 1);
    }

    @Override
    public int high(int i) {
        return Math.min(low(i) + 1, from - 1);
    }

    private double position(int i) {
        return AxisInterpolation.position(i, from, to);
    }

    @Override
    public float weight(int i, int j) {
        int low = low(i);
        double fraction = low == from - 1 ? 0 : position(i) - low;
        return j == low ? (float) (1 - fraction) : j == low + 1 ? (float) fraction : 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

/**
 * Means over bins that cover an axis and may overlap: bin i goes from floor(i·from/to) to ceil((i+1)·from/to), the latter
 * excluded.
 *
 * @param from extent of the input
 * @param to number of bins
 */
public record BinMeans(int from, int to) implements AxisMatrix {

    @Override
    public int low(int i) {
        return i * from / to;
    }

    @Override
    public int high(int i) {
        return ((i + 1) * from + to - 1) / to - 1;
    }

    @Override
    public float weight(int i, int j) {
        return j >= low(i) && j <= high(i) ? 1f / (high(i) - low(i) + 1) : 0;
    }
}

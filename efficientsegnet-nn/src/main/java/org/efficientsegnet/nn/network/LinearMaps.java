// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import org.efficientsegnet.preprocess.AxisInterpolation;

/** Matrices that resample one axis: row i holds the weights of the inputs in output i. */
final class LinearMaps {

    private LinearMaps() {}

    /** Linear interpolation with the corners aligned: output i lies at i·(from-1)/(to-1). */
    static float[][] interpolation(int from, int to) {
        float[][] rows = new float[to][from];
        for (int i = 0; i < to; i++) {
            double position = AxisInterpolation.position(i, from, to);
            int low = Math.min((int) position, from - 1);
            double fraction = position - low;
            rows[i][low] += (float) (1 - fraction);
            if (low + 1 < from) {
                rows[i][low + 1] += (float) fraction;
            }
        }
        return rows;
    }

    /** Means over {@code factor} neighbours; the rest of the axis is left out. */
    static float[][] blockMeans(int from, int factor) {
        float[][] rows = new float[from / factor][from];
        for (int i = 0; i < rows.length; i++) {
            fill(rows[i], i * factor, (i + 1) * factor);
        }
        return rows;
    }

    /** Means over bins that cover the axis and may overlap: from floor(i·n/bins) to ceil((i+1)·n/bins). */
    static float[][] binMeans(int from, int bins) {
        float[][] rows = new float[bins][from];
        for (int i = 0; i < bins; i++) {
            fill(rows[i], i * from / bins, ((i + 1) * from + bins - 1) / bins);
        }
        return rows;
    }

    private static void fill(float[] row, int begin, int end) {
        for (int j = begin; j < end; j++) {
            row[j] = 1f / (end - begin);
        }
    }
}

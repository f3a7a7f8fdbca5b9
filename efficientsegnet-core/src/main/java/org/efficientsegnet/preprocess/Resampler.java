// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/**
 * Trilinear resampling of a grid to another size, corners aligned.
 *
 * <p>Every value is interpolated along z first, then along y, then along x, whichever axis is contiguous in memory: one
 * scan gives the same bits in whatever orientation it is stored, and so do the networks, whose bfloat16 would make labels
 * of the last digits. What depends on the storage is the order of the loops: stored rows are read whole, so that a scan
 * whose slices are not axial is read as fast as any other; only the writing is turned. Thread-safe: pure functions.
 */
public final class Resampler {

    /** Rows that are kept until they are written crosswise: 16 floats fill a cache line. */
    private static final int BLOCK = 16;

    private Resampler() {}

    /**
     * Resamples stored voxels and turns them into Hounsfield units. Needs no memory beyond the result but a few rows a
     * thread. Values that are not finite spread to their neighbours; see {@link NonFiniteVoxels}.
     *
     * @param voxels the stored values
     * @param layout which of them, and how their axes lie: z, y, x as the result's
     * @param slope factor from stored value to HU
     * @param intercept summand to HU
     * @param size the result's extent, z, y, x
     * @param p the threads
     * @return HU, C order z, y, x
     * @throws IllegalArgumentException if one array cannot hold the result
     */
    public static float[] trilinear(
            Voxels voxels, Layout layout, double slope, double intercept, Shape size, Parallelism p) {
        float[] result = new float[size.arrayLength()];
        Axis row = layout.contiguousAxis();
        Axis inner = row == Axis.X ? Axis.Y : Axis.X;
        Axis outer = Axis.at(3 - row.ordinal() - inner.ordinal());
        Sampling sampling = new Sampling(
                voxels,
                layout,
                size,
                row,
                inner,
                outer,
                AxisInterpolation.alignCorners(layout.shape().along(row), size.along(row)),
                AxisInterpolation.alignCorners(layout.shape().along(inner), size.along(inner)),
                AxisInterpolation.alignCorners(layout.shape().along(outer), size.along(outer)),
                (float) slope,
                (float) intercept,
                result);
        p.forRange(size.along(outer), (from, to) -> new Worker(sampling).run(from, to));
        return result;
    }

    /** Axes are named by what they are to the loops: stored rows, the loop around them, the parallel one. */
    private record Sampling(
            Voxels voxels,
            Layout layout,
            Shape size,
            Axis row,
            Axis inner,
            Axis outer,
            AxisInterpolation alongRow,
            AxisInterpolation alongInner,
            AxisInterpolation alongOuter,
            float slope,
            float intercept,
            float[] result) {

        int resultStride(Axis axis) {
            return Layout.contiguous(size).stride(axis);
        }
    }

    /** One thread's rows. */
    private static final class Worker {
        private final Sampling sampling;
        private final int length;
        private final int rowStart;
        private final int rowStride;
        private final AxisInterpolation alongRow;
        private final float[] stored;
        private final float[] storedNext;
        private final float[] line;
        private final float[] other;

        /** Source rows at two neighbouring inner indices, interpolated already along the axes that come before. */
        private float[] lowRow;

        private float[] highRow;
        private int lowIndex;
        private int highIndex;

        Worker(Sampling sampling) {
            this.sampling = sampling;
            length = sampling.layout.shape().along(sampling.row);
            int stride = sampling.layout.stride(sampling.row);
            // Backward rows are read forward, since only forward loops are vectorised, and the table is turned instead.
            rowStart = sampling.layout.offset() + (stride < 0 ? (length - 1) * stride : 0);
            rowStride = length == 1 ? 1 : Math.abs(stride);
            alongRow = stride < 0 ? sampling.alongRow.reversed(length) : sampling.alongRow;
            stored = new float[length];
            storedNext = new float[length];
            // Rows along x are interpolated along themselves last, others first.
            int kept = sampling.row == Axis.X ? length : sampling.size.along(sampling.row);
            line = new float[kept];
            other = new float[kept];
            lowRow = new float[kept];
            highRow = new float[kept];
        }

        void run(int from, int to) {
            int inners = sampling.size.along(sampling.inner);
            int rowLength = sampling.size.along(sampling.row);
            boolean direct = sampling.row == Axis.X;
            float[] block = direct ? new float[0] : new float[BLOCK * rowLength];
            for (int o = from; o < to; o++) {
                lowIndex = -1;
                highIndex = -1;
                int resultStart = o * sampling.resultStride(sampling.outer);
                for (int i = 0; i < inners; i++) {
                    float[] blended = blend(o, i);
                    if (direct) {
                        int at = resultStart + i * sampling.resultStride(sampling.inner);
                        interpolate(blended, sampling.result, at);
                        toHu(sampling.result, at, sampling.result, at, rowLength);
                    } else {
                        toHu(blended, 0, block, i % BLOCK * rowLength, rowLength);
                        if (i % BLOCK == BLOCK - 1 || i == inners - 1) {
                            int rows = i % BLOCK + 1;
                            writeCrosswise(block, rows, rowLength, resultStart + i + 1 - rows);
                        }
                    }
                }
            }
        }

        /** The stored rows around a result row, interpolated along all axes, but for rows along x along themselves. */
        private float[] blend(int o, int i) {
            int low = sampling.alongInner.lower()[i];
            int high = sampling.alongInner.upper()[i];
            float weight = sampling.alongInner.weight()[i];
            if (lowIndex != low) {
                float[] swap = lowRow;
                lowRow = highRow;
                highRow = swap;
                int swapIndex = lowIndex;
                lowIndex = highIndex;
                highIndex = swapIndex;
                if (lowIndex != low) {
                    read(o, low, lowRow);
                    lowIndex = low;
                }
            }
            if (weight == 0) {
                return lowRow;
            }
            if (highIndex != high) {
                read(o, high, highRow);
                highIndex = high;
            }
            lerp(lowRow, highRow, weight, line);
            return line;
        }

        /** A row at a stored inner index; z comes before y, y before x. */
        private void read(int o, int innerIndex, float[] to) {
            int start = rowStart + innerIndex * sampling.layout.stride(sampling.inner);
            int stride = sampling.layout.stride(sampling.outer);
            int low = start + sampling.alongOuter.lower()[o] * stride;
            int high = start + sampling.alongOuter.upper()[o] * stride;
            float weight = sampling.alongOuter.weight()[o];
            if (sampling.row == Axis.Z) {
                copy(low, stored);
                interpolate(stored, to, 0);
                if (weight != 0) {
                    copy(high, stored);
                    interpolate(stored, other, 0);
                    lerp(to, other, weight, to);
                }
                return;
            }
            float[] row = sampling.row == Axis.Y ? stored : to;
            copy(low, row);
            if (weight != 0) {
                float[] next = sampling.row == Axis.Y ? storedNext : other;
                copy(high, next);
                lerp(row, next, weight, row);
            }
            if (sampling.row == Axis.Y) {
                interpolate(row, to, 0);
            }
        }

        private void copy(int start, float[] to) {
            sampling.voxels.copyTo(start, rowStride, to, 0, length);
        }

        private void interpolate(float[] row, float[] to, int at) {
            int[] lower = alongRow.lower();
            int[] upper = alongRow.upper();
            float[] weight = alongRow.weight();
            for (int k = 0; k < weight.length; k++) {
                float low = row[lower[k]];
                to[at + k] = low + weight[k] * (row[upper[k]] - low);
            }
        }

        private void toHu(float[] from, int start, float[] to, int at, int n) {
            float slope = sampling.slope;
            float intercept = sampling.intercept;
            for (int k = 0; k < n; k++) {
                to[at + k] = from[start + k] * slope + intercept;
            }
        }

        private void writeCrosswise(float[] block, int rows, int rowLength, int at) {
            int stride = sampling.resultStride(sampling.row);
            for (int k = 0; k < rowLength; k++, at += stride) {
                for (int r = 0; r < rows; r++) {
                    sampling.result[at + r] = block[r * rowLength + k];
                }
            }
        }

        private static void lerp(float[] low, float[] high, float weight, float[] to) {
            for (int k = 0; k < to.length; k++) {
                to[k] = low[k] + weight * (high[k] - low[k]);
            }
        }
    }
}

package org.efficientsegnet.preprocess;

import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/**
 * Trilinear resampling of a grid to another size, corners aligned.
 *
 * <p>The interpolation is done row by row along the axis that is contiguous in memory, whichever that is in the layout:
 * four stored rows are blended into one, then that row is interpolated along itself. A scan whose slices are not axial
 * is thus read as fast as any other; only the writing is turned. Thread-safe: pure functions.
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
        int row = layout.contiguousAxis();
        int inner = row == 2 ? 1 : 2;
        int outer = 3 - row - inner;
        Plan plan = new Plan(
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
        p.forRange(size.along(outer), (from, to) -> new Worker(plan).run(from, to));
        return result;
    }

    /** Axes are named by what they are to the loops: stored rows, the loop around them, the parallel one. */
    private record Plan(
            Voxels voxels,
            Layout layout,
            Shape size,
            int row,
            int inner,
            int outer,
            AxisInterpolation alongRow,
            AxisInterpolation alongInner,
            AxisInterpolation alongOuter,
            float slope,
            float intercept,
            float[] result) {

        int resultStride(int axis) {
            return switch (axis) {
                case 0 -> size.y() * size.x();
                case 1 -> size.x();
                default -> 1;
            };
        }
    }

    /** One thread's rows. */
    private static final class Worker {
        private final Plan plan;
        private final int length;
        private final int rowStart;
        private final int rowStride;
        private final AxisInterpolation alongRow;
        private final float[] line;
        private final float[] other;

        /** Source rows at two neighbouring inner indices, blended along the outer axis already. */
        private float[] lowRow;

        private float[] highRow;
        private int lowIndex;
        private int highIndex;

        Worker(Plan plan) {
            this.plan = plan;
            length = plan.layout.shape().along(plan.row);
            int stride = plan.layout.stride(plan.row);
            // Backward rows are read forward, since only forward loops are vectorised, and the table is turned instead.
            rowStart = plan.layout.offset() + (stride < 0 ? (length - 1) * stride : 0);
            rowStride = length == 1 ? 1 : Math.abs(stride);
            alongRow = stride < 0 ? plan.alongRow.reversed(length) : plan.alongRow;
            line = new float[length];
            other = new float[length];
            lowRow = new float[length];
            highRow = new float[length];
        }

        void run(int from, int to) {
            int inners = plan.size.along(plan.inner);
            int rowLength = plan.size.along(plan.row);
            boolean direct = plan.row == 2;
            float[] block = direct ? new float[0] : new float[BLOCK * rowLength];
            for (int o = from; o < to; o++) {
                lowIndex = -1;
                highIndex = -1;
                int resultStart = o * plan.resultStride(plan.outer);
                for (int i = 0; i < inners; i++) {
                    float[] blended = blend(o, i);
                    if (direct) {
                        interpolate(blended, plan.result, resultStart + i * plan.resultStride(plan.inner));
                    } else {
                        interpolate(blended, block, i % BLOCK * rowLength);
                        if (i % BLOCK == BLOCK - 1 || i == inners - 1) {
                            int rows = i % BLOCK + 1;
                            writeCrosswise(block, rows, rowLength, resultStart + i + 1 - rows);
                        }
                    }
                }
            }
        }

        /** The stored rows around a result row, blended along the outer and the inner axis. */
        private float[] blend(int o, int i) {
            int low = plan.alongInner.lower()[i];
            int high = plan.alongInner.upper()[i];
            float weight = plan.alongInner.weight()[i];
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

        private void read(int o, int innerIndex, float[] to) {
            int start = rowStart + innerIndex * plan.layout.stride(plan.inner);
            int stride = plan.layout.stride(plan.outer);
            float weight = plan.alongOuter.weight()[o];
            plan.voxels.copyTo(start + plan.alongOuter.lower()[o] * stride, rowStride, to, 0, length);
            if (weight != 0) {
                plan.voxels.copyTo(start + plan.alongOuter.upper()[o] * stride, rowStride, other, 0, length);
                lerp(to, other, weight, to);
            }
        }

        private void interpolate(float[] row, float[] to, int at) {
            int[] lower = alongRow.lower();
            int[] upper = alongRow.upper();
            float[] weight = alongRow.weight();
            float slope = plan.slope;
            float intercept = plan.intercept;
            for (int k = 0; k < weight.length; k++) {
                float low = row[lower[k]];
                to[at + k] = (low + weight[k] * (row[upper[k]] - low)) * slope + intercept;
            }
        }

        private void writeCrosswise(float[] block, int rows, int rowLength, int at) {
            int stride = plan.resultStride(plan.row);
            for (int k = 0; k < rowLength; k++, at += stride) {
                for (int r = 0; r < rows; r++) {
                    plan.result[at + r] = block[r * rowLength + k];
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

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.AxisInterpolation;
import org.efficientsegnet.volume.Shape;

/**
 * From a network's logits to masks, or to probabilities, on another grid, in one pass: the logits are interpolated
 * trilinearly, corners aligned, and compared with the threshold at once. No interpolated volume exists at any time; beyond
 * the result the work needs eight bytes for every row of the logits and a row a thread.
 *
 * <p>Rows without any logit at the threshold are not interpolated, since a value between others does not exceed them;
 * organs fill a few percent of their box. Thread-safe: pure functions.
 */
public final class LogitRestorer {

    private LogitRestorer() {}

    /**
     * Masks of up to eight classes.
     *
     * @param logits class after class, each C order z, y, x
     * @param from extent of one class of the logits
     * @param firstClass the class of bit 0
     * @param classes how many classes, 1 to 8
     * @param threshold of the sigmoid, between 0 and 1; a voxel at or above it belongs to the class. A half is compared
     *     as logit ≥ 0, exactly
     * @param to extent of the masks
     * @param p the threads
     * @return a byte a voxel of {@code to}: bit {@code c} for class {@code firstClass + c}
     * @throws IllegalArgumentException if the classes are not in the array or do not fit into a byte, or the threshold
     *     is not between 0 and 1
     */
    public static byte[] masks(
            float[] logits, Shape from, int firstClass, int classes, double threshold, Shape to, Parallelism p) {
        if (classes < 1 || classes > 8) {
            throw new IllegalArgumentException(
                    "a byte holds 1 to 8 classes from class 0 on, not " + classes + " from " + firstClass);
        }
        requireClasses(logits, from, firstClass, classes);
        float least = leastLogit(threshold);
        byte[] masks = new byte[to.arrayLength()];
        int volume = from.arrayLength();
        int first = firstClass * volume;
        if (from.equals(to)) {
            p.forRange(from.z(), (low, high) -> {
                int slice = from.y() * from.x();
                for (int c = 0; c < classes; c++) {
                    mark(logits, first + c * volume, masks, low * slice, high * slice, least, (byte) (1 << c));
                }
            });
            return masks;
        }
        new Restoration(logits, from, first, classes, least, to, p)
                .restore(
                        (alongX, line, at, low, high, c) ->
                                mark(alongX, line, least, masks, at, low, high, (byte) (1 << c)),
                        p);
        return masks;
    }

    /**
     * The probability of one class in 255ths, {@code round(255·sigmoid)}: 128 and more where {@link #masks} sets the bit at
     * a threshold of a half.
     *
     * @param logits class after class, each C order z, y, x
     * @param from extent of one class of the logits
     * @param classNumber which class, from 0 on
     * @param to extent of the result
     * @param p the threads
     * @return a byte a voxel of {@code to}, unsigned
     * @throws IllegalArgumentException if the class is not in the array
     */
    public static byte[] probabilities(float[] logits, Shape from, int classNumber, Shape to, Parallelism p) {
        requireClasses(logits, from, classNumber, 1);
        ProbabilitySteps steps = ProbabilitySteps.INSTANCE;
        byte[] probabilities = new byte[to.arrayLength()];
        if (from.equals(to)) {
            int at = classNumber * from.arrayLength();
            p.forRange(probabilities.length, (low, high) -> {
                for (int i = low; i < high; i++) {
                    probabilities[i] = steps.of(logits[at + i]);
                }
            });
            return probabilities;
        }
        new Restoration(logits, from, classNumber * from.arrayLength(), 1, steps.leastLogit(), to, p)
                .restore(
                        (alongX, line, at, low, high, c) -> quantise(alongX, line, steps, probabilities, at, low, high),
                        p);
        return probabilities;
    }

    private static void requireClasses(float[] logits, Shape from, int firstClass, int classes) {
        if (firstClass < 0 || (long) from.arrayLength() * (firstClass + classes) > logits.length) {
            throw new IllegalArgumentException("classes " + firstClass + " to " + (firstClass + classes - 1) + " of "
                    + from + " voxels are not in an array of " + logits.length);
        }
    }

    /**
     * The logit whose sigmoid is a threshold: 0 for a half.
     *
     * @throws IllegalArgumentException if the threshold is not between 0 and 1
     */
    public static float leastLogit(double threshold) {
        if (!(threshold > 0 && threshold < 1)) {
            throw new IllegalArgumentException("the threshold " + threshold + " is not between 0 and 1");
        }
        return (float) Math.log(threshold / (1 - threshold));
    }

    /** Is given rows of logits that lie on the result's rows already, but still on their own columns. */
    @FunctionalInterface
    private interface RowOutput {
        /**
         * @param alongX where the result's columns lie in {@code line}
         * @param at where the result's row begins
         * @param from the first column of the result that counts
         * @param to one past the last
         * @param c the class, from 0 on
         */
        void put(AxisInterpolation alongX, float[] line, int at, int from, int to, int c);
    }

    private static void mark(
            AxisInterpolation alongX, float[] line, float least, byte[] masks, int at, int from, int to, byte bit) {
        int[] lower = alongX.lower();
        int[] upper = alongX.upper();
        float[] weight = alongX.weight();
        for (int x = from; x < to; x++) {
            float value = line[lower[x]];
            value += weight[x] * (line[upper[x]] - value);
            masks[at + x] |= value >= least ? bit : 0;
        }
    }

    private static void quantise(
            AxisInterpolation alongX,
            float[] line,
            ProbabilitySteps steps,
            byte[] probabilities,
            int at,
            int from,
            int to) {
        int[] lower = alongX.lower();
        int[] upper = alongX.upper();
        float[] weight = alongX.weight();
        for (int x = from; x < to; x++) {
            float value = line[lower[x]];
            value += weight[x] * (line[upper[x]] - value);
            probabilities[at + x] = steps.of(value);
        }
    }

    private static void mark(float[] logits, int at, byte[] masks, int from, int to, float least, byte bit) {
        for (int i = from; i < to; i++) {
            masks[i] |= logits[at + i] >= least ? bit : 0;
        }
    }

    /**
     * The part of every row of logits outside of which none reaches the threshold; {@code first == end} if none does.
     *
     * @param first class after class, slice after slice, row after row
     * @param end one past the last
     */
    private record Extents(int[] first, int[] end) {

        static Extents of(float[] logits, Shape shape, int start, int classes, float least, Parallelism p) {
            int rows = classes * shape.z() * shape.y();
            int width = shape.x();
            int[] first = new int[rows];
            int[] end = new int[rows];
            p.forRange(rows, (low, high) -> {
                for (int r = low; r < high; r++) {
                    int at = start + r * width;
                    int f = 0;
                    while (f < width && !(logits[at + f] >= least)) {
                        f++;
                    }
                    int e = width;
                    while (e > f && !(logits[at + e - 1] >= least)) {
                        e--;
                    }
                    first[r] = f;
                    end[r] = e;
                }
            });
            return new Extents(first, end);
        }
    }

    private static final class Restoration {
        private final float[] logits;
        private final Shape from;
        private final int start;
        private final int classes;
        private final Shape to;
        private final Extents extents;
        private final AxisInterpolation alongZ;
        private final AxisInterpolation alongY;
        private final AxisInterpolation alongX;

        /** For every column of the logits, the first column of the result that lies at or after it. */
        private final int[] firstColumn;

        /** @param least rows without any logit of this or more are left out */
        Restoration(float[] logits, Shape from, int start, int classes, float least, Shape to, Parallelism p) {
            this.logits = logits;
            this.from = from;
            this.start = start;
            this.classes = classes;
            this.to = to;
            extents = Extents.of(logits, from, start, classes, least, p);
            alongZ = AxisInterpolation.alignCorners(from.z(), to.z());
            alongY = AxisInterpolation.alignCorners(from.y(), to.y());
            alongX = AxisInterpolation.alignCorners(from.x(), to.x());
            firstColumn = new int[from.x() + 1];
            int column = 0;
            for (int i = 0; i <= from.x(); i++) {
                while (column < to.x() && alongX.lower()[column] < i) {
                    column++;
                }
                firstColumn[i] = column;
            }
        }

        void restore(RowOutput output, Parallelism p) {
            p.forRange(to.z() * to.y(), (low, high) -> {
                float[] line = new float[from.x()];
                for (int row = low; row < high; row++) {
                    restoreRow(row / to.y(), row % to.y(), line, output);
                }
            });
        }

        private void restoreRow(int z, int y, float[] line, RowOutput output) {
            int z0 = alongZ.lower()[z];
            int z1 = alongZ.upper()[z];
            int y0 = alongY.lower()[y];
            int y1 = alongY.upper()[y];
            int at = to.index(z, y, 0);
            for (int c = 0; c < classes; c++) {
                int r00 = (c * from.z() + z0) * from.y() + y0;
                int r01 = r00 + y1 - y0;
                int r10 = (c * from.z() + z1) * from.y() + y0;
                int r11 = r10 + y1 - y0;
                int first = from.x();
                int end = 0;
                for (int r : new int[] {r00, r01, r10, r11}) {
                    if (extents.first[r] < extents.end[r]) {
                        first = Math.min(first, extents.first[r]);
                        end = Math.max(end, extents.end[r]);
                    }
                }
                if (first >= end) {
                    continue;
                }
                // One column more on either side: between it and the extent the threshold may be reached.
                int low = Math.max(first - 1, 0);
                int high = Math.min(end + 1, from.x());
                int width = from.x();
                blend(
                        logits,
                        start + r00 * width,
                        start + r01 * width,
                        start + r10 * width,
                        start + r11 * width,
                        alongY.weight()[y],
                        alongZ.weight()[z],
                        line,
                        low,
                        high);
                output.put(alongX, line, at, firstColumn[low], firstColumn[end], c);
            }
        }

        private static void blend(
                float[] logits,
                int at00,
                int at01,
                int at10,
                int at11,
                float weightY,
                float weightZ,
                float[] line,
                int from,
                int to) {
            for (int x = from; x < to; x++) {
                float a = logits[at00 + x] + weightY * (logits[at01 + x] - logits[at00 + x]);
                float b = logits[at10 + x] + weightY * (logits[at11 + x] - logits[at10 + x]);
                line[x] = a + weightZ * (b - a);
            }
        }
    }
}

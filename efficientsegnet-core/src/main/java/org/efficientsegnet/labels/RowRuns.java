// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import org.efficientsegnet.bytes.ByteRows;

/**
 * Divides the rows of a grid into runs of voxels with the same label. One thread uses one object.
 */
final class RowRuns {

    /** What becomes a run. */
    enum Kind {
        /** Neighbours with the same label; background is none. */
        LABELS,
        /** Neighbours that are not background, whatever their label; the run's label is 1. */
        FOREGROUND,
        /** Neighbours with the same label, background among them. */
        ALL
    }

    private final LabelGrid grid;
    private final Kind kind;
    private final int width;

    /** The row as integers, for what is not bytes side by side. */
    private final int[] row;

    RowRuns(LabelGrid grid, Kind kind) {
        this.grid = grid;
        this.kind = kind;
        width = grid.shape().x();
        boolean direct = grid.layout().strideX() == 1
                && (grid.array() instanceof LabelArray.Bytes || grid.array() instanceof LabelArray.MaskBit);
        row = direct ? null : new int[width];
    }

    /** How many runs a row has. */
    int count(int z, int y) {
        return find(z, y, null, null, null, 0);
    }

    /**
     * Finds the runs of a row, from its first voxel to its last.
     *
     * @param start receives the first voxel of each; nothing is written if null
     * @param end receives one past the last
     * @param label receives the label; may be null
     * @param at where the first run goes
     * @return how many there are
     */
    int find(int z, int y, int[] start, int[] end, int[] label, int at) {
        if (row != null) {
            grid.copyRow(z, y, row);
            return inIntegers(start, end, label, at);
        }
        int first = grid.layout().index(z, y, 0);
        return grid.array() instanceof LabelArray.MaskBit mask
                ? inMask(mask, first, start, end, label, at)
                : inBytes(((LabelArray.Bytes) grid.array()).values(), first, start, end, label, at);
    }

    private int inMask(LabelArray.MaskBit mask, int first, int[] start, int[] end, int[] label, int at) {
        int bits = 1 << mask.bit();
        int rowEnd = first + width;
        int runs = 0;
        for (int x = first; x < rowEnd; ) {
            boolean set = (mask.masks()[x] & bits) != 0;
            int next = set
                    ? ByteRows.nextClear(mask.masks(), x, rowEnd, bits)
                    : ByteRows.nextSet(mask.masks(), x, rowEnd, bits);
            if (set || kind == Kind.ALL) {
                note(x - first, next - first, set ? 1 : 0, start, end, label, at + runs++);
            }
            x = next;
        }
        return runs;
    }

    private int inBytes(byte[] values, int first, int[] start, int[] end, int[] label, int at) {
        int rowEnd = first + width;
        int runs = 0;
        for (int x = first; x < rowEnd; ) {
            byte value = values[x];
            int next = x + 1;
            if (value != 0 && kind == Kind.FOREGROUND) {
                while (next < rowEnd && values[next] != 0) {
                    next++;
                }
            } else if (next < rowEnd && values[next] == value) {
                next = ByteRows.nextOther(values, next, rowEnd, value);
            }
            if (value != 0 || kind == Kind.ALL) {
                note(x - first, next - first, valueOf(value & 0xff), start, end, label, at + runs++);
            }
            x = next;
        }
        return runs;
    }

    private int inIntegers(int[] start, int[] end, int[] label, int at) {
        int runs = 0;
        for (int x = 0; x < width; ) {
            int value = row[x];
            int next = x + 1;
            if (kind == Kind.FOREGROUND && value != 0) {
                while (next < width && row[next] != 0) {
                    next++;
                }
            } else {
                while (next < width && row[next] == value) {
                    next++;
                }
            }
            if (value != 0 || kind == Kind.ALL) {
                note(x, next, valueOf(value), start, end, label, at + runs++);
            }
            x = next;
        }
        return runs;
    }

    private int valueOf(int value) {
        return kind == Kind.FOREGROUND ? 1 : value;
    }

    private static void note(int from, int to, int value, int[] start, int[] end, int[] label, int run) {
        if (start != null) {
            start[run] = from;
            end[run] = to;
            if (label != null) {
                label[run] = value;
            }
        }
    }
}

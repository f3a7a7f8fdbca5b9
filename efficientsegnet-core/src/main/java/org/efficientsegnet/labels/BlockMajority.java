// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import org.efficientsegnet.bytes.ByteRows;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/** One level of a pyramid of labels. One thread uses one object. */
final class BlockMajority {

    /** Voxels along x that are looked at together. */
    private static final int WINDOW = 128;

    private final LabelGrid grid;
    private final Downsampling by;
    private final boolean zeroAware;
    private final boolean planar;
    private final LabelArray target;
    private final Shape shape;

    /** The block at hand, z, y, x. */
    private final int[] block;

    /** The labels met in it and how often. */
    private final int[] met;

    private final int[] times;

    private BlockMajority(LabelGrid grid, Downsampling by, boolean zeroAware, LabelArray target) {
        this.grid = grid;
        this.by = by;
        this.zeroAware = zeroAware;
        this.target = target;
        shape = by.of(grid.shape());
        int voxels = by.z() * by.y() * by.x();
        planar = voxels == 4 && by.z() <= 2 && by.y() <= 2 && by.x() <= 2;
        block = new int[voxels];
        met = new int[voxels];
        times = new int[voxels];
    }

    static LabelGrid of(LabelGrid grid, Downsampling by, boolean zeroAware, Parallelism p) {
        Shape shape = by.of(grid.shape());
        LabelArray target = LabelArray.zeros(grid.array().largest(), shape.arrayLength());
        p.forRange(shape.z(), (from, to) -> {
            BlockMajority majority = new BlockMajority(grid, by, zeroAware, target);
            for (int z = from; z < to; z++) {
                for (int y = 0; y < shape.y(); y++) {
                    majority.row(z, y);
                }
            }
        });
        return LabelGrid.of(shape, target);
    }

    private void row(int z, int y) {
        int at = shape.index(z, y, 0);
        for (int x = 0; x < shape.x(); ) {
            int alike = alike(z, y, x);
            if (alike > 0) {
                target.fill(at + x, at + x + alike, grid.label(z * by.z(), y * by.y(), x * by.x()));
                x += alike;
            } else {
                target.put(at + x, planar ? ofFour(z, y, x) : ofBlock(z, y, x));
                x++;
            }
        }
    }

    /** How many blocks from one on consist of one and the same label, as far as that is cheap to say. */
    private int alike(int z, int y, int x) {
        Layout layout = grid.layout();
        int first = x * by.x();
        if (!(grid.array() instanceof LabelArray.Bytes bytes)
                || layout.strideX() != 1
                || by.x() > 8
                || first + 8 > grid.shape().x()) {
            return 0;
        }
        byte[] values = bytes.values();
        byte label = values[layout.index(z * by.z(), y * by.y(), first)];
        int whole = grid.shape().x();
        // A window, so that a row is not searched to its far end again and again for the sake of one that differs
        // early.
        int limit = Math.min(whole, first + WINDOW);
        int end = limit;
        for (int fz = z * by.z(); fz < Math.min(grid.shape().z(), (z + 1) * by.z()); fz++) {
            for (int fy = y * by.y(); fy < Math.min(grid.shape().y(), (y + 1) * by.y()); fy++) {
                int row = layout.index(fz, fy, 0);
                end = ByteRows.nextOther(values, row + first, row + end, label) - row;
                if (end < first + by.x()) {
                    return 0;
                }
            }
        }
        return (end == whole ? shape.x() : end / by.x()) - x;
    }

    private int ofBlock(int z, int y, int x) {
        Shape full = grid.shape();
        int distinct = 0;
        for (int fz = z * by.z(); fz < Math.min(full.z(), (z + 1) * by.z()); fz++) {
            for (int fy = y * by.y(); fy < Math.min(full.y(), (y + 1) * by.y()); fy++) {
                for (int fx = x * by.x(); fx < Math.min(full.x(), (x + 1) * by.x()); fx++) {
                    int label = grid.label(fz, fy, fx);
                    int i = 0;
                    while (i < distinct && met[i] != label) {
                        i++;
                    }
                    if (i == distinct) {
                        met[i] = label;
                        times[i] = 0;
                        distinct++;
                    }
                    times[i]++;
                }
            }
        }
        int best = -1;
        for (int i = 0; i < distinct; i++) {
            boolean counts = !zeroAware || met[i] != 0;
            if (counts && (best < 0 || times[i] > times[best])) {
                best = i;
            }
        }
        return best < 0 ? 0 : met[best];
    }

    /** COUNTLESS, Silversmith 2017; at the far ends the last voxel stands for those that are missing. */
    private int ofFour(int z, int y, int x) {
        Shape full = grid.shape();
        int n = 0;
        for (int dz = 0; dz < by.z(); dz++) {
            for (int dy = 0; dy < by.y(); dy++) {
                for (int dx = 0; dx < by.x(); dx++) {
                    block[n++] = grid.label(
                            Math.min(full.z() - 1, z * by.z() + dz),
                            Math.min(full.y() - 1, y * by.y() + dy),
                            Math.min(full.x() - 1, x * by.x() + dx));
                }
            }
        }
        int a = block[0];
        int b = block[1];
        int c = block[2];
        int d = block[3];
        int pair = a == b || a == c ? a : b == c ? b : d;
        if (!zeroAware || pair != 0) {
            return pair;
        }
        return d != 0 ? d : a != 0 ? a : b != 0 ? b : c;
    }
}

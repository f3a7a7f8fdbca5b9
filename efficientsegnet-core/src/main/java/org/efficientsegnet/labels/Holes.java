// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.Arrays;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/**
 * Fills holes: background that does not reach the grid's border and that voxels of a single label enclose. Background
 * between two labels is no hole of either.
 */
public final class Holes {

    /** No label has been met yet; a border or a second one has. */
    private static final long NONE = Long.MAX_VALUE;

    private static final long OPEN = Long.MIN_VALUE;

    private final RunForest runs;
    private final LabelGrid grid;
    private final Shape shape;
    private final boolean planar;

    /** The label around every component, {@link #NONE} or {@link #OPEN}. */
    private final long[] around;

    private Holes(LabelGrid grid, Connectivity background, boolean planar, Parallelism p) {
        this.grid = grid;
        this.planar = planar;
        shape = grid.shape();
        runs = new RunForest(grid, RowRuns.Kind.ALL, background, planar, p);
        around = new long[runs.components];
        Arrays.fill(around, NONE);
    }

    /**
     * Fills holes that are enclosed in all three dimensions.
     *
     * @param grid changed in place
     * @param connectivity of the labels: background belongs together over faces, or over corners too if the labels do
     *     only over faces
     * @param p the threads
     * @return how many voxels were filled
     */
    public static long fill(LabelGrid grid, Connectivity connectivity, Parallelism p) {
        Layout inMemory = Strides.permuted(grid.layout(), Strides.descending(grid.layout()));
        return new Holes(new LabelGrid(grid.array(), inMemory), opposite(connectivity), false, p).fill(p);
    }

    /**
     * Fills holes that are enclosed within a slice, each slice (z) for itself.
     *
     * @param grid changed in place
     * @param connectivity of the labels, see {@link #fill}
     * @param p the threads
     * @return how many voxels were filled
     */
    public static long fillPerSlice(LabelGrid grid, Connectivity connectivity, Parallelism p) {
        return new Holes(grid, opposite(connectivity), true, p).fill(p);
    }

    private static Connectivity opposite(Connectivity labels) {
        return labels == Connectivity.FACES ? Connectivity.CORNERS : Connectivity.FACES;
    }

    private long fill(Parallelism p) {
        int rows = runs.firstRun.length - 1;
        for (int row = 0; row < rows; row++) {
            lookAround(row);
        }
        long filled = 0;
        for (int run = 0; run < runs.component.length; run++) {
            filled += isHole(run) ? runs.end[run] - runs.start[run] : 0;
        }
        Layout layout = grid.layout();
        p.forRange(rows, (from, to) -> {
            for (int row = from; row < to; row++) {
                int at = layout.index(row / shape.y(), row % shape.y(), 0);
                for (int run = runs.firstRun[row]; run < runs.firstRun[row + 1]; run++) {
                    if (isHole(run)) {
                        for (int x = runs.start[run]; x < runs.end[run]; x++) {
                            grid.array().put(at + x * layout.strideX(), (int) around[runs.component[run]]);
                        }
                    }
                }
            }
        });
        return filled;
    }

    private boolean isHole(int run) {
        long label = around[runs.component[run]];
        return runs.label[run] == 0 && label != OPEN && label != NONE;
    }

    private void lookAround(int row) {
        int z = row / shape.y();
        int y = row % shape.y();
        boolean border = y == 0 || y == shape.y() - 1 || !planar && (z == 0 || z == shape.z() - 1);
        for (int run = runs.firstRun[row]; run < runs.firstRun[row + 1]; run++) {
            if (runs.label[run] == 0 && (border || runs.start[run] == 0 || runs.end[run] == shape.x())) {
                around[runs.component[run]] = OPEN;
            }
            if (run > runs.firstRun[row]) {
                meet(run, run - 1);
            }
        }
        if (y > 0) {
            meetRow(row, row - 1);
        }
        if (z > 0 && !planar) {
            meetRow(row, row - shape.y());
        }
    }

    private void meetRow(int row, int before) {
        int i = runs.firstRun[row];
        int j = runs.firstRun[before];
        while (i < runs.firstRun[row + 1] && j < runs.firstRun[before + 1]) {
            // Every voxel is in a run, so that the two at hand always overlap.
            meet(i, j);
            if (runs.end[j] < runs.end[i]) {
                j++;
            } else if (runs.end[i] < runs.end[j]) {
                i++;
            } else {
                i++;
                j++;
            }
        }
    }

    private void meet(int a, int b) {
        if (runs.label[a] == 0 && runs.label[b] != 0) {
            meetLabel(runs.component[a], runs.label[b]);
        } else if (runs.label[b] == 0 && runs.label[a] != 0) {
            meetLabel(runs.component[b], runs.label[a]);
        }
    }

    private void meetLabel(int hole, int label) {
        if (around[hole] == NONE) {
            around[hole] = label;
        } else if (around[hole] != label) {
            around[hole] = OPEN;
        }
    }
}

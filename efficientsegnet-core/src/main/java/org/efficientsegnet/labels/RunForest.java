// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Shape;

/**
 * The runs of a grid, joined to components.
 *
 * <p>Two passes with union-find, as Rosenfeld and Pfaltz (1966) and, with the array-based trees, Wu, Otoo and Suzuki
 * (2009) do it, but over runs of voxels along x instead of single ones: a run looks at the runs of the rows before it
 * that it can touch. Slabs are joined in parallel, then with each other. Memory is 12 bytes a run, 16 with labels, and
 * 4 a row; a solid organ has a run a row.
 */
final class RunForest {

    /** Slices that are joined together at least: few seams to join, yet work for every thread. */
    private static final int SLAB = 16;

    /** The first run of every row, z-major, and the number of runs at the end. */
    final int[] firstRun;

    final int[] start;
    final int[] end;

    /** The label of every run; null if all have the same. */
    final int[] label;

    /** The number of the component of every run, from 0, in order of their first runs. */
    final int[] component;

    /** How many components there are. */
    final int components;

    private final Shape shape;
    private final Connectivity connectivity;
    private final boolean planar;

    /**
     * @param grid rows lie along x; fastest where x is what lies side by side in memory
     * @param planar whether slices are apart from each other
     */
    RunForest(LabelGrid grid, RowRuns.Kind kind, Connectivity connectivity, boolean planar, Parallelism p) {
        shape = grid.shape();
        this.connectivity = connectivity;
        this.planar = planar;
        int rows = Math.multiplyExact(shape.z(), shape.y());
        firstRun = new int[rows + 1];
        p.forRange(rows, (from, to) -> {
            RowRuns finder = new RowRuns(grid, kind);
            for (int row = from; row < to; row++) {
                firstRun[row + 1] = finder.count(row / shape.y(), row % shape.y());
            }
        });
        for (int row = 0; row < rows; row++) {
            firstRun[row + 1] += firstRun[row];
        }
        int runs = firstRun[rows];
        boolean differ = kind != RowRuns.Kind.FOREGROUND && (grid.array().bits() > 1 || kind == RowRuns.Kind.ALL);
        start = new int[runs];
        end = new int[runs];
        label = differ ? new int[runs] : null;
        component = new int[runs];
        int slab = Math.max(SLAB, (shape.z() - 1) / (4 * p.threads()) + 1);
        int slabs = (shape.z() - 1) / slab + 1;
        p.forRange(slabs, (from, to) -> {
            RowRuns finder = new RowRuns(grid, kind);
            for (int s = from; s < to; s++) {
                joinSlab(finder, s * slab, Math.min(shape.z(), (s + 1) * slab));
            }
        });
        for (int s = 1; s < slabs && !planar; s++) {
            for (int y = 0; y < shape.y(); y++) {
                joinToSliceBefore(s * slab, y);
            }
        }
        components = number();
    }

    private void joinSlab(RowRuns finder, int z0, int z1) {
        for (int z = z0; z < z1; z++) {
            for (int y = 0; y < shape.y(); y++) {
                int row = z * shape.y() + y;
                finder.find(z, y, start, end, label, firstRun[row]);
                for (int run = firstRun[row]; run < firstRun[row + 1]; run++) {
                    component[run] = run;
                }
                if (y > 0) {
                    join(row, row - 1, connectivity.reach(1));
                }
                if (z > z0 && !planar) {
                    joinToSliceBefore(z, y);
                }
            }
        }
    }

    private void joinToSliceBefore(int z, int y) {
        int row = z * shape.y() + y;
        int before = row - shape.y();
        join(row, before, connectivity.reach(1));
        int reach = connectivity.reach(2);
        if (reach >= 0) {
            if (y > 0) {
                join(row, before - 1, reach);
            }
            if (y < shape.y() - 1) {
                join(row, before + 1, reach);
            }
        }
    }

    /** Joins the runs of two neighbouring rows that touch and have the same label, walking along both. */
    private void join(int row, int before, int reach) {
        int i = firstRun[row];
        int j = firstRun[before];
        int iEnd = firstRun[row + 1];
        int jEnd = firstRun[before + 1];
        while (i < iEnd && j < jEnd) {
            if (end[j] + reach <= start[i]) {
                j++;
            } else if (end[i] + reach <= start[j]) {
                i++;
            } else {
                unite(i, j);
                if (end[j] < end[i]) {
                    j++;
                } else if (end[i] < end[j]) {
                    i++;
                } else {
                    // Runs that follow without a gap touch the other row's over the corner.
                    if (reach > 0 && label != null) {
                        if (j + 1 < jEnd && start[j + 1] == end[i]) {
                            unite(i, j + 1);
                        }
                        if (i + 1 < iEnd && start[i + 1] == end[j]) {
                            unite(i + 1, j);
                        }
                    }
                    i++;
                    j++;
                }
            }
        }
    }

    private void unite(int a, int b) {
        if (label != null && label[a] != label[b]) {
            return;
        }
        int rootA = root(a);
        int rootB = root(b);
        if (rootA < rootB) {
            component[rootB] = rootA;
        } else {
            component[rootA] = rootB;
        }
    }

    private int root(int run) {
        int r = run;
        while (component[r] != r) {
            component[r] = component[component[r]];
            r = component[r];
        }
        return r;
    }

    /** Replaces the links by consecutive numbers of components and says how many there are. */
    private int number() {
        int count = 0;
        for (int run = 0; run < component.length; run++) {
            // Links lead to earlier runs, which have their number already.
            component[run] = component[run] == run ? count++ : component[component[run]];
        }
        return count;
    }
}

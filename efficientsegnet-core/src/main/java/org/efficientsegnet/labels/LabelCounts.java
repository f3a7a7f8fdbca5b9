// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Shape;

/**
 * The values of a label volume, background among them, and how many voxels have each. Immutable.
 */
public final class LabelCounts {

    private final int[] labels;
    private final long[] voxels;

    private LabelCounts(int[] labels, long[] voxels) {
        this.labels = labels;
        this.voxels = voxels;
    }

    /**
     * Counts. Memory grows with the number of values, some 24 bytes each and thread.
     *
     * @param p the threads
     */
    public static LabelCounts of(LabelGrid grid, Parallelism p) {
        Shape shape = grid.shape();
        Map<Integer, long[]> total = new TreeMap<>();
        p.forRange(shape.z(), (from, to) -> {
            IntCounter counts = new IntCounter();
            RowRuns finder = new RowRuns(grid, RowRuns.Kind.ALL);
            int[] start = new int[shape.x()];
            int[] end = new int[shape.x()];
            int[] label = new int[shape.x()];
            for (int z = from; z < to; z++) {
                for (int y = 0; y < shape.y(); y++) {
                    int runs = finder.find(z, y, start, end, label, 0);
                    for (int run = 0; run < runs; run++) {
                        counts.add(label[run], end[run] - start[run]);
                    }
                }
            }
            synchronized (total) {
                counts.forEach((value, n) -> total.computeIfAbsent(value, v -> new long[1])[0] += n);
            }
        });
        return of(total);
    }

    private static LabelCounts of(Map<Integer, long[]> found) {
        int[] labels = new int[found.size()];
        long[] voxels = new long[labels.length];
        int n = 0;
        for (Map.Entry<Integer, long[]> entry : found.entrySet()) {
            labels[n] = entry.getKey();
            voxels[n++] = entry.getValue()[0];
        }
        return new LabelCounts(labels, voxels);
    }

    /** The values, ascending; a copy. */
    public int[] labels() {
        return labels.clone();
    }

    /** How many voxels have a label; 0 if none. */
    public long voxels(int label) {
        int at = Arrays.binarySearch(labels, label);
        return at < 0 ? 0 : voxels[at];
    }

    /** How many values there are. */
    public int size() {
        return labels.length;
    }
}

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
     * Counts. Memory is a table of all values for labels of up to 16 bits, and grows with the number of values for
     * wider ones.
     *
     * @param p the threads
     */
    public static LabelCounts of(LabelGrid grid, Parallelism p) {
        return grid.array().bits() > 16 ? ofMany(grid, p) : ofFew(grid, p);
    }

    private static LabelCounts ofFew(LabelGrid grid, Parallelism p) {
        Shape shape = grid.shape();
        long[] total = new long[grid.array().largest() + 1];
        p.forRange(shape.z(), (from, to) -> {
            long[] counts = new long[total.length];
            int[] row = new int[shape.x()];
            for (int z = from; z < to; z++) {
                for (int y = 0; y < shape.y(); y++) {
                    grid.copyRow(z, y, row);
                    // Neighbours mostly agree: counting runs spares the wait for the count before.
                    int start = 0;
                    for (int x = 1; x < row.length; x++) {
                        if (row[x] != row[start]) {
                            counts[row[start]] += x - start;
                            start = x;
                        }
                    }
                    counts[row[start]] += row.length - start;
                }
            }
            synchronized (total) {
                for (int label = 0; label < total.length; label++) {
                    total[label] += counts[label];
                }
            }
        });
        Map<Integer, long[]> found = new TreeMap<>();
        for (int label = 0; label < total.length; label++) {
            if (total[label] > 0) {
                found.put(label, new long[] {total[label]});
            }
        }
        return of(found);
    }

    private static LabelCounts ofMany(LabelGrid grid, Parallelism p) {
        Shape shape = grid.shape();
        Map<Integer, long[]> total = new TreeMap<>();
        p.forRange(shape.z(), (from, to) -> {
            IntCounter counts = new IntCounter();
            int[] row = new int[shape.x()];
            for (int z = from; z < to; z++) {
                for (int y = 0; y < shape.y(); y++) {
                    grid.copyRow(z, y, row);
                    int start = 0;
                    for (int x = 1; x <= row.length; x++) {
                        if (x == row.length || row[x] != row[start]) {
                            counts.add(row[start], x - start);
                            start = x;
                        }
                    }
                }
            }
            synchronized (total) {
                counts.forEach((label, n) -> total.computeIfAbsent(label, l -> new long[1])[0] += n);
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

package org.efficientsegnet.postprocess;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Bounds;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Face;
import org.efficientsegnet.volume.Shape;

/**
 * Connected components of masks, 26-connected: voxels that share a face, an edge or a corner belong together.
 *
 * <p>Two passes with union-find, as Rosenfeld and Pfaltz (1966) and, with the array-based trees, Wu, Otoo and Suzuki
 * (2009) do it, but over runs of voxels along x instead of single ones: a run looks at the runs of the four rows before
 * it that it can touch. Memory is 12 bytes a run, and a solid organ has a run a row; the labels of voxels are never
 * stored. Slabs are labelled in parallel, then joined; a component's number is the order of its first voxel, whatever
 * the number of threads. Thread-safe but for the array that is passed.
 */
public final class Components {

    /** Slices that are labelled together: few seams to join, yet work for every thread. */
    private static final int SLAB = 16;

    private final byte[] masks;
    private final int mask;
    private final Shape shape;
    private final int rows;

    /** The first run of every row, z-major, and the number of runs at the end. */
    private final int[] firstRun;

    private final int[] start;
    private final int[] end;

    /** The tree's links, never to a later run; after {@link #number}, the number of the component. */
    private final int[] parent;

    private Components(byte[] masks, int bit, Shape shape, Parallelism p) {
        this.masks = masks;
        this.mask = 1 << bit;
        this.shape = shape;
        rows = shape.z() * shape.y();
        firstRun = new int[rows + 1];
        p.forRange(rows, (from, to) -> {
            for (int row = from; row < to; row++) {
                firstRun[row + 1] = countRuns(row);
            }
        });
        for (int row = 0; row < rows; row++) {
            firstRun[row + 1] += firstRun[row];
        }
        start = new int[firstRun[rows]];
        end = new int[firstRun[rows]];
        parent = new int[firstRun[rows]];
    }

    /**
     * Clears a bit of a mask wherever it does not belong to one of the largest components.
     *
     * @param masks a byte a voxel, C order z, y, x; changed in place, but for the other bits
     * @param bit which bit of it, 0 to 7
     * @param shape its extent
     * @param keep how many components are kept at most
     * @param minVoxels only components of more voxels than this are kept
     * @param p the threads
     * @return those kept, the largest first, of equal ones that whose first voxel comes first
     * @throws IllegalArgumentException if the array has not a byte a voxel or there is no such bit
     */
    public static List<Component> keepLargest(
            byte[] masks, int bit, Shape shape, int keep, double minVoxels, Parallelism p) {
        shape.requireLength(masks.length, "mask");
        if (bit < 0 || bit > 7) {
            throw new IllegalArgumentException("a byte has bits 0 to 7, not " + bit);
        }
        return new Components(masks, bit, shape, p).keepLargest(keep, minVoxels, p);
    }

    private List<Component> keepLargest(int keep, double minVoxels, Parallelism p) {
        int slabs = (shape.z() - 1) / SLAB + 1;
        p.forRange(slabs, (from, to) -> {
            for (int slab = from; slab < to; slab++) {
                labelSlab(slab * SLAB, Math.min(shape.z(), (slab + 1) * SLAB));
            }
        });
        for (int slab = 1; slab < slabs; slab++) {
            for (int y = 0; y < shape.y(); y++) {
                linkToSliceBefore(slab * SLAB, y);
            }
        }
        long[] sizes = new long[number()];
        for (int run = 0; run < parent.length; run++) {
            sizes[parent[run]] += end[run] - start[run];
        }
        List<Integer> kept = largest(sizes, keep, minVoxels);
        boolean[] isKept = new boolean[sizes.length];
        kept.forEach(component -> isKept[component] = true);
        p.forRange(rows, (from, to) -> clear(from, to, isKept));
        return describe(kept, sizes);
    }

    private int countRuns(int row) {
        int x = row * shape.x();
        int rowEnd = x + shape.x();
        int runs = 0;
        while ((x = MaskRow.nextSet(masks, x, rowEnd, mask)) < rowEnd) {
            x = MaskRow.nextClear(masks, x, rowEnd, mask);
            runs++;
        }
        return runs;
    }

    private void labelSlab(int z0, int z1) {
        for (int z = z0; z < z1; z++) {
            for (int y = 0; y < shape.y(); y++) {
                findRuns(z * shape.y() + y);
                if (y > 0) {
                    link(z * shape.y() + y, z * shape.y() + y - 1);
                }
                if (z > z0) {
                    linkToSliceBefore(z, y);
                }
            }
        }
    }

    private void findRuns(int row) {
        int rowStart = row * shape.x();
        int rowEnd = rowStart + shape.x();
        int x = rowStart;
        for (int run = firstRun[row]; run < firstRun[row + 1]; run++) {
            int from = MaskRow.nextSet(masks, x, rowEnd, mask);
            x = MaskRow.nextClear(masks, from, rowEnd, mask);
            start[run] = from - rowStart;
            end[run] = x - rowStart;
            parent[run] = run;
        }
    }

    private void linkToSliceBefore(int z, int y) {
        int row = z * shape.y() + y;
        int before = row - shape.y();
        for (int dy = y > 0 ? -1 : 0; dy <= (y < shape.y() - 1 ? 1 : 0); dy++) {
            link(row, before + dy);
        }
    }

    /** Joins the runs of two neighbouring rows that overlap or meet at a corner, walking along both. */
    private void link(int row, int before) {
        int i = firstRun[row];
        int j = firstRun[before];
        int iEnd = firstRun[row + 1];
        int jEnd = firstRun[before + 1];
        while (i < iEnd && j < jEnd) {
            if (end[j] < start[i]) {
                j++;
            } else if (end[i] < start[j]) {
                i++;
            } else {
                union(i, j);
                if (end[j] < end[i]) {
                    j++;
                } else {
                    i++;
                }
            }
        }
    }

    private void union(int a, int b) {
        int rootA = root(a);
        int rootB = root(b);
        if (rootA < rootB) {
            parent[rootB] = rootA;
        } else {
            parent[rootA] = rootB;
        }
    }

    private int root(int run) {
        int r = run;
        while (parent[r] != r) {
            parent[r] = parent[parent[r]];
            r = parent[r];
        }
        return r;
    }

    /** Replaces the links by consecutive numbers of components and says how many there are. */
    private int number() {
        int count = 0;
        for (int run = 0; run < parent.length; run++) {
            // Links lead to earlier runs, which have their number already.
            parent[run] = parent[run] == run ? count++ : parent[parent[run]];
        }
        return count;
    }

    private static List<Integer> largest(long[] sizes, int keep, double minVoxels) {
        Comparator<Integer> largestFirst =
                Comparator.<Integer>comparingLong(c -> -sizes[c]).thenComparing(Comparator.naturalOrder());
        PriorityQueue<Integer> smallestFirst = new PriorityQueue<>(largestFirst.reversed());
        for (int c = 0; c < sizes.length; c++) {
            if (sizes[c] > minVoxels) {
                smallestFirst.add(c);
                if (smallestFirst.size() > keep) {
                    smallestFirst.remove();
                }
            }
        }
        List<Integer> kept = new ArrayList<>(smallestFirst);
        kept.sort(largestFirst);
        return kept;
    }

    private void clear(int fromRow, int toRow, boolean[] isKept) {
        for (int row = fromRow; row < toRow; row++) {
            for (int run = firstRun[row]; run < firstRun[row + 1]; run++) {
                if (!isKept[parent[run]]) {
                    for (int x = row * shape.x() + start[run]; x < row * shape.x() + end[run]; x++) {
                        masks[x] &= (byte) ~mask;
                    }
                }
            }
        }
    }

    private List<Component> describe(List<Integer> kept, long[] sizes) {
        List<Component> components = new ArrayList<>();
        for (int component : kept) {
            Bounds bounds = new Bounds();
            for (int row = 0; row < rows; row++) {
                for (int run = firstRun[row]; run < firstRun[row + 1]; run++) {
                    if (parent[run] == component) {
                        bounds.add(row / shape.y(), row % shape.y(), start[run], end[run]);
                    }
                }
            }
            Box box = bounds.box().orElseThrow();
            components.add(new Component(sizes[component], box, Face.touchedBy(box, shape)));
        }
        return List.copyOf(components);
    }
}

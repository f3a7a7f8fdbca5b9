// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/**
 * The connected components of a label volume: neighbours with the same label belong together, background to none.
 *
 * <p>A component's number, from 1, is the order of its first voxel (z, then y, then x), whatever the number of threads
 * and however the grid lies in memory. The labels of voxels are never stored: a component is a list of runs along the
 * axis that is contiguous in memory. Memory is 16 bytes a run (12 in a binary volume), 4 a row and 8 a component, and 80
 * more a component once {@link #list} was asked for. A solid organ has a run a row; noise of half the voxels has a run
 * every four voxels.
 *
 * <p>Immutable and thread-safe but for {@link #clear}, which writes to the grid that was given, and as long as nobody
 * else does.
 */
public final class ConnectedComponents {

    /** The grid's axes in the order of their strides: slices, rows and runs lie along them. */
    private final List<Axis> axes;

    private final LabelGrid grid;

    /** The grid with its axes ordered by their strides. */
    private final LabelGrid turned;

    private final RunForest runs;

    /** Number of each component of the forest; null if they are numbered as they should be. */
    private final int[] numbers;

    private final int[] voxels;
    private final int[] labels;

    private ConnectedComponents(LabelGrid grid, RowRuns.Kind kind, Connectivity connectivity, Parallelism p) {
        this.grid = grid;
        axes = Strides.descending(grid.layout());
        turned = new LabelGrid(grid.array(), Strides.permuted(grid.layout(), axes));
        runs = new RunForest(turned, kind, connectivity, false, p);
        numbers = axes.equals(List.of(Axis.values())) ? null : numberedByFirstVoxel();
        voxels = new int[runs.components];
        labels = runs.label == null ? null : new int[runs.components];
        for (int run = 0; run < runs.component.length; run++) {
            int n = number(run) - 1;
            voxels[n] += runs.end[run] - runs.start[run];
            if (labels != null) {
                labels[n] = runs.label[run];
            }
        }
    }

    /**
     * Finds the components of each label.
     *
     * @param grid 0 is background
     * @param connectivity which neighbours belong together
     * @param p the threads
     */
    public static ConnectedComponents of(LabelGrid grid, Connectivity connectivity, Parallelism p) {
        return new ConnectedComponents(grid, RowRuns.Kind.LABELS, connectivity, p);
    }

    /**
     * Finds the components of what is not background, whatever its labels.
     *
     * @param grid 0 is background
     * @param connectivity which neighbours belong together
     * @param p the threads
     */
    public static ConnectedComponents ofForeground(LabelGrid grid, Connectivity connectivity, Parallelism p) {
        return new ConnectedComponents(grid, RowRuns.Kind.FOREGROUND, connectivity, p);
    }

    /** How many components there are. */
    public int count() {
        return voxels.length;
    }

    /**
     * How many voxels a component has.
     *
     * @param number from 1 to {@link #count}
     */
    public long voxels(int number) {
        return voxels[number - 1];
    }

    /**
     * The label of a component's voxels; 1 in a binary volume.
     *
     * @param number from 1 to {@link #count}
     */
    public int label(int number) {
        return labels == null ? 1 : labels[number - 1];
    }

    /** All components in order of their numbers, from one pass over the runs. */
    public List<ConnectedComponent> list() {
        return list(n -> true);
    }

    /**
     * Some components in order of their numbers, from one pass over the runs.
     *
     * @param chosen which numbers
     */
    public List<ConnectedComponent> list(IntPredicate chosen) {
        int[] place = new int[count()];
        int n = 0;
        for (int c = 0; c < place.length; c++) {
            place[c] = chosen.test(c + 1) ? n++ : -1;
        }
        int[][] first = new int[3][n];
        int[][] last = new int[3][n];
        double[][] sum = new double[3][n];
        for (int[] f : first) {
            Arrays.fill(f, Integer.MAX_VALUE);
        }
        forRuns(0, rows(), (outer, inner, run) -> {
            int at = place[number(run) - 1];
            if (at >= 0) {
                int start = runs.start[run];
                int end = runs.end[run];
                add(first, last, sum, axes.get(0), at, outer, outer, end - start);
                add(first, last, sum, axes.get(1), at, inner, inner, end - start);
                add(first, last, sum, axes.get(2), at, start, end - 1, end - start);
            }
        });
        List<ConnectedComponent> list = new ArrayList<>(n);
        for (int c = 0; c < place.length; c++) {
            int at = place[c];
            if (at >= 0) {
                Box box = new Box(
                        first[0][at], first[1][at], first[2][at], last[0][at] + 1, last[1][at] + 1, last[2][at] + 1);
                double size = voxels[c];
                list.add(new ConnectedComponent(
                        c + 1, label(c + 1), voxels[c], box, sum[0][at] / size, sum[1][at] / size, sum[2][at] / size));
            }
        }
        return Collections.unmodifiableList(list);
    }

    private static void add(
            int[][] first, int[][] last, double[][] sum, Axis axis, int at, int from, int to, int voxels) {
        int i = axis.ordinal();
        first[i][at] = Math.min(first[i][at], from);
        last[i][at] = Math.max(last[i][at], to);
        // Exact, as long as the sum of indices stays below 2^53.
        sum[i][at] += 0.5 * voxels * ((double) from + to);
    }

    /**
     * The numbers of the largest components.
     *
     * @param most how many at most
     * @param minVoxels only components of more voxels than this
     * @return the largest first; of equal ones that with the lower number
     */
    public List<Integer> largest(int most, double minVoxels) {
        PriorityQueue<Integer> kept = new PriorityQueue<>(largestFirst().reversed());
        for (int n = 1; n <= count(); n++) {
            offer(kept, n, most, minVoxels);
        }
        List<Integer> chosen = new ArrayList<>(kept);
        chosen.sort(largestFirst());
        return Collections.unmodifiableList(chosen);
    }

    /**
     * The numbers of the largest components of every label.
     *
     * @param most how many at most, by label
     * @param minVoxels only components of more voxels than this
     */
    public BitSet largestOfEachLabel(IntUnaryOperator most, double minVoxels) {
        Map<Integer, PriorityQueue<Integer>> kept = new HashMap<>();
        for (int n = 1; n <= count(); n++) {
            PriorityQueue<Integer> ofLabel = kept.computeIfAbsent(
                    label(n), label -> new PriorityQueue<>(largestFirst().reversed()));
            offer(ofLabel, n, most.applyAsInt(label(n)), minVoxels);
        }
        BitSet chosen = new BitSet();
        kept.values().forEach(ofLabel -> ofLabel.forEach(chosen::set));
        return chosen;
    }

    /** Adds a component to those kept if it is large enough, in the place of the smallest where they are too many. */
    private void offer(PriorityQueue<Integer> kept, int number, int most, double minVoxels) {
        if (voxels[number - 1] > minVoxels) {
            kept.add(number);
            if (kept.size() > most) {
                kept.remove();
            }
        }
    }

    private Comparator<Integer> largestFirst() {
        return Comparator.<Integer>comparingInt(n -> -voxels[n - 1]).thenComparing(Comparator.naturalOrder());
    }

    /**
     * Makes background of components, in the array that was given.
     *
     * @param unwanted the numbers of those
     * @param p the threads
     */
    public void clear(IntPredicate unwanted, Parallelism p) {
        boolean[] clear = new boolean[count()];
        for (int n = 0; n < clear.length; n++) {
            clear[n] = unwanted.test(n + 1);
        }
        Layout layout = turned.layout();
        p.forRange(
                rows(),
                (from, to) -> forRuns(from, to, (outer, inner, run) -> {
                    if (clear[number(run) - 1]) {
                        write(grid.array(), layout.index(outer, inner, 0), layout.strideX(), run, 0);
                    }
                }));
    }

    /**
     * The number of every voxel's component, 0 for background, C order z, y, x, in the smallest type that holds them.
     *
     * @param p the threads
     */
    public LabelArray numbers(Parallelism p) {
        LabelArray result = LabelArray.zeros(count(), grid.shape().arrayLength());
        paint(result, this::number, 0, p);
        return result;
    }

    /**
     * One component as a mask: 1 inside, 0 outside, C order z, y, x.
     *
     * @param number from 1 to {@link #count}
     * @param p the threads
     */
    public byte[] mask(int number, Parallelism p) {
        requireNumber(number);
        byte[] mask = new byte[grid.shape().arrayLength()];
        paint(new LabelArray.Bytes(mask), run -> number(run) == number ? 1 : 0, 0, p);
        return mask;
    }

    /** Writes a value a run, those of one value left out, to an array in C order. */
    private void paint(LabelArray to, IntUnaryOperator value, int leftOut, Parallelism p) {
        Layout layout = Strides.permuted(Layout.contiguous(grid.shape()), axes);
        p.forRange(
                rows(),
                (from, end) -> forRuns(from, end, (outer, inner, run) -> {
                    int v = value.applyAsInt(run);
                    if (v != leftOut) {
                        write(to, layout.index(outer, inner, 0), layout.strideX(), run, v);
                    }
                }));
    }

    private void write(LabelArray to, int row, int stride, int run, int value) {
        int start = runs.start[run];
        int end = runs.end[run];
        if (stride == 1) {
            to.fill(row + start, row + end, value);
        } else {
            for (int x = start; x < end; x++) {
                to.put(row + x * stride, value);
            }
        }
    }

    /**
     * One component as runs along x, in order.
     *
     * @param number from 1 to {@link #count}
     */
    public List<Run> runs(int number) {
        requireNumber(number);
        List<Run> list = new ArrayList<>();
        if (axes.get(2) == Axis.X) {
            forRuns(0, rows(), (outer, inner, run) -> {
                if (number(run) == number) {
                    boolean straight = axes.get(0) == Axis.Z;
                    list.add(new Run(
                            straight ? outer : inner, straight ? inner : outer, runs.start[run], runs.end[run]));
                }
            });
            list.sort(Comparator.comparingInt(Run::z).thenComparingInt(Run::y).thenComparingInt(Run::start));
            return Collections.unmodifiableList(list);
        }
        byte[] mask = mask(number, Parallelism.SINGLE);
        Shape shape = grid.shape();
        RowRuns finder = new RowRuns(LabelGrid.of(shape, new LabelArray.Bytes(mask)), RowRuns.Kind.FOREGROUND);
        int[] start = new int[shape.x() / 2 + 1];
        int[] end = new int[shape.x() / 2 + 1];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                int n = finder.find(z, y, start, end, null, 0);
                for (int run = 0; run < n; run++) {
                    list.add(new Run(z, y, start[run], end[run]));
                }
            }
        }
        return Collections.unmodifiableList(list);
    }

    /**
     * Which components touch at faces of their voxels, and how much.
     *
     * @param geometry of the grid, for the area of a face; oblique ones too
     * @return ordered by the numbers
     */
    public List<Contact> contacts(Geometry geometry) {
        Map<Long, long[]> faces = new HashMap<>();
        Shape shape = turned.shape();
        forRuns(0, rows(), (outer, inner, run) -> {
            int row = outer * shape.y() + inner;
            if (run + 1 < runs.firstRun[row + 1] && runs.start[run + 1] == runs.end[run]) {
                count(faces, run, run + 1, axes.get(2), 1);
            }
        });
        for (int row = 0; row < rows(); row++) {
            if (row % shape.y() > 0) {
                countBetween(faces, row, row - 1, axes.get(1));
            }
            if (row >= shape.y()) {
                countBetween(faces, row, row - shape.y(), axes.get(0));
            }
        }
        double[] area = new double[3];
        for (Axis axis : Axis.values()) {
            area[axis.ordinal()] = faceArea(geometry, axis);
        }
        List<Contact> contacts = new ArrayList<>();
        faces.forEach((pair, n) -> contacts.add(
                new Contact((int) (pair >>> 32), pair.intValue(), n[0] * area[0] + n[1] * area[1] + n[2] * area[2])));
        contacts.sort(Comparator.comparingInt(Contact::first).thenComparingInt(Contact::second));
        return Collections.unmodifiableList(contacts);
    }

    private void countBetween(Map<Long, long[]> faces, int row, int before, Axis axis) {
        int i = runs.firstRun[row];
        int j = runs.firstRun[before];
        while (i < runs.firstRun[row + 1] && j < runs.firstRun[before + 1]) {
            int overlap = Math.min(runs.end[i], runs.end[j]) - Math.max(runs.start[i], runs.start[j]);
            if (overlap > 0) {
                count(faces, i, j, axis, overlap);
            }
            if (runs.end[j] < runs.end[i]) {
                j++;
            } else {
                i++;
            }
        }
    }

    private void count(Map<Long, long[]> faces, int a, int b, Axis axis, int n) {
        int first = Math.min(number(a), number(b));
        int second = Math.max(number(a), number(b));
        if (first != second) {
            faces.computeIfAbsent((long) first << 32 | second, pair -> new long[3])[axis.ordinal()] += n;
        }
    }

    /** The area of a voxel's face across an axis: the cross product of the other two edges. */
    private static double faceArea(Geometry geometry, Axis axis) {
        double[] a = geometry.affine();
        int u = (axis.column() + 1) % 3;
        int v = (axis.column() + 2) % 3;
        double x = a[4 + u] * a[8 + v] - a[8 + u] * a[4 + v];
        double y = a[8 + u] * a[v] - a[u] * a[8 + v];
        double z = a[u] * a[4 + v] - a[4 + u] * a[v];
        return Math.sqrt(x * x + y * y + z * z);
    }

    private void requireNumber(int number) {
        if (number < 1 || number > count()) {
            throw new IllegalArgumentException("there is no component " + number + " among " + count());
        }
    }

    private int number(int run) {
        int component = runs.component[run];
        return (numbers == null ? component : numbers[component]) + 1;
    }

    private int rows() {
        return runs.firstRun.length - 1;
    }

    @FunctionalInterface
    private interface RunVisitor {
        void visit(int outer, int inner, int run);
    }

    private void forRuns(int fromRow, int toRow, RunVisitor visitor) {
        int width = turned.shape().y();
        for (int row = fromRow; row < toRow; row++) {
            for (int run = runs.firstRun[row]; run < runs.firstRun[row + 1]; run++) {
                visitor.visit(row / width, row % width, run);
            }
        }
    }

    /** The components in order of their first voxels in the grid's own order of axes. */
    private int[] numberedByFirstVoxel() {
        int[] first = new int[runs.components];
        Arrays.fill(first, Integer.MAX_VALUE);
        Layout inGrid = Strides.permuted(Layout.contiguous(grid.shape()), axes);
        forRuns(0, rows(), (outer, inner, run) -> {
            int component = runs.component[run];
            first[component] = Math.min(first[component], inGrid.index(outer, inner, runs.start[run]));
        });
        long[] order = new long[first.length];
        for (int c = 0; c < order.length; c++) {
            order[c] = (long) first[c] << 32 | c;
        }
        Arrays.sort(order);
        int[] number = new int[order.length];
        for (int n = 0; n < order.length; n++) {
            number[(int) order[n]] = n;
        }
        return number;
    }
}

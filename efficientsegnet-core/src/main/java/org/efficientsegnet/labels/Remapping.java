// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.bytes.ByteRows;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Layout;

/**
 * A table from labels to labels. Immutable and thread-safe.
 *
 * <pre>{@code
 * Remapping numbers = Remapping.bySize(LabelCounts.of(grid, p));
 * LabelArray small = numbers.apply(grid, p);                          // 1..n, the largest first
 * LabelArray back = numbers.inverse().apply(LabelGrid.of(grid.shape(), small), p);
 * }</pre>
 */
public final class Remapping {

    /** What becomes of labels that the table does not have. */
    public enum Missing {
        /** They stay as they are. */
        KEEP,
        /** They become background. */
        ZERO,
        /** They are refused. */
        ERROR
    }

    /** Ascending. */
    private final int[] from;

    private final int[] to;
    private final Missing missing;

    private Remapping(Map<Integer, Integer> table, Missing missing) {
        from = new int[table.size()];
        to = new int[table.size()];
        int n = 0;
        for (Map.Entry<Integer, Integer> entry : new TreeMap<>(table).entrySet()) {
            from[n] = entry.getKey();
            to[n++] = entry.getValue();
        }
        this.missing = missing;
    }

    /**
     * By a table.
     *
     * @param table the new label of each; several may become one
     * @param missing what becomes of the others
     */
    public static Remapping of(Map<Integer, Integer> table, Missing missing) {
        return new Remapping(table, missing);
    }

    /** Numbers labels from 1 to n in order of their values; 0 stays 0, others than the counted are refused. */
    public static Remapping byValue(LabelCounts counts) {
        return numbering(counts, Comparator.naturalOrder());
    }

    /**
     * Numbers labels from 1 to n, that of the most voxels first, of equal ones the lower; 0 stays 0, others than the
     * counted are refused.
     */
    public static Remapping bySize(LabelCounts counts) {
        return numbering(
                counts,
                Comparator.<Integer>comparingLong(label -> -counts.voxels(label))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static Remapping numbering(LabelCounts counts, Comparator<Integer> order) {
        Map<Integer, Integer> table = new TreeMap<>();
        table.put(0, 0);
        int[] sorted = Arrays.stream(counts.labels())
                .filter(label -> label != 0)
                .boxed()
                .sorted(order)
                .mapToInt(Integer::intValue)
                .toArray();
        for (int n = 0; n < sorted.length; n++) {
            table.put(sorted[n], n + 1);
        }
        return new Remapping(table, Missing.ERROR);
    }

    /** Makes background of all labels but these. */
    public static Remapping keeping(int... labels) {
        Map<Integer, Integer> table = new TreeMap<>();
        for (int label : labels) {
            table.put(label, label);
        }
        return new Remapping(table, Missing.ZERO);
    }

    /** Makes background of these labels. */
    public static Remapping removing(int... labels) {
        Map<Integer, Integer> table = new TreeMap<>();
        for (int label : labels) {
            table.put(label, 0);
        }
        return new Remapping(table, Missing.KEEP);
    }

    /**
     * The way back; what this table does not make is refused.
     *
     * @throws IllegalStateException if two labels become one, which has no way back
     */
    public Remapping inverse() {
        Map<Integer, Integer> table = new TreeMap<>();
        for (int i = 0; i < from.length; i++) {
            Integer other = table.put(to[i], from[i]);
            if (other != null) {
                throw new IllegalStateException(
                        "labels " + other + " and " + from[i] + " both become " + to[i] + ": there is no way back");
            }
        }
        return new Remapping(table, Missing.ERROR);
    }

    /**
     * What a label becomes.
     *
     * @throws IllegalArgumentException if the table does not have it and refuses such
     */
    public int apply(int label) {
        int at = Arrays.binarySearch(from, label);
        if (at >= 0) {
            return to[at];
        }
        return switch (missing) {
            case KEEP -> label;
            case ZERO -> 0;
            case ERROR ->
                throw new IllegalArgumentException("label " + label + " is not in the table of " + from.length
                        + " labels; add it, or say that others are kept or become background");
        };
    }

    /**
     * The labels that become of a grid's, C order z, y, x, in the smallest type that holds what the table makes (and,
     * where others are kept, what the grid can hold).
     *
     * @param p the threads
     * @throws IllegalArgumentException if the table does not have one and refuses such
     */
    public LabelArray apply(LabelGrid grid, Parallelism p) {
        int largest = missing == Missing.KEEP ? grid.array().largest() : 0;
        boolean negative = false;
        for (int label : to) {
            largest = Math.max(largest, label);
            negative |= label < 0;
        }
        LabelArray result = LabelArray.zeros(
                negative ? Integer.MAX_VALUE : largest, grid.shape().arrayLength());
        write(grid, LabelGrid.of(grid.shape(), result), p);
        return result;
    }

    /**
     * Writes what becomes of a grid's labels into another grid, which may be the same.
     *
     * @param target of the same extent, in any type
     * @param p the threads
     * @throws LabelOverflowException if a label that occurs becomes one that the target's type does not hold
     * @throws IllegalArgumentException if the extents differ, or the table does not have a label and refuses such;
     *     nothing has been written then
     */
    public void apply(LabelGrid grid, LabelGrid target, Parallelism p) {
        if (!grid.shape().equals(target.shape())) {
            throw new IllegalArgumentException(
                    "labels of " + grid.shape() + " cannot be written to a grid of " + target.shape());
        }
        LabelArray array = target.array();
        boolean alwaysFits = missing == Missing.ZERO
                || missing == Missing.KEEP && grid.array().bits() <= array.bits();
        for (int label : to) {
            alwaysFits &= array.bits() == 32 || label >= 0 && label <= array.largest();
        }
        if (!alwaysFits) {
            // Nothing is written before it is known to go well.
            for (int label : LabelCounts.of(grid, p).labels()) {
                array.require(apply(label));
            }
        }
        write(grid, target, p);
    }

    private void write(LabelGrid grid, LabelGrid target, Parallelism p) {
        List<Axis> axes = Strides.descending(grid.layout());
        Layout in = Strides.permuted(grid.layout(), axes);
        Layout out = Strides.permuted(target.layout(), axes);
        LabelGrid rows = new LabelGrid(grid.array(), in);
        int[] table = grid.array().bits() > 16 ? null : table(grid, p);
        byte[] narrow = narrow(table);
        int slices = in.shape().z();
        p.forRange(slices, (first, end) -> {
            Row row = new Row(in.shape().x());
            for (int z = first; z < end; z++) {
                for (int y = 0; y < in.shape().y(); y++) {
                    int i = in.index(z, y, 0);
                    int o = out.index(z, y, 0);
                    if (narrow != null
                            && in.strideX() == 1
                            && out.strideX() == 1
                            && grid.array() instanceof LabelArray.Bytes source
                            && target.array() instanceof LabelArray.Bytes sink) {
                        ByteRows.translate(
                                source.values(), i, sink.values(), o, in.shape().x(), narrow);
                    } else {
                        rows.copyRow(z, y, row.labels);
                        translate(row.labels, table);
                        row.writeTo(target.array(), o, out.strideX());
                    }
                }
            }
        });
    }

    /** A row of labels on its way. */
    private record Row(int[] labels) {

        Row(int width) {
            this(new int[width]);
        }

        void writeTo(LabelArray target, int at, int stride) {
            if (target instanceof LabelArray.Shorts shorts) {
                for (int x = 0; x < labels.length; x++) {
                    shorts.values()[at + x * stride] = (short) labels[x];
                }
            } else if (target instanceof LabelArray.Bytes bytes) {
                for (int x = 0; x < labels.length; x++) {
                    bytes.values()[at + x * stride] = (byte) labels[x];
                }
            } else {
                for (int x = 0; x < labels.length; x++) {
                    target.put(at + x * stride, labels[x]);
                }
            }
        }
    }

    private void translate(int[] row, int[] table) {
        if (table != null) {
            for (int x = 0; x < row.length; x++) {
                row[x] = table[row[x]];
            }
            return;
        }
        for (int x = 0; x < row.length; ) {
            int label = row[x];
            int becomes = apply(label);
            for (; x < row.length && row[x] == label; x++) {
                row[x] = becomes;
            }
        }
    }

    /** What becomes of every label that the type can hold; where others are refused, of those that occur. */
    private int[] table(LabelGrid grid, Parallelism p) {
        int[] table = new int[grid.array().largest() + 1];
        if (missing == Missing.ERROR && from.length < table.length) {
            for (int label : LabelCounts.of(grid, p).labels()) {
                table[label] = apply(label);
            }
        } else {
            for (int label = 0; label < table.length; label++) {
                table[label] = apply(label);
            }
        }
        return table;
    }

    private static byte[] narrow(int[] table) {
        if (table == null || table.length > 1 << 8) {
            return null;
        }
        byte[] narrow = new byte[table.length];
        for (int label = 0; label < table.length; label++) {
            narrow[label] = (byte) table[label];
        }
        return narrow;
    }
}

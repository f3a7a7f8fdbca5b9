// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.evaluate;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.metrics.Dice;
import org.efficientsegnet.metrics.Evaluation;
import org.efficientsegnet.metrics.LabelScore;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/**
 * The scores of one case.
 *
 * @param pair which case
 * @param scores of every label, in label order
 * @param remarks labels that the two maps call differently
 */
public record Comparison(MapPair pair, List<LabelScore> scores, List<String> remarks) {

    /** Affine maps that went through a file as 32-bit numbers differ by less. */
    private static final double GRID_TOLERANCE_MM = 1e-3;

    /** Copies the lists. */
    public Comparison {
        scores = List.copyOf(scores);
        remarks = List.copyOf(remarks);
    }

    /**
     * Reads two maps and compares them. The prediction's axes are turned to the reference's, which changes no voxel.
     *
     * @param names names of labels, which go before those in the files
     * @param toleranceMm for the surface Dice, mm
     * @throws IOException if a map cannot be read
     * @throws IllegalArgumentException if the grids differ by more than their axes' order and direction
     */
    public static Comparison of(MapPair pair, SortedMap<Integer, String> names, double toleranceMm) throws IOException {
        LabelMap reference = named(LabelMaps.read(pair.reference()), names);
        LabelMap prediction = LabelMaps.read(pair.prediction());
        try {
            return new Comparison(
                    pair,
                    Evaluation.compare(reference, onGridOf(reference, prediction), toleranceMm, Parallelism.common()),
                    remarks(pair, reference.names(), prediction.names(), names.keySet()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    pair.reference() + " and " + pair.prediction() + ": " + e.getMessage(), e);
        }
    }

    /**
     * The Dice coefficients of some labels; not a number where neither map has the label.
     *
     * @param prediction its axes are turned to the reference's
     * @throws IllegalArgumentException if the grids differ by more than their axes' order and direction
     */
    public static List<Double> dice(LabelMap reference, LabelMap prediction, List<Integer> labels) {
        LabelMap other = onGridOf(reference, prediction);
        return labels.stream()
                .map(label -> Dice.of(reference.labels(), other.labels(), label, Parallelism.common()))
                .toList();
    }

    /** Labels are compared by number; where files say that one number is two organs, the reader should know. */
    private static List<String> remarks(
            MapPair pair,
            SortedMap<Integer, String> reference,
            SortedMap<Integer, String> prediction,
            Set<Integer> given) {
        return prediction.entrySet().stream()
                .filter(name -> !given.contains(name.getKey()))
                .filter(name -> !name.getValue().equals(reference.getOrDefault(name.getKey(), name.getValue())))
                .map(name -> "label " + name.getKey() + " is " + reference.get(name.getKey()) + " in "
                        + pair.reference() + " and " + name.getValue() + " in " + pair.prediction())
                .toList();
    }

    private static LabelMap named(LabelMap map, SortedMap<Integer, String> names) {
        SortedMap<Integer, String> all = new TreeMap<>(map.names());
        all.putAll(names);
        return new LabelMap(map.shape(), map.geometry(), map.labels(), all);
    }

    /** The prediction with its axes turned to the reference's, if that makes the grids the same. */
    private static LabelMap onGridOf(LabelMap reference, LabelMap prediction) {
        LabelMap other = turned(prediction, reference);
        if (!other.shape().equals(reference.shape())) {
            throw new IllegalArgumentException("the label maps have " + reference.shape() + " and " + other.shape()
                    + " voxels (z, y, x); resample one to the grid of the other");
        }
        double apart = 0;
        double[] a = reference.geometry().affine();
        double[] b = other.geometry().affine();
        for (int i = 0; i < a.length; i++) {
            apart = Math.max(apart, Math.abs(a[i] - b[i]));
        }
        if (apart > GRID_TOLERANCE_MM) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "the label maps lie at different places, their affine maps differ by up to %.3g mm; do they belong"
                            + " to the same scan?",
                    apart));
        }
        return other;
    }

    /** The map with its axes in the order and direction of another one's. */
    static LabelMap turned(LabelMap map, LabelMap like) {
        var to = like.geometry().orientation();
        if (map.geometry().orientation().equals(to)) {
            return map;
        }
        Layout layout = map.oriented(to);
        Shape shape = layout.shape();
        byte[] labels = new byte[shape.arrayLength()];
        int at = 0;
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                int from = layout.index(z, y, 0);
                for (int x = 0; x < shape.x(); x++, from += layout.strideX()) {
                    labels[at++] = map.labels()[from];
                }
            }
        }
        return new LabelMap(shape, map.geometry().reorient(map.shape(), to), labels, map.names());
    }
}

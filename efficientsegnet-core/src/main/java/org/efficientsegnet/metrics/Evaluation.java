// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;

/** Compares label maps label by label. Thread-safe: pure functions. */
public final class Evaluation {

    private Evaluation() {}

    /**
     * Scores a prediction against a reference.
     *
     * @param reference the map that is taken as true; its names are used first
     * @param prediction another map on the same grid
     * @param toleranceMm for the surface Dice: up to which distance surfaces count as the same, mm
     * @param p the threads
     * @return a score for every label above 0 that occurs in or is named by either map, in the order of labels
     * @throws IllegalArgumentException if the grids differ or the tolerance is below zero
     */
    public static List<LabelScore> compare(LabelMap reference, LabelMap prediction, double toleranceMm, Parallelism p) {
        Grids.requireSame(reference.shape(), reference.geometry(), prediction.shape(), prediction.geometry());
        long[] referenceVoxels = LabelStatistics.count(reference.labels(), p);
        long[] predictionVoxels = LabelStatistics.count(prediction.labels(), p);
        SortedMap<Integer, String> names = new TreeMap<>(prediction.names());
        names.putAll(reference.names());
        double voxelMl = reference.geometry().voxelVolume() / 1000;
        List<LabelScore> scores = new ArrayList<>();
        for (int label = 1; label < 256; label++) {
            if (referenceVoxels[label] == 0 && predictionVoxels[label] == 0 && !names.containsKey(label)) {
                continue;
            }
            SurfaceDistances surfaces = SurfaceDistances.between(reference, prediction, label, p);
            scores.add(new LabelScore(
                    label,
                    names.getOrDefault(label, "label " + label),
                    referenceVoxels[label] * voxelMl,
                    predictionVoxels[label] * voxelMl,
                    Dice.of(reference.labels(), prediction.labels(), label, p),
                    surfaces.surfaceDice(toleranceMm),
                    toleranceMm,
                    surfaces.averageFromReference(),
                    surfaces.averageFromPrediction(),
                    surfaces.averageSymmetric(),
                    surfaces.hausdorff(95)));
        }
        return List.copyOf(scores);
    }
}

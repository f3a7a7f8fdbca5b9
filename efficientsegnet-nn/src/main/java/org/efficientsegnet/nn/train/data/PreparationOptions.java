// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/**
 * How cases are prepared.
 *
 * @param labels the name of each label, the first is label 1
 * @param coarseSize what the whole scan is resampled to
 * @param fineSize what the region of the labels is resampled to
 * @param marginMm how much is added to the box of the labels on every side, mm
 * @param orientation how the networks' input lies in the patient
 * @param unknownLabel the label, in the files, of voxels that nobody annotated; 0 if there is none
 * @param painted whether there are label maps alone, from which scans are painted
 * @param tissues of painted maps: names of labels beyond {@code labels}, which are no organs to be learned
 */
public record PreparationOptions(
        List<String> labels,
        Shape coarseSize,
        Shape fineSize,
        double marginMm,
        Orientation orientation,
        int unknownLabel,
        boolean painted,
        Map<Integer, String> tissues) {

    /** The labels of FLARE21. */
    public static final List<String> FLARE21 = List.of("liver", "kidney", "spleen", "pancreas");

    /** FLARE21 at the published sizes: 160³ and 192³, 20 mm, Right-Anterior-Superior. */
    public static final PreparationOptions DEFAULT =
            new PreparationOptions(FLARE21, Shape.cube(160), Shape.cube(192), 20, Orientation.RAS);

    /** Without a label for what is not known. */
    public PreparationOptions(
            List<String> labels, Shape coarseSize, Shape fineSize, double marginMm, Orientation orientation) {
        this(labels, coarseSize, fineSize, marginMm, orientation, 0, false, Map.of());
    }

    /** @throws IllegalArgumentException if a value makes no sense */
    public PreparationOptions {
        labels = List.copyOf(labels);
        Objects.requireNonNull(coarseSize, "coarseSize");
        Objects.requireNonNull(fineSize, "fineSize");
        Objects.requireNonNull(orientation, "orientation");
        if (labels.isEmpty() || labels.size() >= Batch.UNKNOWN) {
            throw new IllegalArgumentException(
                    "1 to " + (Batch.UNKNOWN - 1) + " labels are needed, not " + labels.size());
        }
        if (unknownLabel != 0 && (unknownLabel <= labels.size() || unknownLabel > Batch.UNKNOWN)) {
            throw new IllegalArgumentException(
                    "the label " + unknownLabel + " cannot stand for what is not known: it must" + " be above the "
                            + labels.size() + " labels and at most " + Batch.UNKNOWN);
        }
        tissues = Collections.unmodifiableMap(new TreeMap<>(tissues));
        for (int label : tissues.keySet()) {
            if (label <= labels.size() || label >= Batch.UNKNOWN) {
                throw new IllegalArgumentException(
                        "the label " + label + " cannot be a further tissue: it must be above the " + labels.size()
                                + " labels and below " + Batch.UNKNOWN);
            }
        }
        if (!(marginMm >= 0)) {
            throw new IllegalArgumentException("the margin " + marginMm + " mm is below zero");
        }
    }

    /** The same with other labels. */
    public PreparationOptions withLabels(List<String> names) {
        return new PreparationOptions(
                names, coarseSize, fineSize, marginMm, orientation, unknownLabel, painted, tissues);
    }

    /** The same with a label for voxels that nobody annotated, 0 for none. */
    public PreparationOptions withUnknownLabel(int label) {
        return new PreparationOptions(labels, coarseSize, fineSize, marginMm, orientation, label, painted, tissues);
    }

    /**
     * The same for label maps alone, from which scans are painted.
     *
     * @param names of further labels of the maps
     */
    public PreparationOptions withPaintedTissues(Map<Integer, String> names) {
        return new PreparationOptions(labels, coarseSize, fineSize, marginMm, orientation, unknownLabel, true, names);
    }

    /** As in the fingerprints of prepared cases and of runs; as written by earlier versions where these could say it. */
    @Override
    public String toString() {
        return "PreparationOptions[labels=" + labels + ", coarseSize=" + coarseSize + ", fineSize=" + fineSize
                + ", marginMm=" + marginMm + ", orientation=" + orientation
                + (unknownLabel == 0 ? "" : ", unknownLabel=" + unknownLabel)
                + (painted ? ", painted=" + tissues : "") + "]";
    }
}

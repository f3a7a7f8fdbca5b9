// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.anatomy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;

/**
 * How plausible it is that a mask is the organ that it is called: from its volume, its Hounsfield units and where it lies
 * in the scan. It says nothing of how exact the mask is.
 *
 * <p>Bounds are wide: volumes from the smallest of adults to large pathological ones, HU from a fatty organ on a plain scan
 * to a bright one in the arterial phase. Each finding multiplies the score by a factor; a mask without voxels has 0.
 *
 * @param score 0 to 1; below {@link #DOUBTFUL} people should look
 * @param reasons what lowered it, for people
 */
public record Plausibility(double score, List<String> reasons) {

    /** Below this a mask should be looked at. */
    public static final double DOUBTFUL = 0.5;

    /** A body does not end where its scan does, and organs lie within the body. */
    private static final double MOST_AT_EDGE = 0.05;

    private static final int EDGE = 2;

    /** Noise of thin slices is below; a mask over fat, air or bone is above. */
    private static final double MOST_DEVIATION_HU = 130;

    private static final double WORST = 0.05;

    /**
     * What an organ of a living adult has.
     *
     * @param leastMl the smallest volume
     * @param mostMl the largest volume
     * @param leastHu the lowest mean
     * @param mostHu the highest mean
     */
    private record Bounds(double leastMl, double mostMl, double leastHu, double mostHu) {}

    private static final Map<String, Bounds> ORGANS = Map.of(
            "liver",
            new Bounds(400, 5000, -30, 250),
            "kidney",
            new Bounds(80, 900, 0, 350),
            "kidneys",
            new Bounds(80, 900, 0, 350),
            KidneySides.RIGHT,
            new Bounds(40, 600, 0, 350),
            KidneySides.LEFT,
            new Bounds(40, 600, 0, 350),
            "spleen",
            new Bounds(30, 2500, 5, 280),
            "pancreas",
            new Bounds(12, 250, -50, 220),
            "gallbladder",
            new Bounds(2, 300, -30, 150),
            "stomach",
            new Bounds(30, 3000, -700, 250));

    /** Copies the list. */
    public Plausibility {
        reasons = List.copyOf(reasons);
    }

    /**
     * Judges a mask. Organs whose bounds are not known are judged by where they lie only.
     *
     * @param organ what was measured of it
     * @param labels the map that it is in
     */
    public static Plausibility of(OrganStatistics organ, LabelMap labels) {
        if (organ.voxels() == 0) {
            return new Plausibility(0, List.of("it was not found"));
        }
        List<String> reasons = new ArrayList<>();
        double score = 1;
        Optional<Bounds> known = Optional.ofNullable(ORGANS.get(organ.name().toLowerCase(Locale.ROOT)));
        if (known.isPresent()) {
            score *= volume(organ, known.get(), reasons);
            score *= density(organ, known.get(), reasons);
        }
        score *= place(organ, labels, reasons);
        return new Plausibility(score, reasons);
    }

    private static double volume(OrganStatistics organ, Bounds bounds, List<String> reasons) {
        double ml = organ.volumeMl();
        boolean cutOff = !organ.touches().isEmpty();
        if (ml > bounds.mostMl()) {
            reasons.add(String.format(
                    Locale.ROOT, "%.0f ml is more than living people have (%.0f ml)", ml, bounds.mostMl()));
            return Math.max(WORST, square(bounds.mostMl() / ml) / 2);
        }
        if (ml < bounds.leastMl() && !cutOff) {
            reasons.add(String.format(
                    Locale.ROOT, "%.0f ml is less than living people have (%.0f ml)", ml, bounds.leastMl()));
            return Math.max(WORST, square(ml / bounds.leastMl()) / 2);
        }
        return 1;
    }

    private static double density(OrganStatistics organ, Bounds bounds, List<String> reasons) {
        double score = 1;
        if (organ.meanHu() < bounds.leastHu() || organ.meanHu() > bounds.mostHu()) {
            reasons.add(String.format(
                    Locale.ROOT,
                    "its mean of %.0f HU is not that of the organ (%.0f to %.0f HU)",
                    organ.meanHu(),
                    bounds.leastHu(),
                    bounds.mostHu()));
            score *= 0.2;
        }
        if (organ.sdHu() > MOST_DEVIATION_HU && bounds.leastHu() > -100) {
            reasons.add(String.format(
                    Locale.ROOT, "its values scatter by %.0f HU, as if it held fat, air or bone", organ.sdHu()));
            score *= 0.4;
        }
        return score;
    }

    private static double place(OrganStatistics organ, LabelMap labels, List<String> reasons) {
        double share = (double) atEdge(organ, labels) / organ.voxels();
        if (share > MOST_AT_EDGE) {
            reasons.add(String.format(Locale.ROOT, "%.0f %% of it runs along the edge of the slices", 100 * share));
            return Math.max(WORST, 0.5 * MOST_AT_EDGE / share);
        }
        return 1;
    }

    /** Voxels near the first and last rows and columns. Where the scan ends above or below, organs are cut off instead. */
    private static long atEdge(OrganStatistics organ, LabelMap labels) {
        Box box = organ.box().orElseThrow();
        Shape shape = labels.shape();
        boolean[] across = {
            labels.geometry().orientation().worldAxis(Axis.Z) != 2,
            labels.geometry().orientation().worldAxis(Axis.Y) != 2,
            labels.geometry().orientation().worldAxis(Axis.X) != 2
        };
        long voxels = 0;
        for (int z = box.z0(); z < box.z1(); z++) {
            boolean zEdge = across[0] && isEdge(z, shape.z());
            for (int y = box.y0(); y < box.y1(); y++) {
                boolean rowEdge = zEdge || across[1] && isEdge(y, shape.y());
                int row = shape.index(z, y, 0);
                for (int x = box.x0(); x < box.x1(); x++) {
                    boolean edge = rowEdge || across[2] && isEdge(x, shape.x());
                    if (edge && (labels.labels()[row + x] & 0xff) == organ.label()) {
                        voxels++;
                    }
                }
            }
        }
        return voxels;
    }

    private static boolean isEdge(int index, int extent) {
        return index < EDGE || index >= extent - EDGE;
    }

    private static double square(double a) {
        return a * a;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.anatomy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.efficientsegnet.labels.ConnectedComponent;
import org.efficientsegnet.labels.ConnectedComponents;
import org.efficientsegnet.labels.Connectivity;
import org.efficientsegnet.labels.LabelArray;
import org.efficientsegnet.labels.LabelGrid;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
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

    private static final double LARGE_ML = 30;

    /** Of an organ's voxels; smaller pieces are crumbs. */
    private static final double LEAST_PIECE = 0.1;

    /** The spine is between them. */
    private static final double LEAST_BETWEEN_KIDNEYS_MM = 50;

    /** In the largest of people, one of the kidneys as low as it may lie without being in the pelvis. */
    private static final double MOST_BETWEEN_KIDNEYS_MM = 250;

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
        score *= pieces(organ, labels, reasons);
        return new Plausibility(score, reasons);
    }

    /** Whether an organ is known to have 30 ml or more in every living adult. */
    public static boolean isLarge(String organ) {
        Bounds bounds = ORGANS.get(organ.toLowerCase(Locale.ROOT));
        return bounds != null && bounds.leastMl() >= LARGE_ML;
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

    /** Organs are of one piece; the kidneys are two, one on either side of the spine. Crumbs do not count. */
    private static double pieces(OrganStatistics organ, LabelMap labels, List<String> reasons) {
        List<ConnectedComponent> pieces = large(organ, labels);
        boolean pair = KidneySides.divides(organ.name());
        if (pieces.size() > (pair ? 2 : 1)) {
            reasons.add(String.format(Locale.ROOT, "it lies in %d separate pieces", pieces.size()));
            return 0.4;
        }
        if (pieces.size() == 2) {
            double[] one = centre(pieces.get(0), organ, labels);
            double[] other = centre(pieces.get(1), organ, labels);
            double across = Math.abs(one[0] - other[0]);
            double distance = Math.hypot(across, Math.hypot(one[1] - other[1], one[2] - other[2]));
            if (across < LEAST_BETWEEN_KIDNEYS_MM || distance > MOST_BETWEEN_KIDNEYS_MM) {
                reasons.add(String.format(
                        Locale.ROOT,
                        "its two pieces are %.0f mm apart, %.0f mm of it from side to side, which is not where a right"
                                + " and a left one are",
                        distance,
                        across));
                return 0.4;
            }
        }
        return 1;
    }

    private static List<ConnectedComponent> large(OrganStatistics organ, LabelMap labels) {
        Box box = organ.box().orElseThrow();
        Layout layout = Layout.contiguous(labels.shape()).crop(box);
        Shape shape = box.shape();
        byte[] mask = new byte[shape.arrayLength()];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                int at = layout.index(z, y, 0);
                int row = shape.index(z, y, 0);
                for (int x = 0; x < shape.x(); x++) {
                    mask[row + x] = (byte) ((labels.labels()[at + x] & 0xff) == organ.label() ? 1 : 0);
                }
            }
        }
        return ConnectedComponents.of(
                        LabelGrid.of(shape, new LabelArray.Bytes(mask)), Connectivity.CORNERS, Parallelism.common())
                .list()
                .stream()
                .filter(piece -> piece.voxels() > LEAST_PIECE * organ.voxels())
                .toList();
    }

    /** Right, Anterior, Superior; mm. */
    private static double[] centre(ConnectedComponent piece, OrganStatistics organ, LabelMap labels) {
        Box box = organ.box().orElseThrow();
        return labels.geometry()
                .toWorld(box.x0() + piece.centroidX(), box.y0() + piece.centroidY(), box.z0() + piece.centroidZ());
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

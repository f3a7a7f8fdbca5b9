package org.efficientsegnet.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.SegmentationWarning.Kind;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Volume;

/** What about a scan and its result should make a reader doubt. */
public final class Warnings {

    private static final double MOST_TILT_DEGREES = 10;

    /** Slices of body scans are at most 10 mm apart. */
    private static final double MOST_SPACING_MM = 25;

    private static final double MOST_EXTENT_MM = 3000;

    /** No abdomen is that small, nor is a part of one in which an organ can be known. */
    private static final double LEAST_EXTENT_MM = 50;

    /** A long right lobe of the liver may reach below the kidneys. */
    private static final double LEAST_DISTANCE_MM = 20;

    private static final Map<Character, String> SIDES =
            Map.of('R', "right", 'L', "left", 'A', "anterior", 'P', "posterior", 'S', "superior", 'I', "inferior");

    private Warnings() {}

    /** The doubts about a run, the gravest first; a pure function of scan and result. */
    public static List<SegmentationWarning> of(Volume ct, CoarseToFine.Result result) {
        List<SegmentationWarning> warnings = new ArrayList<>();
        result.intensities()
                .doubt()
                .ifPresent(doubt -> warnings.add(new SegmentationWarning(
                        Kind.NOT_HOUNSFIELD, "The scan does not look like Hounsfield units: " + doubt + ".")));
        size(ct).ifPresent(doubt -> warnings.add(
                new SegmentationWarning(Kind.IMPLAUSIBLE_SIZE, "The scan has no plausible size: " + doubt)));
        double tilt = tilt(ct.geometry());
        if (tilt > MOST_TILT_DEGREES) {
            warnings.add(new SegmentationWarning(
                    Kind.OBLIQUE,
                    String.format(
                            Locale.ROOT,
                            "The scan's axes are tilted by %.0f degrees against the patient's; the networks take them"
                                    + " for %s.",
                            tilt,
                            ct.geometry().orientation())));
        }
        if (result.region().isEmpty()) {
            warnings.add(new SegmentationWarning(
                    Kind.NOTHING_FOUND,
                    "No organ was found; the label map is empty. Does the scan show an abdomen, and is its orientation"
                            + " right?"));
            return warnings;
        }
        warnings.addAll(places(result.organs(), ct.geometry()));
        for (OrganStatistics organ : result.organs()) {
            if (organ.voxels() == 0) {
                warnings.add(new SegmentationWarning(Kind.ORGAN_NOT_FOUND, "No " + organ.name() + " was found."));
            } else if (!organ.touches().isEmpty()) {
                String sides = organ.touches().stream()
                        .map(face -> SIDES.get(face.direction(ct.geometry().orientation())))
                        .sorted()
                        .collect(Collectors.joining(" and "));
                warnings.add(new SegmentationWarning(
                        Kind.ORGAN_CUT_OFF,
                        "The " + organ.name() + " reaches the " + sides + " end of the scan; the part beyond is missing"
                                + " from its volume."));
            }
        }
        return warnings;
    }

    /** Why a scan's spacing cannot be in mm, as when micrometres or metres were written; empty if it can. */
    private static Optional<String> size(Volume ct) {
        double greatestSpacing = 0;
        double greatestExtent = 0;
        for (Axis axis : Axis.values()) {
            double spacing = ct.geometry().spacing(axis);
            greatestSpacing = Math.max(greatestSpacing, spacing);
            greatestExtent = Math.max(greatestExtent, spacing * ct.shape().along(axis));
        }
        if (greatestSpacing > MOST_SPACING_MM || greatestExtent > MOST_EXTENT_MM || greatestExtent < LEAST_EXTENT_MM) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "its voxels are up to %s mm apart and it is %s mm long. Is its spacing in millimetres? All"
                            + " volumes depend on it.",
                    plain(greatestSpacing),
                    plain(greatestExtent)));
        }
        return Optional.empty();
    }

    private static String plain(double mm) {
        return String.format(Locale.ROOT, mm < 10 ? "%.3f" : "%.0f", mm);
    }

    /**
     * Whether organs lie on the wrong side of each other: the liver left of the spleen or below the kidneys, by the
     * middles of the boxes around them. An organ that is cut off above or below says nothing about the latter.
     */
    private static List<SegmentationWarning> places(List<OrganStatistics> organs, Geometry geometry) {
        List<OrganStatistics> livers = named(organs, "liver");
        List<OrganStatistics> spleens = named(organs, "spleen");
        List<OrganStatistics> kidneys = named(organs, "kidney");
        List<SegmentationWarning> warnings = new ArrayList<>();
        if (!livers.isEmpty() && !spleens.isEmpty() && middle(livers, geometry, 0) < middle(spleens, geometry, 0)) {
            warnings.add(new SegmentationWarning(
                    Kind.FLIPPED, "The liver lies left of the spleen: the scan seems to be flipped left-right."));
        }
        if (!livers.isEmpty()
                && !kidneys.isEmpty()
                && isWholeAlongTheBody(livers, geometry)
                && isWholeAlongTheBody(kidneys, geometry)
                && middle(livers, geometry, 2) < middle(kidneys, geometry, 2) - LEAST_DISTANCE_MM) {
            warnings.add(new SegmentationWarning(
                    Kind.FLIPPED, "The liver lies below the kidneys: the scan seems to be flipped head to foot."));
        }
        return warnings;
    }

    private static List<OrganStatistics> named(List<OrganStatistics> organs, String word) {
        return organs.stream()
                .filter(organ -> organ.voxels() > 0
                        && organ.name().toLowerCase(Locale.ROOT).contains(word))
                .toList();
    }

    /** The middle of the organs' boxes towards Right (0), Anterior (1) or Superior (2), mm. */
    private static double middle(List<OrganStatistics> organs, Geometry geometry, int direction) {
        Box box = organs.stream()
                .flatMap(organ -> organ.box().stream())
                .reduce(Box::union)
                .orElseThrow();
        return geometry.toWorld(
                        (box.x0() + box.x1() - 1) / 2.0,
                        (box.y0() + box.y1() - 1) / 2.0,
                        (box.z0() + box.z1() - 1) / 2.0)[direction];
    }

    private static boolean isWholeAlongTheBody(List<OrganStatistics> organs, Geometry geometry) {
        return organs.stream()
                .flatMap(organ -> organ.touches().stream())
                .map(face -> face.direction(geometry.orientation()))
                .noneMatch(side -> side == 'S' || side == 'I');
    }

    /** The largest angle between an index axis and the patient's axis that it is taken for, in degrees. */
    private static double tilt(Geometry geometry) {
        double[] affine = geometry.affine();
        double most = 0;
        for (Axis axis : Axis.values()) {
            double along = affine[4 * geometry.orientation().worldAxis(axis) + axis.column()];
            most = Math.max(most, Math.acos(Math.min(1, Math.abs(along) / geometry.spacing(axis))));
        }
        return Math.toDegrees(most);
    }
}

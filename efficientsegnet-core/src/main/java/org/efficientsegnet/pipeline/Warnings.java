package org.efficientsegnet.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.SegmentationWarning.Kind;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Volume;

/** What about a scan and its result should make a reader doubt. */
public final class Warnings {

    private static final double MOST_TILT_DEGREES = 10;

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

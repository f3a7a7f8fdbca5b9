// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.SegmentationWarning.Kind;
import org.efficientsegnet.anatomy.Plausibility;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;

/** What about a scan and its result should make a reader doubt. */
public final class Warnings {

    private static final double MOST_TILT_DEGREES = 10;

    /** Slices of body scans are at most 10 mm apart. */
    private static final double MOST_SPACING_MM = 25;

    private static final double MOST_EXTENT_MM = 3000;

    /** No abdomen is that small, nor is a part of one in which an organ can be known. */
    private static final double LEAST_EXTENT_MM = 50;

    private static final int SAMPLES_ALONG_AN_AXIS = 64;

    /** A long right lobe of the liver may reach below the kidneys. */
    private static final double LEAST_DISTANCE_MM = 20;

    /** Of good scans the two networks' boxes share 0.65 and more, of spoiled ones anything; see docs/plausibility.md. */
    private static final double LEAST_SHARED = 0.6;

    /** Small organs the coarse network finds badly: of good scans 0.17 and more. */
    private static final double LEAST_SHARED_OF_SMALL = 0.1;

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
        warnings.addAll(places(result.organs(), result.labels()));
        for (OrganStatistics organ : result.organs()) {
            if (organ.voxels() == 0) {
                warnings.add(about(organ, Kind.ORGAN_NOT_FOUND, "No " + organ.name() + " was found."));
            } else {
                cutOff(ct, organ).ifPresent(warnings::add);
                disagreement(organ, result.located()).ifPresent(warnings::add);
                implausible(organ, result.labels()).ifPresent(warnings::add);
            }
        }
        return warnings;
    }

    private static Optional<SegmentationWarning> cutOff(Volume ct, OrganStatistics organ) {
        if (organ.touches().isEmpty()) {
            return Optional.empty();
        }
        List<String> sides = organ.touches().stream()
                .map(face -> SIDES.get(face.direction(ct.geometry().orientation())))
                .sorted()
                .toList();
        return Optional.of(about(
                organ,
                Kind.ORGAN_CUT_OFF,
                "The " + organ.name() + " reaches the " + enumerated(sides) + (sides.size() == 1 ? " end" : " ends")
                        + " of the scan; the part beyond is missing from its volume."));
    }

    private static Optional<SegmentationWarning> disagreement(OrganStatistics organ, Map<Integer, Box> located) {
        double shared = shared(Optional.ofNullable(located.get(organ.label())), organ.box());
        if (shared >= (Plausibility.isLarge(organ.name()) ? LEAST_SHARED : LEAST_SHARED_OF_SMALL)) {
            return Optional.empty();
        }
        return Optional.of(about(
                organ,
                Kind.NETWORKS_DISAGREE,
                String.format(
                        Locale.ROOT,
                        "The two networks do not agree where the %s is: of the boxes around what they found %.0f %% is"
                                + " the same.",
                        organ.name(),
                        100 * shared)));
    }

    private static Optional<SegmentationWarning> implausible(OrganStatistics organ, LabelMap labels) {
        Plausibility plausibility = Plausibility.of(organ, labels);
        if (plausibility.score() >= Plausibility.DOUBTFUL) {
            return Optional.empty();
        }
        return Optional.of(about(
                organ,
                Kind.IMPLAUSIBLE_ORGAN,
                "The " + organ.name() + " is doubtful: " + String.join("; ", plausibility.reasons()) + "."));
    }

    private static SegmentationWarning about(OrganStatistics organ, Kind kind, String message) {
        return new SegmentationWarning(kind, Optional.of(organ.name()), message);
    }

    /** What two boxes share, of what they cover together; 0 if there is but one. */
    private static double shared(Optional<Box> coarse, Optional<Box> fine) {
        if (coarse.isEmpty() || fine.isEmpty()) {
            return 0;
        }
        double both = 1;
        double one = 1;
        double other = 1;
        for (Axis axis : Axis.values()) {
            Box a = coarse.get();
            Box b = fine.get();
            both *= Math.max(0, Math.min(a.end(axis), b.end(axis)) - Math.max(a.start(axis), b.start(axis)));
            one *= a.end(axis) - a.start(axis);
            other *= b.end(axis) - b.start(axis);
        }
        return both / (one + other - both);
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

    /** Whether organs lie on the wrong side of each other: the liver left of the spleen or below the kidneys. */
    private static List<SegmentationWarning> places(List<OrganStatistics> organs, LabelMap labels) {
        List<OrganStatistics> livers = named(organs, "liver");
        List<OrganStatistics> spleens = named(organs, "spleen");
        List<OrganStatistics> kidneys = named(organs, "kidney");
        List<SegmentationWarning> warnings = new ArrayList<>();
        if (livers.isEmpty()) {
            return warnings;
        }
        double[] liver = centre(livers, labels);
        if (!spleens.isEmpty() && liver[0] < centre(spleens, labels)[0]) {
            warnings.add(new SegmentationWarning(
                    Kind.FLIPPED, "The liver lies left of the spleen: the scan seems to be flipped left-right."));
        }
        if (!kidneys.isEmpty() && liver[2] < centre(kidneys, labels)[2] - LEAST_DISTANCE_MM) {
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

    /** Where the organs are together (Right, Anterior, Superior; mm), by voxels at some distance from each other. */
    private static double[] centre(List<OrganStatistics> organs, LabelMap labels) {
        double[] sums = new double[3];
        double weights = 0;
        for (OrganStatistics organ : organs) {
            Box box = organ.box().orElseThrow();
            int stepZ = step(box, Axis.Z);
            int stepY = step(box, Axis.Y);
            int stepX = step(box, Axis.X);
            long weight = (long) stepZ * stepY * stepX;
            for (int z = box.z0() + stepZ / 2; z < box.z1(); z += stepZ) {
                for (int y = box.y0() + stepY / 2; y < box.y1(); y += stepY) {
                    for (int x = box.x0() + stepX / 2; x < box.x1(); x += stepX) {
                        if ((labels.labels()[labels.shape().index(z, y, x)] & 0xff) == organ.label()) {
                            sums[0] += weight * x;
                            sums[1] += weight * y;
                            sums[2] += weight * z;
                            weights += weight;
                        }
                    }
                }
            }
        }
        return labels.geometry().toWorld(sums[0] / weights, sums[1] / weights, sums[2] / weights);
    }

    private static int step(Box box, Axis axis) {
        return Math.max(1, (box.end(axis) - box.start(axis)) / SAMPLES_ALONG_AN_AXIS);
    }

    /** Words as a sentence lists them: {@code anterior, inferior and left}. */
    private static String enumerated(List<String> words) {
        int last = words.size() - 1;
        return last == 0 ? words.get(0) : String.join(", ", words.subList(0, last)) + " and " + words.get(last);
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

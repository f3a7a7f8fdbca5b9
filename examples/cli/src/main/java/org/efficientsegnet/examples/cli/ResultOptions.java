// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.anatomy.KidneySides;
import org.efficientsegnet.io.mesh.MeshFiles;
import org.efficientsegnet.io.organs.LabelTable;
import org.efficientsegnet.metrics.LabelStatistics;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import picocli.CommandLine.Option;

/** What becomes of the labels before they are written, and what else is written beside them. */
final class ResultOptions {

    private static final List<String> PAGES = List.of(".html", ".htm");

    @Option(
            names = "--sides",
            description = "Give the right and the left kidney labels of their own: the left one a new number.")
    private boolean sides;

    @Option(
            names = "--organs",
            split = ",",
            paramLabel = "NAME",
            description = "Write only these organs, divided by commas; after --sides \"left kidney\" is one.")
    private List<String> organs = List.of();

    @Option(
            names = "--split",
            paramLabel = "FOLDER",
            description = "Write a mask (.nii.gz) of every organ into a folder. For many scans: a folder a case in it.")
    private Path split;

    @Option(
            names = "--probabilities",
            paramLabel = "FOLDER",
            description =
                    "Write how probable each organ is in each voxel into a folder, a file an organ (.nii.gz, 8 bits, 0 to"
                            + " 1). For many scans: a folder a case in it.")
    private Path probabilities;

    @Option(
            names = "--rtstruct",
            paramLabel = "FILE",
            description =
                    "Write contours as a DICOM RT structure set; the scan must be a DICOM series. For many scans: a"
                            + " folder.")
    private Path rtstruct;

    @Option(
            names = "--mesh",
            paramLabel = "FILE",
            description = "Write the organs' surfaces as .stl or .obj. For many scans: a folder of .stl files.")
    private Path mesh;

    @Option(
            names = "--colors",
            paramLabel = "FILE",
            description =
                    "Write names and colours for ITK-SNAP (.label) or 3D Slicer (.ctbl). For many scans: a folder of"
                            + " .label files.")
    private Path colors;

    @Option(
            names = "--viewer",
            paramLabel = "FILE",
            description =
                    "Write an interactive page (.html) with linked planes and the organs in 3-D; it holds the scan,"
                            + " reduced, and works without a network. For many scans: a folder.")
    private Path viewer;

    Artefacts.Beside beside() {
        return new Artefacts.Beside(split, probabilities, rtstruct, mesh, colors, viewer);
    }

    /** That files of one scan have endings that are known, before the work is done in vain. */
    void requireEndings(OutputOptions console, Path html, Path preview) {
        require(console, "--html", html, PAGES);
        require(console, "--preview", preview, List.of(".png"));
        require(console, "--mesh", mesh, MeshFiles.endings());
        require(console, "--colors", colors, LabelTable.endings());
        require(console, "--rtstruct", rtstruct, List.of(".dcm"));
        require(console, "--viewer", viewer, PAGES);
    }

    private static void require(OutputOptions console, String option, Path file, List<String> endings) {
        if (file != null && endings.stream().noneMatch(file.toString().toLowerCase(Locale.ROOT)::endsWith)) {
            throw console.wrong(option + " " + file + " must end in " + String.join(" or ", endings));
        }
    }

    /**
     * That the model has the organs that are asked for, before the work is done in vain.
     *
     * @param labels of the model
     */
    void requireOrgans(List<String> labels) {
        List<String> known = divided(labels).toList();
        for (String organ : organs) {
            if (!known.contains(organ)) {
                throw new SegmentationException("--organs " + organ + ": the model knows " + String.join(", ", known)
                        + (labels.contains(organ) ? " with --sides" : "")
                        + (!sides && isSide(organ) ? "; --sides tells the kidneys apart" : ""));
            }
        }
    }

    private static boolean isSide(String organ) {
        return organ.equals(KidneySides.RIGHT) || organ.equals(KidneySides.LEFT);
    }

    /**
     * The organs that have files of their own.
     *
     * @param labels of the model
     */
    OrganNames names(List<String> labels) {
        // The networks know nothing of sides: where one is asked for, so is the map of both kidneys.
        return new OrganNames(
                divided(labels).filter(this::isAskedFor).toList(),
                labels.stream()
                        .filter(label -> divided(List.of(label)).anyMatch(this::isAskedFor))
                        .toList());
    }

    private boolean isAskedFor(String organ) {
        return organs.isEmpty() || organs.contains(organ);
    }

    /** The labels that maps are written with: the sides instead of the kidneys, if they are told apart. */
    private Stream<String> divided(List<String> labels) {
        return labels.stream()
                .flatMap(label -> sides && KidneySides.divides(label)
                        ? Stream.of(KidneySides.RIGHT, KidneySides.LEFT)
                        : Stream.of(label));
    }

    /** The result as it is written: labels by sides, organs that were not asked for left out with what is said of them. */
    Segmentation applied(Volume scan, Segmentation found) {
        Segmentation result = sides ? withSides(scan, found) : found;
        if (organs.isEmpty()) {
            return result;
        }
        List<OrganStatistics> kept = result.organs().stream()
                .filter(organ -> organs.contains(organ.name()))
                .toList();
        return result.withLabels(result.labels().only(organs), kept)
                .withWarnings(result.warnings().stream()
                        .filter(warning -> warning.organ().stream()
                                .allMatch(organ -> divided(List.of(organ)).anyMatch(this::isAskedFor)))
                        .toList());
    }

    private static Segmentation withSides(Volume scan, Segmentation found) {
        LabelMap labels = KidneySides.split(scan, found.labels(), Parallelism.common());
        return found.withLabels(labels, LabelStatistics.of(scan, labels, Parallelism.common()));
    }

    /** What changes results, by name; what is as by default is not there. */
    Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        if (sides) {
            settings.put("kidneys", "by sides");
        }
        if (!organs.isEmpty()) {
            settings.put("organs", String.join(",", organs));
        }
        if (split != null) {
            settings.put("split", split.toString());
        }
        if (probabilities != null) {
            settings.put("probabilities", probabilities.toString());
        }
        return settings;
    }
}

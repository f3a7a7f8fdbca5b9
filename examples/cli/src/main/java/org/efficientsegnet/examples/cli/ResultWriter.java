// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.dicom.DicomRtStructure;
import org.efficientsegnet.io.dicom.DicomSeries;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.mesh.MeshFiles;
import org.efficientsegnet.io.organs.LabelTable;
import org.efficientsegnet.io.preview.Preview;
import org.efficientsegnet.io.preview.PreviewOptions;
import org.efficientsegnet.io.report.HtmlReport;
import org.efficientsegnet.io.report.InputChecksums;
import org.efficientsegnet.io.report.RunContext;
import org.efficientsegnet.io.report.RunReport;
import org.efficientsegnet.io.viewer.ViewerOptions;
import org.efficientsegnet.io.viewer.ViewerPage;
import org.efficientsegnet.volume.LabelMap;

/** Writes what a result becomes, each file whole or not at all. */
final class ResultWriter {

    private static final String DICOM_ENDING = ".dcm";

    private final Artefacts artefacts;

    ResultWriter(Artefacts artefacts) {
        this.artefacts = artefacts;
    }

    /**
     * That DICOM objects of this scan can be written, before the work is done in vain.
     *
     * @throws IOException if not
     */
    static void requireSource(Artefacts artefacts, Scan scan) throws IOException {
        if (scan.provenance() instanceof DicomSeries) {
            return;
        }
        Path labels = artefacts.labels();
        if (labels.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(DICOM_ENDING)) {
            throw new IOException(labels + ": a DICOM segmentation object refers to the slices of a DICOM series, and "
                    + scan.provenance().path() + " is " + scan.provenance().format()
                    + "; choose another ending, .nii.gz for instance");
        }
        if (artefacts.beside().rtstruct() != null) {
            throw new IOException(artefacts.beside().rtstruct()
                    + ": a DICOM RT structure set refers to the slices of a DICOM series, and "
                    + scan.provenance().path() + " is " + scan.provenance().format() + "; leave --rtstruct out");
        }
    }

    /**
     * Writes the files.
     *
     * @param started when the run began, for the reports
     * @param timings of what surrounds the network, for the reports; writing the label map is added to them
     * @throws IOException if one cannot be written
     */
    void write(Scan scan, Segmentation result, Instant started, Map<String, Duration> timings) throws IOException {
        long begin = System.nanoTime();
        LabelMaps.write(result.labels(), artefacts.labels(), WriteOptions.DEFAULT.withSource(scan.provenance()));
        writeBeside(scan, result);
        Map<String, Duration> all = new LinkedHashMap<>(timings);
        all.put("writing", Duration.ofNanos(System.nanoTime() - begin));
        BufferedImage preview = artefacts.preview() == null && artefacts.html() == null
                ? null
                : Preview.render(scan.volume(), result.labels(), PreviewOptions.DEFAULT);
        if (artefacts.preview() != null) {
            byte[] png = Preview.png(preview);
            AtomicOutput.write(artefacts.preview(), out -> out.write(png));
        }
        if (artefacts.report() != null || artefacts.html() != null) {
            RunReport report = report(scan, result, started, all);
            if (artefacts.report() != null) {
                report.write(artefacts.report());
            }
            if (artefacts.html() != null) {
                BufferedImage narrow = Preview.render(scan.volume(), result.labels(), PreviewOptions.NARROW);
                HtmlReport.write(report, preview, narrow, artefacts.html());
            }
        }
    }

    private void writeBeside(Scan scan, Segmentation result) throws IOException {
        LabelMap labels = result.labels();
        Artefacts.Beside beside = artefacts.beside();
        if (beside.split() != null) {
            Files.createDirectories(beside.split());
            for (String name : labels.names().values()) {
                LabelMap mask = new LabelMap(
                        labels.shape(), labels.geometry(), labels.mask(name), new TreeMap<>(Map.of(1, name)));
                LabelMaps.write(mask, artefacts.maskOf(name), WriteOptions.DEFAULT.withSource(scan.provenance()));
            }
        }
        if (beside.rtstruct() != null && scan.provenance() instanceof DicomSeries series) {
            DicomRtStructure.Options options = DicomRtStructure.Options.DEFAULT.withAlgorithm(
                    result.model().name() + " " + result.model().version());
            DicomRtStructure.write(labels, series, beside.rtstruct(), options);
        }
        if (beside.mesh() != null) {
            MeshFiles.write(labels, beside.mesh());
        }
        if (beside.colors() != null) {
            LabelTable.write(labels.names(), beside.colors());
        }
        if (beside.viewer() != null) {
            List<String> notes = Stream.concat(
                            result.warnings().stream().map(SegmentationWarning::message), scan.warnings().stream())
                    .toList();
            ViewerOptions options = ViewerOptions.DEFAULT
                    .withTitle(String.valueOf(scan.provenance().path().getFileName()))
                    .withNotes(notes);
            ViewerPage.write(scan.volume(), labels, options, beside.viewer());
        }
    }

    /** What was done and found. */
    static RunReport report(Scan scan, Segmentation result, Instant started, Map<String, Duration> timings)
            throws IOException {
        RunContext context = RunContext.ofThisProcess(started, timings);
        for (Map.Entry<String, String> library : Libraries.versions().entrySet()) {
            context = context.withSoftware(library.getKey(), library.getValue());
        }
        return RunReport.of(result, scan, InputChecksums.of(scan.provenance()), context);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.Stage;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.DicomSeries;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.parallel.Background;

/** Segments one scan and tells what was found. */
final class SegmentScan {

    private static final String SEGMENTING = "segmenting";

    private final Environment environment;
    private final EngineChoice engine;
    private final OutputOptions console;

    SegmentScan(Environment environment, EngineChoice engine, OutputOptions console) {
        this.environment = environment;
        this.engine = engine;
        this.console = console;
    }

    /**
     * Reads, segments, writes.
     *
     * @param series the series' name, null if there is but one
     * @param reading how the scan is read otherwise
     * @param results what becomes of the labels
     * @param reportToOutput whether the report is printed to standard output
     * @return the exit code
     */
    int run(
            Path input,
            String series,
            ReadOptions reading,
            ResultOptions results,
            Artefacts artefacts,
            boolean reportToOutput)
            throws IOException {
        Instant started = Instant.now();
        Clock clock = new Clock();
        ReadOptions options = series == null ? reading : reading.withSeries(series);
        Scan scan;
        Segmentation result;
        OrganNames organs;
        try (Progress progress = Progress.ofScan(environment.terminal() && !console.isQuiet())) {
            progress.message("reading");
            // Reading a scan takes one core; the model is loaded beside it.
            Background<Segmenter> loading =
                    Background.start(() -> environment.segmenters().load(engine));
            try {
                scan = Volumes.open(input, options);
                requireSeries(input, scan, series);
                ResultWriter.requireSource(artefacts, scan);
                makeFolders(artefacts);
            } catch (IOException | RuntimeException | Error e) {
                loading.abandon(Segmenter::close);
                throw e;
            }
            clock.lap("reading");
            progress.message("loading the model");
            try (Segmenter segmenter = loading.join(RuntimeException.class)) {
                clock.lap("loading the model");
                if (console.isVerbose()) {
                    console.note(segmenter.describe());
                }
                results.requireOrgans(segmenter.labels());
                organs = results.names(segmenter.labels());
                console.requireApart(artefacts.files(organs).stream());
                ProbabilityFiles probabilities = new ProbabilityFiles(artefacts, organs.probabilities());
                result = results.applied(scan.volume(), segment(segmenter, input, scan, probabilities, progress));
            }
            clock.lap(SEGMENTING);
            progress.message("writing");
            new ResultWriter(artefacts).write(scan, result, started, clock.laps());
            clock.lap("writing");
        }
        if (reportToOutput) {
            console.result(ResultWriter.report(scan, result, started, clock.laps())
                    .toJson()
                    .stripTrailing());
        }
        Findings.table(result).forEach(console::say);
        scan.warnings().forEach(w -> console.note("note: " + w));
        result.warnings().stream().map(SegmentationWarning::message).forEach(w -> console.note("warning: " + w));
        console.say(
                clock + ", " + result.engine() + " " + result.precision().name().toLowerCase(Locale.ROOT));
        if (console.isVerbose()) {
            console.note(stages(result));
        }
        artefacts.files(organs).forEach(file -> console.say("wrote " + file));
        return ExitCodes.OK;
    }

    private Segmentation segment(
            Segmenter segmenter, Path input, Scan scan, ProbabilityFiles probabilities, Progress progress)
            throws IOException {
        try {
            return probabilities.segment(segmenter, scan, progress.listener(), environment.cancellation());
        } catch (SegmentationCancelledException e) {
            throw e;
        } catch (SegmentationException e) {
            // It knows the volume, not the file.
            throw new SegmentationException(input + ": " + e.getMessage(), e);
        }
    }

    private static void requireSeries(Path input, Scan scan, String series) throws IOException {
        if (series != null && !(scan.provenance() instanceof DicomSeries)) {
            throw new IOException(
                    input + ": is " + scan.provenance().format() + ", which has no series; leave --series out");
        }
    }

    /** Makes the outputs' folders before the work, so that it is not done in vain. */
    private static void makeFolders(Artefacts artefacts) throws IOException {
        for (Path file : artefacts.files()) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
    }

    private static String stages(Segmentation result) {
        return result.timings().entrySet().stream()
                .map(e -> stage(e.getKey(), e.getValue()))
                .collect(Collectors.joining(", ", "stages: ", ""));
    }

    private static String stage(Stage stage, Duration time) {
        return String.format(Locale.ROOT, "%s %.2f s", stage.label(), time.toNanos() / 1e9);
    }

    /** Notes how long each part took. */
    private static final class Clock {

        private final Map<String, Duration> laps = new LinkedHashMap<>();
        private final long begin = System.nanoTime();
        private long last = begin;

        void lap(String part) {
            long now = System.nanoTime();
            laps.put(part, Duration.ofNanos(now - last));
            last = now;
        }

        /** What surrounds the network; the result itself knows of its stages. */
        Map<String, Duration> laps() {
            Map<String, Duration> around = new LinkedHashMap<>(laps);
            around.remove(SEGMENTING);
            return around;
        }

        @Override
        public String toString() {
            return "took " + seconds(Duration.ofNanos(last - begin)) + ": "
                    + laps.entrySet().stream()
                            .map(lap -> lap.getKey() + " " + seconds(lap.getValue()))
                            .collect(Collectors.joining(", "));
        }

        private static String seconds(Duration time) {
            return String.format(Locale.ROOT, "%.1f s", time.toNanos() / 1e9);
        }
    }
}

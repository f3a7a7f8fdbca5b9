// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.examples.batch.CaseBatch;
import org.efficientsegnet.examples.batch.OutputFolder;
import org.efficientsegnet.examples.batch.Summary;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.cases.CaseFinder;
import org.efficientsegnet.io.cases.CaseResult;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;

/** Segments many scans into a folder. */
final class SegmentFolder {

    /** The name of the table in the output folder. */
    static final String SUMMARY = "summary.csv";

    private final Environment environment;
    private final EngineChoice engine;
    private final OutputOptions console;

    SegmentFolder(Environment environment, EngineChoice engine, OutputOptions console) {
        this.environment = environment;
        this.engine = engine;
        this.console = console;
    }

    /**
     * Finds the cases, runs them, writes the summary.
     *
     * @param scans how scans are read
     * @param results what becomes of the labels
     * @param folders where the outputs go
     * @param ending of the label maps
     * @return the exit code
     */
    int run(
            List<Path> inputs,
            ScanOptions scans,
            ResultOptions results,
            Artefacts folders,
            String ending,
            int jobs,
            boolean redo)
            throws IOException {
        CaseFinder.Found found = new CaseFinder(CaseFinder.volumes(scans.reading())).find(inputs, folders.labels());
        if (found.cases().isEmpty()) {
            throw new IOException(inputs.get(0) + ": no scan was found there; scans are NIfTI, NRRD or MetaImage files"
                    + " and folders with DICOM files");
        }
        Path table = folders.labels().resolve(SUMMARY);
        ResultFiles named = new ResultFiles(folders, ending, OrganNames.UNKNOWN);
        requireNoneOverwritten(found.cases(), named, table);
        try (OutputFolder output = OutputFolder.open(folders.labels());
                Segmenter segmenter = environment.segmenters().load(engine)) {
            if (console.isVerbose()) {
                console.note(segmenter.describe());
            }
            results.requireOrgans(segmenter.labels());
            ResultFiles writer = named.withOrgans(results.names(segmenter.labels()));
            requireNoneOverwritten(found.cases(), writer, table);
            Map<String, String> settings = new LinkedHashMap<>(engine.settings());
            settings.put("model", segmenter.model().sha256());
            settings.putAll(scans.settings());
            settings.putAll(results.settings());
            CaseBatch batch = new CaseBatch(
                    batchCase -> read(batchCase, scans, writer),
                    (c, scan) -> results.applied(scan.volume(), segment(segmenter, c, scan, writer)),
                    writer,
                    new CaseBatch.Options(jobs, redo, settings));
            boolean bar = environment.terminal() && !console.isQuiet();
            List<CaseResult> ended;
            try (Progress progress = Progress.ofCases(bar, found.cases().size())) {
                ended = batch.run(found.cases(), output, environment.cancellation(), new Lines(progress, bar));
            }
            Summary summary = new Summary(ended);
            summary.writeCsv(table);
            console.say(summary.line()
                    + (found.passedOver() > 0 ? "; " + found.passedOver() + " other files passed over" : ""));
            console.say("wrote " + table);
            return code(summary);
        }
    }

    private static int code(Summary summary) {
        if (summary.count(CaseResult.Status.STOPPED) > 0) {
            return ExitCodes.STOPPED;
        }
        return summary.count(CaseResult.Status.FAILED) > 0 ? ExitCodes.FAILED : ExitCodes.OK;
    }

    private static Scan read(BatchCase batchCase, ScanOptions scans, ResultFiles writer) throws IOException {
        ReadOptions options =
                batchCase.series().map(scans.reading()::withSeries).orElse(scans.reading());
        Scan scan = Volumes.open(batchCase.input(), options);
        ResultWriter.requireSource(writer.artefactsOf(batchCase), scan);
        return scan;
    }

    private Segmentation segment(Segmenter segmenter, BatchCase batchCase, Scan scan, ResultFiles writer)
            throws IOException {
        return writer.probabilitiesOf(batchCase)
                .segment(segmenter, scan, ProgressListener.NONE, environment.cancellation());
    }

    /** That every output of every case is a file of its own, and none an input. */
    private void requireNoneOverwritten(List<BatchCase> cases, ResultFiles writer, Path table) throws IOException {
        console.requireApart(Stream.concat(
                Stream.of(table), cases.stream().flatMap(batchCase -> writer.outputsOf(batchCase).stream())));
        for (BatchCase batchCase : cases) {
            for (Path output : writer.outputsOf(batchCase)) {
                if (Files.exists(output) && Files.isSameFile(output, batchCase.input())) {
                    throw new IOException(output + " is an input and would be overwritten; give another folder to -o");
                }
            }
        }
    }

    /** Says a line a case; where there is a bar, only of those that failed. */
    private final class Lines implements CaseBatch.Listener {

        private final Progress progress;
        private final boolean bar;

        Lines(Progress progress, boolean bar) {
            this.progress = progress;
            this.bar = bar;
        }

        @Override
        public void started(BatchCase batchCase) {
            progress.message(batchCase.name());
        }

        @Override
        public void ended(CaseResult result, int done, int total) {
            progress.step();
            String counter = String.format(
                    Locale.ROOT, "[%d/%d] %s: ", done, total, result.batchCase().name());
            switch (result.status()) {
                case DONE ->
                    sayUnlessBar(String.format(Locale.ROOT, "%s%.1f s, ", counter, result.seconds())
                            + Findings.line(result));
                case KEPT -> sayUnlessBar(counter + "kept from an earlier run");
                case FAILED -> console.error((bar ? "\n" : "") + counter + "failed: " + result.error());
                case STOPPED -> sayUnlessBar(counter + "not done");
            }
        }

        private void sayUnlessBar(String line) {
            if (!bar) {
                console.say(line);
            }
        }
    }
}

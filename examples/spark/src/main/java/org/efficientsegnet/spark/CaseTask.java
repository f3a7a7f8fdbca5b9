// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmenterLoadException;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.cases.CaseFinder;
import org.efficientsegnet.io.cases.CaseFindings;
import org.efficientsegnet.io.cases.CaseState;
import org.efficientsegnet.io.cases.Explanation;
import org.efficientsegnet.io.cases.InputIdentity;
import org.efficientsegnet.io.cases.ScanNames;
import org.efficientsegnet.io.dicom.DicomSeries;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.spark.storage.Scratch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Works on the cases of one task, one after the other. */
final class CaseTask {

    private static final Logger LOG = LoggerFactory.getLogger(CaseTask.class);
    private static final String DICOM_ENDING = ".dcm";

    /** Among the versions: the run that made the result. */
    private static final String RUN = "run";

    private final BatchSettings settings;
    private final RemoteFiles files;
    private final CaseWork.Phase phase;
    private final Path output;
    private final CrashMarkers markers;

    private final List<String> rows = new ArrayList<>();
    private final List<ScanCase> postponed = new ArrayList<>();
    private final List<ScanCase> suspects = new ArrayList<>();
    private ExecutorSegmenter segmenter;

    CaseTask(BatchSettings settings, RemoteFiles files, CaseWork.Phase phase) throws IOException {
        this.settings = settings;
        this.files = files;
        this.phase = phase;
        this.output = files.path(settings.output());
        this.markers = new CrashMarkers(files, output, settings.run());
    }

    TaskReport run(List<ScanCase> cases) {
        String fatal = null;
        try {
            for (ScanCase scanCase : cases) {
                if (phase == CaseWork.Phase.ALONE) {
                    synchronized (CaseTask.class) {
                        work(scanCase);
                    }
                } else {
                    work(scanCase);
                }
            }
        } catch (SegmenterLoadException e) {
            LOG.error("no case can be done here", e);
            fatal = Explanation.of(e);
        } finally {
            if (segmenter != null) {
                segmenter.giveBack();
            }
        }
        return new TaskReport(rows, postponed, suspects, fatal);
    }

    private void work(ScanCase scanCase) {
        long start = System.nanoTime();
        try {
            RemoteFiles.Input input = files.look(scanCase.path());
            InputIdentity identity = input.identity(Optional.ofNullable(scanCase.series()));
            Optional<CaseState> earlier = state(scanCase.id());
            if (isKept(scanCase, input, identity, earlier)) {
                return;
            }
            if (!suspects.isEmpty()) {
                // An earlier attempt of this task was lost: one loss a task is enough, the others start anew.
                postponed.add(scanCase);
                return;
            }
            Optional<CaseWork.Phase> lost = markers.lostIn(scanCase.id());
            if (lost.isPresent() && phase == CaseWork.Phase.TOGETHER) {
                suspects.add(scanCase);
                return;
            }
            if (lost.equals(Optional.of(CaseWork.Phase.ALONE))) {
                markers.end(scanCase.id());
                add(
                        CaseRow.without(
                                scanCase,
                                CaseRow.CRASHED,
                                seconds(start),
                                scanCase.path()
                                        + ": the virtual machine ended twice while it worked on this case, the second"
                                        + " time on nothing else; the executor's log tells why, too little memory for instance"));
                return;
            }
            markers.begin(scanCase.id(), phase);
            try {
                workOn(scanCase, input, identity, start);
            } finally {
                markers.end(scanCase.id());
            }
        } catch (SegmenterLoadException e) {
            throw e;
        } catch (Exception | Error e) {
            // Errors too: a scan that does not fit into memory must not end the others.
            fail(scanCase, e, Explanation.of(e), start);
        }
    }

    private void fail(ScanCase scanCase, Throwable failure, String text, long start) {
        TaskContext task = TaskContext.get();
        if (failure instanceof SegmentationCancelledException
                || Thread.currentThread().isInterrupted()
                || task != null && task.isInterrupted()) {
            throw new IllegalStateException("stopped within " + scanCase.path(), failure);
        }
        if (Explanation.isForeseen(failure)) {
            LOG.info("{} failed: {}", scanCase.id(), text);
        } else {
            LOG.warn("{} failed", scanCase.id(), failure);
        }
        add(CaseRow.without(scanCase, CaseRow.FAILED, seconds(start), text));
    }

    private void add(CaseRow row) {
        rows.add(row.toJson());
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private Optional<CaseState> state(String id) throws IOException {
        return files.read(new Path(output, CaseState.placeOf(id)), CaseState.MOST_BYTES)
                .flatMap(CaseState::parse);
    }

    /** Adds the rows of a case that an earlier run finished, or nothing. */
    private boolean isKept(
            ScanCase scanCase, RemoteFiles.Input input, InputIdentity identity, Optional<CaseState> earlier)
            throws IOException {
        if (settings.redo() || earlier.isEmpty()) {
            return false;
        }
        CaseState state = earlier.get();
        if (state.volumes().isEmpty()) {
            if (!fits(scanCase.id(), state, identity)) {
                return false;
            }
            add(kept(scanCase, state));
            return true;
        }
        if (!state.fits(identity, settings.asked(), Map.of())) {
            return false;
        }
        List<CaseRow> kept = new ArrayList<>();
        for (String series : state.volumes()) {
            ScanCase volume = new ScanCase(scanCase.id() + "/" + series, scanCase.path(), series);
            Optional<CaseState> own = state(volume.id());
            if (own.isEmpty() || !fits(volume.id(), own.get(), input.identity(Optional.of(series)))) {
                return false;
            }
            kept.add(kept(volume, own.get()));
        }
        kept.forEach(this::add);
        return true;
    }

    private boolean fits(String id, CaseState state, InputIdentity identity) throws IOException {
        String name = id + settings.labelEnding();
        Optional<Long> size = files.size(new Path(output, name));
        return size.isPresent() && state.fits(identity, settings.asked(), Map.of(name, size.get()));
    }

    private CaseRow kept(ScanCase scanCase, CaseState state) {
        // An attempt that was lost afterwards may have done it in this very run.
        boolean now = settings.run().equals(state.findings().versions().get(RUN));
        String status = now ? CaseRow.DONE : CaseRow.KEPT;
        return CaseRow.of(scanCase, status, state.seconds(), state.findings(), outputs(scanCase.id()));
    }

    private List<String> outputs(String id) {
        return List.of(new Path(output, id + settings.labelEnding()).toString());
    }

    private void workOn(ScanCase scanCase, RemoteFiles.Input input, InputIdentity identity, long start)
            throws IOException {
        java.nio.file.Path room = Scratch.room("case");
        Places places = new Places(room.resolve("in"), input, room.resolve("out"), output.toString());
        try {
            java.nio.file.Path local = files.copy(input, places.in());
            double copying = seconds(start);
            List<BatchCase> volumes = volumes(scanCase, local);
            for (BatchCase volume : volumes) {
                ScanCase one = new ScanCase(
                        volume.name(), scanCase.path(), volume.series().orElse(scanCase.series()));
                long begin = volumes.size() == 1 ? start : System.nanoTime();
                try {
                    workOn(one, volume, input, places, copying, begin);
                } catch (SegmenterLoadException e) {
                    throw e;
                } catch (Exception | Error e) {
                    fail(one, e, places.named(Explanation.of(e)), begin);
                }
            }
            if (volumes.size() > 1) {
                List<String> names = volumes.stream()
                        .flatMap(volume -> volume.series().stream())
                        .toList();
                remember(
                        scanCase.id(),
                        new CaseState(
                                input.uri(),
                                identity,
                                settings.asked(),
                                Map.of(),
                                names,
                                seconds(start),
                                CaseFindings.NONE));
            }
        } finally {
            Scratch.deleteQuietly(room);
        }
    }

    /** A folder or an archive may hold several volumes, as for the program. */
    private List<BatchCase> volumes(ScanCase scanCase, java.nio.file.Path local) {
        boolean single = scanCase.series() != null
                || !Files.isDirectory(local)
                        && !ScanNames.isArchive(local.getFileName().toString());
        if (single) {
            return List.of(new BatchCase(scanCase.id(), local, Optional.ofNullable(scanCase.series())));
        }
        try {
            List<String> series = CaseFinder.volumes(settings.reading()).list(local);
            return CaseFinder.casesOf(local, scanCase.id(), series);
        } catch (IOException e) {
            // It fails when it is read, with this reason.
            return List.of(new BatchCase(scanCase.id(), local, Optional.empty()));
        }
    }

    private void workOn(
            ScanCase scanCase, BatchCase volume, RemoteFiles.Input input, Places places, double copying, long start)
            throws IOException {
        InputIdentity identity = input.identity(Optional.ofNullable(scanCase.series()));
        String name = scanCase.id() + settings.labelEnding();
        Path target = new Path(output, name);
        Optional<CaseState> earlier = state(scanCase.id());
        if (earlier.isPresent()) {
            if (!settings.redo() && earlier.get().volumes().isEmpty() && fits(scanCase.id(), earlier.get(), identity)) {
                add(kept(scanCase, earlier.get()));
                return;
            }
            // So that no earlier result stands beside an input that it was not made from.
            files.delete(new Path(output, CaseState.placeOf(scanCase.id())));
            files.delete(target);
        }
        long reading = System.nanoTime();
        ReadOptions options =
                volume.series().map(settings.reading()::withSeries).orElse(settings.reading());
        Scan scan = Volumes.open(volume.input(), options);
        requireSource(scan, scanCase);
        double read = seconds(reading);
        ExecutorSegmenter loaded = loaded();
        Segmentation result = loaded.segmenter().segment(scan.volume());
        long writing = System.nanoTime();
        java.nio.file.Path labels = places.out().resolve(name);
        Files.createDirectories(labels.getParent());
        WriteOptions write =
                WriteOptions.DEFAULT.withParallelism(settings.parallelism()).withSource(scan.provenance());
        LabelMaps.write(result.labels(), labels, write);
        long bytes = Files.size(labels);
        files.publish(target, labels);
        Files.delete(labels);
        CaseFindings found = places.named(CaseFindings.of(scan, result))
                .withTiming("copying", copying)
                .withTiming("reading", read)
                .withTiming("writing", seconds(writing))
                .withVersion("runs on", loaded.runsOn())
                .withVersion(RUN, settings.run());
        CaseState state = new CaseState(
                input.uri(), identity, settings.asked(), Map.of(name, bytes), List.of(), seconds(start), found);
        remember(scanCase.id(), state);
        add(CaseRow.of(scanCase, CaseRow.DONE, state.seconds(), found, outputs(scanCase.id())));
    }

    private void remember(String id, CaseState state) throws IOException {
        byte[] json = state.toJson();
        files.publish(new Path(output, CaseState.placeOf(id)), out -> out.write(json));
    }

    private ExecutorSegmenter loaded() {
        if (segmenter == null) {
            segmenter = ExecutorSegmenter.take(settings, files);
        }
        return segmenter;
    }

    private void requireSource(Scan scan, ScanCase scanCase) throws IOException {
        boolean dicom = settings.labelEnding().toLowerCase(Locale.ROOT).endsWith(DICOM_ENDING);
        if (dicom && !(scan.provenance() instanceof DicomSeries)) {
            throw new IOException(scanCase.path() + ": is " + scan.provenance().format() + ", and a DICOM segmentation"
                    + " object refers to the slices of a DICOM series; choose another ending, .nii.gz for instance");
        }
    }

    /**
     * Where a case lies on the local disk, and what its user calls those places.
     *
     * @param in what was copied
     * @param input what it was copied from
     * @param out what is written
     * @param output where that goes
     */
    private record Places(java.nio.file.Path in, RemoteFiles.Input input, java.nio.file.Path out, String output) {

        /** A message that names the user's files. */
        String named(String message) {
            return message.replace(in.resolve(input.name()).toString(), input.uri())
                    .replace(in + "/", input.parent())
                    .replace(out.toString(), output);
        }

        CaseFindings named(CaseFindings findings) {
            return findings.withTexts(this::named);
        }
    }
}

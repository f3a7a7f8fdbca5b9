// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.batch;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.cases.CaseFindings;
import org.efficientsegnet.io.cases.CaseResult;
import org.efficientsegnet.io.cases.CaseState;
import org.efficientsegnet.io.cases.Explanation;
import org.efficientsegnet.io.cases.InputIdentity;
import org.efficientsegnet.io.format.Scan;

/**
 * Runs many cases through one segmenting function, several in flight: while one is with the networks, others are read
 * or written. A thread takes a case all the way, so that no more scans are in memory than there are threads.
 *
 * <p>A case that fails is noted and the batch goes on. When the last output of a case is written, so is its {@link
 * CaseState}; a later run keeps such cases and does the others, whatever ended the earlier one.
 */
public final class CaseBatch {

    private static final Logger LOG = System.getLogger(CaseBatch.class.getName());

    private final Reader reader;
    private final Segmenting segmenting;
    private final Writer writer;
    private final Options options;

    /**
     * @param reader reads a case's scan
     * @param segmenting called by several threads at once
     * @param writer writes a case's outputs
     * @param options how the batch runs
     */
    public CaseBatch(Reader reader, Segmenting segmenting, Writer writer, Options options) {
        this.reader = reader;
        this.segmenting = segmenting;
        this.writer = writer;
        this.options = options;
    }

    /** Reads scans. Called by several threads at once. */
    @FunctionalInterface
    public interface Reader {
        /**
         * Reads a case's scan.
         *
         * @throws IOException if it cannot be read
         */
        Scan read(BatchCase batchCase) throws IOException;
    }

    /** Segments scans. Called by several threads at once. */
    @FunctionalInterface
    public interface Segmenting {
        /**
         * Segments a scan.
         *
         * @param batchCase whose scan it is
         * @throws SegmentationCancelledException if the batch is being stopped
         * @throws IOException if a file that is written meanwhile cannot be
         */
        Segmentation segment(BatchCase batchCase, Scan scan) throws IOException;
    }

    /** Writes results. Called by several threads at once. */
    public interface Writer {
        /** The files that a case's result is made of. */
        List<Path> outputsOf(BatchCase batchCase);

        /**
         * Writes those files, each whole or not at all.
         *
         * @param started when the case was taken up
         * @param reading how long reading it took
         * @throws IOException if one cannot be written
         */
        void write(BatchCase batchCase, Scan scan, Segmentation result, Instant started, Duration reading)
                throws IOException;
    }

    /** Is told what happens; one call at a time. */
    public interface Listener {
        /** A case has been taken up. */
        default void started(BatchCase batchCase) {}

        /**
         * A case has ended.
         *
         * @param result how
         * @param done how many have ended, this one among them
         * @param total how many there are
         */
        void ended(CaseResult result, int done, int total);
    }

    /**
     * How a batch runs.
     *
     * @param jobs how many cases are in flight, at least 1
     * @param redo whether cases are done again that an earlier run finished
     * @param settings the model and everything else that changes the results; cases that an earlier run finished with
     *     other ones are done again
     */
    public record Options(int jobs, boolean redo, Map<String, String> settings) {
        /** @throws IllegalArgumentException if no case may be in flight */
        public Options {
            if (jobs < 1) {
                throw new IllegalArgumentException("at least one case must be in flight, not " + jobs);
            }
            settings = Map.copyOf(settings);
        }
    }

    /**
     * Runs the cases.
     *
     * @param folder where the results go
     * @param cancellation stops the batch: cases in flight end at their next step, the others are not begun
     * @return what became of each case, in their order
     */
    public List<CaseResult> run(
            List<BatchCase> cases, OutputFolder folder, CancellationToken cancellation, Listener listener) {
        CaseResult[] results = new CaseResult[cases.size()];
        AtomicInteger next = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        Runnable worker = () -> {
            for (int i; (i = next.getAndIncrement()) < results.length; ) {
                BatchCase batchCase = cases.get(i);
                synchronized (listener) {
                    listener.started(batchCase);
                }
                results[i] = run(batchCase, folder, cancellation);
                synchronized (listener) {
                    listener.ended(results[i], done.incrementAndGet(), results.length);
                }
            }
        };
        runOnThreads(worker, Math.min(options.jobs(), cases.size()), cancellation);
        return Arrays.asList(results);
    }

    private static void runOnThreads(Runnable worker, int threads, CancellationToken cancellation) {
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Thread thread = new Thread(worker, "efficientsegnet-case-" + (t + 1));
            thread.start();
            running.add(thread);
        }
        boolean interrupted = false;
        for (Thread thread : running) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    cancellation.cancel();
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private CaseResult run(BatchCase batchCase, OutputFolder folder, CancellationToken cancellation) {
        if (cancellation.isCancelled()) {
            return CaseResult.stopped(batchCase);
        }
        Instant started = Instant.now();
        long start = System.nanoTime();
        try {
            InputIdentity identity = InputIdentity.of(batchCase);
            Optional<CaseState> earlier = CaseState.read(folder.stateOf(batchCase));
            List<Path> outputs = writer.outputsOf(batchCase);
            if (earlier.isPresent()
                    && !options.redo()
                    && outputs.stream().allMatch(Files::isRegularFile)
                    && earlier.get().fits(identity, options.settings(), folder.sizes(outputs))) {
                return ended(batchCase, CaseResult.Status.KEPT, earlier.get());
            }
            if (earlier.isPresent()) {
                forget(batchCase, outputs, folder);
            }
            for (Path output : outputs) {
                AtomicOutput.checkName(output);
            }
            AtomicOutput.checkName(folder.stateOf(batchCase));
            Scan scan = reader.read(batchCase);
            Duration reading = Duration.ofNanos(System.nanoTime() - start);
            Segmentation result = segmenting.segment(batchCase, scan);
            writer.write(batchCase, scan, result, started, reading);
            CaseState state = new CaseState(
                    batchCase.input().toString(),
                    identity,
                    options.settings(),
                    folder.sizes(outputs),
                    List.of(),
                    (System.nanoTime() - start) / 1e9,
                    CaseFindings.of(scan, result).withTiming("reading", reading.toNanos() / 1e9));
            state.write(folder.stateOf(batchCase));
            return ended(batchCase, CaseResult.Status.DONE, state);
        } catch (SegmentationCancelledException e) {
            return CaseResult.stopped(batchCase);
        } catch (Exception | Error e) {
            // Errors too: a scan that does not fit into memory must not end the others.
            LOG.log(
                    Explanation.isForeseen(e) ? Level.DEBUG : Level.WARNING,
                    batchCase.input().toString(),
                    e);
            return CaseResult.failed(batchCase, (System.nanoTime() - start) / 1e9, Explanation.of(e));
        }
    }

    /** Takes an earlier result away, so that none stands beside an input that it was not made from. */
    private static void forget(BatchCase batchCase, List<Path> outputs, OutputFolder folder) throws IOException {
        Files.deleteIfExists(folder.stateOf(batchCase));
        for (Path output : outputs) {
            Files.deleteIfExists(output);
        }
    }

    private static CaseResult ended(BatchCase batchCase, CaseResult.Status status, CaseState state) {
        CaseFindings findings = state.findings();
        return new CaseResult(batchCase, status, state.seconds(), findings.volumesMl(), findings.doubts(), "");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.Stage;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.cases.CaseResult;
import org.efficientsegnet.io.cases.CaseResult.Status;
import org.efficientsegnet.io.format.Provenance;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The batch without files to read and without networks. */
class CaseBatchTest {

    private static final Shape SHAPE = Shape.cube(2);
    private static final Geometry GEOMETRY = Geometry.of(Orientation.of("RAS"), 1, 1, 1);

    @TempDir
    Path folder;

    private record FromNowhere(Path path) implements Provenance {
        @Override
        public String format() {
            return "nothing";
        }

        @Override
        public List<Path> files() {
            return List.of(path);
        }
    }

    private final class OneFile implements CaseBatch.Writer {
        @Override
        public List<Path> outputsOf(BatchCase batchCase) {
            return List.of(folder.resolve("out").resolve(batchCase.name()));
        }

        @Override
        public void write(BatchCase batchCase, Scan scan, Segmentation result, Instant started, Duration reading)
                throws IOException {
            Files.writeString(outputsOf(batchCase).get(0), "result");
        }
    }

    private static Scan scan(BatchCase batchCase) {
        return new Scan(
                Volume.ofHu(SHAPE, GEOMETRY, new short[8]), new FromNowhere(batchCase.input()), List.of("a note"));
    }

    private static Segmentation empty() {
        return new Segmentation(
                LabelMap.of(SHAPE, GEOMETRY, new byte[8]),
                List.of(),
                Optional.empty(),
                Map.of(Stage.COARSE_NETWORK, Duration.ZERO),
                List.of(),
                new ModelIdentity("none", "0", ""),
                "none",
                Precision.FP32);
    }

    private List<BatchCase> cases(int n) throws IOException {
        List<BatchCase> cases = new ArrayList<>();
        for (int i : IntStream.range(0, n).toArray()) {
            Path input = Files.write(folder.resolve("in" + i), new byte[i]);
            cases.add(new BatchCase("case" + i, input, Optional.empty()));
        }
        return cases;
    }

    private List<CaseResult> run(
            int n, int jobs, CaseBatch.Reader reader, CaseBatch.Segmenting segmenting, CancellationToken cancellation)
            throws IOException {
        CaseBatch batch =
                new CaseBatch(reader, segmenting, new OneFile(), new CaseBatch.Options(jobs, false, Map.of()));
        try (OutputFolder output = OutputFolder.open(folder.resolve("out"))) {
            return batch.run(cases(n), output, cancellation, (result, done, total) -> {});
        }
    }

    @Test
    void noMoreCasesAreInFlightThanJobs() throws IOException {
        AtomicInteger inFlight = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<CaseResult> results = run(
                12,
                3,
                c -> {
                    most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                    return scan(c);
                },
                (c, scan) -> {
                    pause();
                    inFlight.decrementAndGet();
                    return empty();
                },
                new CancellationToken());
        assertTrue(results.stream().allMatch(r -> r.status() == Status.DONE));
        assertEquals(3, most.get());
        assertEquals(List.of("a note"), results.get(0).warnings());
    }

    @Test
    void everyKindOfFailureIsThatCasesOwn() throws IOException {
        List<CaseResult> results = run(
                5,
                2,
                c -> {
                    if (c.name().equals("case1")) {
                        throw new IOException("disk on fire");
                    }
                    return scan(c);
                },
                (c, scan) -> switch (c.name()) {
                    case "case0" -> throw new SegmentationException("too flat");
                    case "case2" -> throw new IllegalStateException("a defect");
                    case "case3" -> throw new OutOfMemoryError("Java heap space");
                    default -> empty();
                },
                new CancellationToken());
        assertEquals(
                List.of(Status.FAILED, Status.FAILED, Status.FAILED, Status.FAILED, Status.DONE),
                results.stream().map(CaseResult::status).toList());
        assertEquals("too flat", results.get(0).error());
        assertEquals("disk on fire", results.get(1).error());
        assertTrue(results.get(2).error().contains("unexpected IllegalStateException: a defect"));
        assertTrue(results.get(3).error().contains("-Xmx"));
    }

    @Test
    void cancelledBatchEndsWithoutBeginningMore() throws IOException {
        CancellationToken cancellation = new CancellationToken();
        List<CaseResult> results = run(
                6,
                1,
                CaseBatchTest::scan,
                (c, scan) -> {
                    if (c.name().equals("case2")) {
                        cancellation.cancel();
                        cancellation.check("the network");
                    }
                    return empty();
                },
                cancellation);
        assertEquals(
                List.of(Status.DONE, Status.DONE, Status.STOPPED, Status.STOPPED, Status.STOPPED, Status.STOPPED),
                results.stream().map(CaseResult::status).toList());
    }

    @Test
    void aDamagedStateIsNoState() throws IOException {
        run(2, 1, CaseBatchTest::scan, (c, scan) -> empty(), new CancellationToken());
        Path state = folder.resolve("out/.efficientsegnet/state/case0.json");
        Files.writeString(state, "{\"input\": 3");
        List<CaseResult> results = run(2, 1, CaseBatchTest::scan, (c, scan) -> empty(), new CancellationToken());
        // The inputs were written anew with the same size; a coarse clock may give them the same time.
        assertEquals(Status.DONE, results.get(0).status());
    }

    private static void pause() {
        try {
            Thread.sleep(30);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

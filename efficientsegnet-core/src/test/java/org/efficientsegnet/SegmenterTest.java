// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.ProbabilityMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pipeline around networks whose answer is known by arithmetic. */
class SegmenterTest {

    /** A body of 0 HU in air with bone (to reach the window's upper end) and four organs, axes RAS, 3 mm. */
    private static final Shape SHAPE = new Shape(50, 44, 60);

    private static final Box[] ORGANS = {
        new Box(20, 12, 34, 34, 28, 48),
        new Box(12, 8, 14, 22, 16, 24),
        new Box(24, 14, 10, 34, 24, 20),
        new Box(18, 20, 22, 25, 27, 32)
    };

    private static short[] scan() {
        short[] hu = new short[SHAPE.arrayLength()];
        Arrays.fill(hu, (short) -1000);
        fill(hu, new Box(2, 3, 4, 48, 41, 56), 0);
        fill(hu, new Box(2, 3, 28, 48, 6, 32), 800);
        fill(hu, new Box(4, 30, 28, 12, 36, 34), -900);
        for (int organ = 0; organ < ORGANS.length; organ++) {
            fill(hu, ORGANS[organ], ArithmeticEngine.huOfLabel(organ + 1));
        }
        return hu;
    }

    private static void fill(short[] hu, Box box, int value) {
        for (int z = box.z0(); z < box.z1(); z++) {
            for (int y = box.y0(); y < box.y1(); y++) {
                Arrays.fill(hu, SHAPE.index(z, y, box.x0()), SHAPE.index(z, y, box.x1() - 1) + 1, (short) value);
            }
        }
    }

    private static Volume volume() {
        return Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), scan());
    }

    private record Bundle(NetworkModel coarse, NetworkModel fine, PipelineSpec pipeline) implements ModelBundle {
        @Override
        public ModelIdentity identity() {
            return new ModelIdentity("arithmetic", "1", "0".repeat(64));
        }
    }

    private static ModelBundle bundle(int classes) {
        return bundle(classes, new Shape(48, 40, 56), 60);
    }

    /** A fine network that sees every voxel as it is. */
    private static ModelBundle exact(int classes) {
        return bundle(classes, SHAPE, 1000);
    }

    private static ModelBundle bundle(int classes, Shape fineSize, double marginMm) {
        List<String> names =
                IntStream.rangeClosed(1, classes).mapToObj(i -> "organ" + i).toList();
        List<Integer> keep = IntStream.range(0, classes).mapToObj(i -> 1).toList();
        return new Bundle(
                new ArithmeticEngine.Model("coarse", Shape.cube(32), classes),
                new ArithmeticEngine.Model("fine", fineSize, classes),
                new PipelineSpec(names, Orientation.RAS, -325, 325, 1e-5, 0.5, marginMm, keep, 1000, 2000));
    }

    private static Segmenter.Builder builder() {
        return Segmenter.builder().model(bundle(4)).engine("arithmetic").threads(2);
    }

    private static double dice(byte[] labels, int label, Box box) {
        long both = 0;
        long sum = box.shape().voxels();
        for (int z = 0; z < SHAPE.z(); z++) {
            for (int y = 0; y < SHAPE.y(); y++) {
                for (int x = 0; x < SHAPE.x(); x++) {
                    if (labels[SHAPE.index(z, y, x)] == label) {
                        sum++;
                        both += z >= box.z0()
                                        && z < box.z1()
                                        && y >= box.y0()
                                        && y < box.y1()
                                        && x >= box.x0()
                                        && x < box.x1()
                                ? 1
                                : 0;
                    }
                }
            }
        }
        return 2.0 * both / sum;
    }

    @Test
    void probabilityMapsLieOnTheScansGridWhateverItsOrientation() {
        Volume ras = volume();
        Orientation turned = Orientation.of("ALI");
        Layout layout = ras.oriented(turned);
        Shape shape = layout.shape();
        short[] hu = scan();
        short[] values = new short[hu.length];
        Layout own = Layout.contiguous(shape);
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    values[own.index(z, y, x)] = hu[layout.index(z, y, x)];
                }
            }
        }
        Volume scan = Volume.ofHu(shape, ras.geometry().reorient(ras.shape(), turned), values);
        List<ProbabilityMap> maps = new ArrayList<>();
        try (Segmenter segmenter = builder().model(exact(4)).build()) {
            Segmentation result = segmenter.segment(scan, ProgressListener.NONE, new CancellationToken(), maps::add);
            assertEquals(
                    List.of("organ1", "organ2", "organ3", "organ4"),
                    maps.stream().map(ProbabilityMap::name).toList());
            for (ProbabilityMap map : maps) {
                assertEquals(scan.geometry(), map.geometry());
                for (int v = 0; v < values.length; v++) {
                    double logit = 20
                            - Math.abs(
                                    Math.max(-325, Math.min(325, values[v])) - ArithmeticEngine.huOfLabel(map.label()));
                    assertEquals(
                            255 / (1 + Math.exp(-logit)), map.values()[v] & 0xff, 0.51, map.name() + ", voxel " + v);
                }
            }
            assertArrayEquals(
                    segmenter.segment(scan).labels().labels(), result.labels().labels());
        }
    }

    @Test
    void probabilityMapsOfAScanWithoutOrgansAreZeroAndTheReceiverMayStopTheRun() {
        short[] air = new short[SHAPE.arrayLength()];
        Arrays.fill(air, (short) -1000);
        Volume empty = Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), air);
        List<ProbabilityMap> maps = new ArrayList<>();
        try (Segmenter segmenter = builder().build()) {
            segmenter.segment(empty, ProgressListener.NONE, new CancellationToken(), maps::add);
            assertEquals(4, maps.size());
            assertArrayEquals(new byte[SHAPE.arrayLength()], maps.get(3).values());
            assertThrows(
                    IllegalStateException.class,
                    () -> segmenter.segment(volume(), ProgressListener.NONE, new CancellationToken(), map -> {
                        throw new IllegalStateException("the disk is full");
                    }));
            assertEquals(4, segmenter.segment(volume()).organs().size(), "it runs again");
        }
    }

    @Test
    void findsTheOrgansWhereTheyAre() {
        try (Segmenter segmenter = builder().model(exact(4)).build()) {
            Segmentation result = segmenter.segment(volume());
            for (int organ = 0; organ < ORGANS.length; organ++) {
                assertEquals(1, dice(result.labels().labels(), organ + 1, ORGANS[organ]), "organ " + (organ + 1));
            }
            double expected = ORGANS[0].shape().voxels() * 27 / 1000.0;
            assertEquals(expected, result.organ("organ1").volumeMl(), 1e-9);
            assertEquals(50, result.organ("organ1").meanHu(), 1e-9);
            assertEquals(List.of("organ1", "organ2", "organ3", "organ4"), segmenter.labels());
            assertEquals(Stage.values().length, result.timings().size());
            assertEquals(List.of(), result.warnings());
            assertTrue(segmenter.describe().contains("arithmetic"));
        }
    }

    /** Of which a z-score makes zeros, and a network anything: one value, noise below the window, noise above it. */
    @ParameterizedTest
    @CsvSource({"40, 0", "-1024, 0", "-1024, 30", "400, 100"})
    void nothingIsFoundWhereNothingIsToBeSeen(int value, int noise) {
        short[] hu = new short[SHAPE.arrayLength()];
        for (int i = 0; i < hu.length; i++) {
            hu[i] = (short) (value + i % (noise + 1));
        }
        try (Segmenter segmenter = builder().build()) {
            Segmentation result = segmenter.segment(Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), hu));
            assertArrayEquals(new byte[hu.length], result.labels().labels());
            assertTrue(result.region().isEmpty());
            assertEquals(
                    List.of(SegmentationWarning.Kind.NOT_HOUNSFIELD, SegmentationWarning.Kind.NOTHING_FOUND),
                    result.warnings().stream().map(SegmentationWarning::kind).toList());
        }
    }

    static Stream<Orientation> orientations() {
        return Orientation.all().stream();
    }

    @ParameterizedTest
    @MethodSource("orientations")
    void anyOrientationGivesTheSameLabels(Orientation orientation) {
        try (Segmenter segmenter = builder().build()) {
            Segmentation expected = segmenter.segment(volume());

            Layout turned = Layout.contiguous(SHAPE).reorient(Orientation.RAS, orientation);
            short[] source = scan();
            short[] hu = new short[source.length];
            int i = 0;
            for (int z = 0; z < turned.shape().z(); z++) {
                for (int y = 0; y < turned.shape().y(); y++) {
                    for (int x = 0; x < turned.shape().x(); x++) {
                        hu[i++] = source[turned.index(z, y, x)];
                    }
                }
            }
            Geometry geometry = Geometry.of(Orientation.RAS, 3, 3, 3).reorient(SHAPE, orientation);
            Segmentation result = segmenter.segment(Volume.ofHu(turned.shape(), geometry, hu));

            byte[] back = new byte[hu.length];
            Layout own = result.labels().oriented(Orientation.RAS);
            i = 0;
            for (int z = 0; z < SHAPE.z(); z++) {
                for (int y = 0; y < SHAPE.y(); y++) {
                    for (int x = 0; x < SHAPE.x(); x++) {
                        back[i++] = result.labels().labels()[own.index(z, y, x)];
                    }
                }
            }
            assertArrayEquals(expected.labels().labels(), back);
            assertEquals(geometry, result.labels().geometry());
            Box region = result.region().orElseThrow();
            assertEquals(
                    expected.region().orElseThrow(), region.reorient(turned.shape(), orientation, Orientation.RAS));
        }
    }

    @Test
    void anObliqueHeaderChangesNothingButTheHeader() {
        double a = Math.toRadians(12);
        Geometry oblique = Geometry.ofAffine(
                3 * Math.cos(a), -3 * Math.sin(a), 0, -40, 3 * Math.sin(a), 3 * Math.cos(a), 0, 17, 0, 0, 3, 5);
        try (Segmenter segmenter = builder().build()) {
            Segmentation straight = segmenter.segment(volume());
            Segmentation turned = segmenter.segment(Volume.ofHu(SHAPE, oblique, scan()));
            assertArrayEquals(straight.labels().labels(), turned.labels().labels());
            assertEquals(oblique, turned.labels().geometry());
            assertTrue(turned.warnings().stream().anyMatch(w -> w.kind() == SegmentationWarning.Kind.OBLIQUE));
        }
    }

    @Test
    void moreClassesThanBitsInAByte() {
        try (Segmenter segmenter = builder().model(exact(11)).build()) {
            Segmentation result = segmenter.segment(volume());
            assertEquals(11, result.organs().size());
            for (int organ = 0; organ < ORGANS.length; organ++) {
                assertEquals(1, dice(result.labels().labels(), organ + 1, ORGANS[organ]));
            }
            short[] hu = scan();
            fill(hu, ORGANS[0], ArithmeticEngine.huOfLabel(9));
            Segmentation ninth = segmenter.segment(Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), hu));
            assertEquals(1, dice(ninth.labels().labels(), 9, ORGANS[0]));
        }
    }

    @Test
    void airAloneIsEmptyAndSaysSo() {
        short[] hu = new short[SHAPE.arrayLength()];
        Arrays.fill(hu, (short) -1000);
        try (Segmenter segmenter = builder().build()) {
            Segmentation result = segmenter.segment(Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), hu));
            for (byte label : result.labels().labels()) {
                assertEquals(0, label);
            }
            assertTrue(result.region().isEmpty());
            assertTrue(
                    kinds(result).contains(SegmentationWarning.Kind.NOTHING_FOUND),
                    kinds(result).toString());
            assertEquals(0, result.organ("organ1").volumeMl());
        }
    }

    @Test
    void missingInterceptIsNoticed() {
        short[] stored = scan();
        for (int i = 0; i < stored.length; i++) {
            stored[i] = (short) (stored[i] + 1024);
        }
        try (Segmenter segmenter = builder().build()) {
            Segmentation result = segmenter.segment(Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), stored));
            assertTrue(kinds(result).contains(SegmentationWarning.Kind.NOT_HOUNSFIELD));
        }
    }

    @Test
    void anOrganAtTheEndOfTheScanIsCalledCutOff() {
        short[] hu = scan();
        fill(hu, new Box(20, 12, 34, 50, 28, 48), 50);
        try (Segmenter segmenter = builder().build()) {
            Segmentation result = segmenter.segment(Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), hu));
            String message = result.warnings().stream()
                    .filter(w -> w.kind() == SegmentationWarning.Kind.ORGAN_CUT_OFF)
                    .map(SegmentationWarning::message)
                    .reduce("", String::concat);
            assertTrue(message.contains("organ1") && message.contains("reaches the superior end of"), message);
            fill(hu, new Box(20, 0, 0, 50, 28, 60), 50);
            Segmentation wide = segmenter.segment(Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), hu));
            assertTrue(
                    wide.warnings().toString().contains("reaches the left, posterior, right and superior ends of"),
                    wide.warnings().toString());
        }
    }

    @Test
    void progressNeverFallsAndEndsAtOne() {
        List<Double> fractions = new ArrayList<>();
        List<Stage> stages = new ArrayList<>();
        try (Segmenter segmenter = builder().build()) {
            segmenter.segment(volume(), (stage, fraction) -> {
                stages.add(stage);
                fractions.add(fraction);
            });
        }
        for (int i = 1; i < fractions.size(); i++) {
            assertTrue(fractions.get(i) >= fractions.get(i - 1), fractions.toString());
        }
        assertEquals(1.0, fractions.get(fractions.size() - 1));
        assertEquals(Arrays.asList(Stage.values()), stages.stream().distinct().toList());
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void cancelsBeforeAnyStage(Stage at) {
        CancellationToken token = new CancellationToken();
        AtomicReference<Stage> last = new AtomicReference<>();
        try (Segmenter segmenter = builder().build()) {
            ProgressListener cancelling = (stage, fraction) -> {
                last.set(stage);
                if (stage == at) {
                    token.cancel();
                }
            };
            Volume volume = volume();
            if (at == Stage.STATISTICS) {
                // Nothing comes after the last stage: the run ends well.
                segmenter.segment(volume, cancelling, token);
            } else {
                assertThrows(SegmentationCancelledException.class, () -> segmenter.segment(volume, cancelling, token));
            }
            assertEquals(at, last.get());
        }
    }

    @Test
    void settingsReachEngineAndListener() {
        List<Stage> seen = new ArrayList<>();
        try (Segmenter segmenter = builder()
                .precision(Precision.FP32)
                .threads(3)
                .concurrency(EngineOptions.Concurrency.SIDE_BY_SIDE)
                .releaseMemory(true)
                .progress((stage, fraction) -> seen.add(stage))
                .build()) {
            assertEquals(
                    new EngineOptions(Precision.FP32, 3, EngineOptions.Concurrency.SIDE_BY_SIDE, true),
                    ArithmeticEngine.OPTIONS.get());
            segmenter.segment(volume());
            assertTrue(seen.containsAll(List.of(Stage.COARSE_NETWORK, Stage.FINE_NETWORK)), seen::toString);
            seen.clear();
            segmenter.segment(volume(), (stage, fraction) -> {}, new CancellationToken());
            assertEquals(List.of(), seen, "a run with a listener of its own");
        }
    }

    @Test
    void anInterruptStopsTheRunAndStaysSet() {
        try (Segmenter segmenter = builder().build()) {
            Thread.currentThread().interrupt();
            assertThrows(SegmentationCancelledException.class, () -> segmenter.segment(volume()));
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void cancellingTheFutureStopsTheRun() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        List<Stage> seen = new ArrayList<>();
        try (Segmenter segmenter = builder().build()) {
            CompletableFuture<Segmentation> future = segmenter.segmentAsync(volume(), (stage, fraction) -> {
                seen.add(stage);
                begun.countDown();
                try {
                    go.await(10, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            assertTrue(begun.await(10, TimeUnit.SECONDS));
            future.cancel(true);
            go.countDown();
            assertThrows(CancellationException.class, future::get);
        }
        assertEquals(List.of(Stage.COARSE_PREPARE), seen);
    }

    @Test
    void progressGoesOnThroughGroupsOfClasses() {
        List<Double> fractions = new ArrayList<>();
        List<String> events = new ArrayList<>();
        try (Segmenter segmenter = builder().model(exact(20)).build()) {
            segmenter.segment(volume(), (stage, fraction) -> {
                fractions.add(fraction);
                events.add(stage + " " + fraction);
            });
        }
        assertEquals(fractions.stream().sorted().toList(), fractions);
        // Three groups of classes: each begins to be restored later than the one before.
        List<Double> restored = IntStream.range(0, events.size())
                .filter(i -> events.get(i).startsWith("RESTORE"))
                .mapToObj(fractions::get)
                .toList();
        assertEquals(3, restored.stream().distinct().count(), events.toString());
        assertEquals(Stage.RESTORE.begins(), restored.get(0));
    }

    @Test
    void stepsOfANetworkMoveTheProgressByTheirShare() {
        List<Double> within = new ArrayList<>();
        try (Segmenter segmenter = builder().build()) {
            segmenter.segment(volume(), (stage, fraction) -> {
                if (stage == Stage.FINE_NETWORK) {
                    within.add(fraction);
                }
            });
        }
        double share = Stage.RESTORE.begins() - Stage.FINE_NETWORK.begins();
        assertEquals(Stage.FINE_NETWORK.begins(), within.get(0));
        assertEquals(Stage.FINE_NETWORK.begins() + share / 4, within.get(1), 1e-12);
        assertEquals(Stage.RESTORE.begins(), within.get(within.size() - 1), 1e-12);
    }

    @Test
    void closingLetsAcceptedRunsEnd() {
        for (int i = 0; i < 50; i++) {
            Segmenter segmenter = builder().build();
            List<CompletableFuture<Segmentation>> accepted = IntStream.range(0, 3)
                    .mapToObj(n -> segmenter.segmentAsync(volume()))
                    .toList();
            segmenter.close();
            accepted.forEach(future -> assertEquals(4, future.join().organs().size()));
        }
    }

    @Test
    void whoeverEndsTheFutureEndsTheRun() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        List<Stage> seen = new ArrayList<>();
        try (Segmenter segmenter = builder().build()) {
            CompletableFuture<Segmentation> future = segmenter.segmentAsync(volume(), (stage, fraction) -> {
                seen.add(stage);
                begun.countDown();
                awaitQuietly(go);
            });
            assertTrue(begun.await(10, TimeUnit.SECONDS));
            future.orTimeout(1, TimeUnit.MILLISECONDS);
            assertThrows(ExecutionException.class, future::get);
            go.countDown();
        }
        assertEquals(List.of(Stage.COARSE_PREPARE), seen);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aFullQueueRefuses() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (Segmenter segmenter = builder().queueLimit(1).build()) {
            // Neither ends before it may: the engine of this test lets runs pass each other.
            ProgressListener held = (stage, fraction) -> {
                begun.countDown();
                awaitQuietly(go);
            };
            CompletableFuture<Segmentation> running = segmenter.segmentAsync(volume(), held);
            assertTrue(begun.await(10, TimeUnit.SECONDS));
            CompletableFuture<Segmentation> waiting = segmenter.segmentAsync(volume(), held);
            String message = assertThrows(SegmentationQueueFullException.class, () -> segmenter.segmentAsync(volume()))
                    .getMessage();
            assertTrue(message.contains("1 wait"), message);
            assertThrows(SegmentationQueueFullException.class, () -> segmenter.segment(volume()));
            go.countDown();
            running.join();
            waiting.join();
            segmenter.segment(volume());
        }
        assertThrows(IllegalArgumentException.class, () -> builder().queueLimit(-1));
    }

    @Test
    void aRunEndsWhenItsTimeIsOver() {
        try (Segmenter segmenter = builder().timeLimit(Duration.ofNanos(1)).build()) {
            String message = assertThrows(SegmentationCancelledException.class, () -> segmenter.segment(volume()))
                    .getMessage();
            assertTrue(message.contains("longer than"), message);
        }
        assertThrows(IllegalArgumentException.class, () -> builder().timeLimit(Duration.ZERO));
    }

    /** A network only asks whether it shall stop; the message has to say why all the same. */
    @Test
    void aRunWhoseTimeIsOverAmidANetworkSaysSo() {
        Duration limit = Duration.ofMillis(200);
        try (Segmenter segmenter = builder().timeLimit(limit).build()) {
            ProgressListener outlasting = (stage, fraction) -> {
                // The network is on its way, and asks next.
                if (fraction > Stage.FINE_NETWORK.begins()) {
                    sleep(limit);
                }
            };
            String message = assertThrows(
                            SegmentationCancelledException.class, () -> segmenter.segment(volume(), outlasting))
                    .getMessage();
            assertTrue(message.contains("fine network") && message.contains("longer than the 0.2 s"), message);
        }
        CancellationToken token = new CancellationToken();
        try (Segmenter segmenter = builder().timeLimit(Duration.ofMinutes(10)).build()) {
            ProgressListener cancelling = (stage, fraction) -> {
                if (fraction > Stage.FINE_NETWORK.begins()) {
                    token.cancel();
                }
            };
            String message = assertThrows(
                            SegmentationCancelledException.class, () -> segmenter.segment(volume(), cancelling, token))
                    .getMessage();
            assertFalse(message.contains("longer"), message);
        }
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis() + 1);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatAListenerThrowsReachesTheCallerAndTheSegmenterWorksOn() {
        try (Segmenter segmenter = builder().queueLimit(0).build()) {
            ProgressListener throwing = (stage, fraction) -> {
                if (stage == Stage.FINE_NETWORK) {
                    throw new UnsupportedOperationException("no picture");
                }
            };
            assertThrows(UnsupportedOperationException.class, () -> segmenter.segment(volume(), throwing));
            assertEquals(4, segmenter.segment(volume()).organs().size());
        }
    }

    @Test
    void aListenerCannotWaitForAnotherRun() {
        try (Segmenter segmenter = builder().build()) {
            ProgressListener nested = (stage, fraction) -> segmenter.segment(volume());
            assertThrows(IllegalStateException.class, () -> segmenter.segment(volume(), nested));
        }
    }

    @Test
    void enginesAreFoundWhereTheThreadsLoaderKnowsNothing() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        try (Segmenter segmenter = builder().build()) {
            assertEquals("arithmetic", segmenter.engine());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void aRunIsLoggedInOneLine() {
        java.util.logging.Logger logger = java.util.logging.Logger.getLogger(Segmenter.class.getName());
        List<String> lines = new ArrayList<>();
        java.util.logging.Handler handler = new java.util.logging.Handler() {
            @Override
            public void publish(java.util.logging.LogRecord entry) {
                lines.add(entry.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        handler.setLevel(java.util.logging.Level.ALL);
        logger.setLevel(java.util.logging.Level.FINE);
        logger.addHandler(handler);
        try (Segmenter segmenter = builder().build()) {
            segmenter.segment(volume());
        } finally {
            logger.removeHandler(handler);
            logger.setLevel(null);
        }
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.get(0).startsWith("50x44x60 voxels segmented in "), lines.get(0));
        assertTrue(lines.get(0).contains("fine network") && lines.get(0).contains("organ1"), lines.get(0));
    }

    @Test
    void asynchronousRunsGiveTheSame() throws Exception {
        try (Segmenter segmenter = builder().build()) {
            byte[] expected = segmenter.segment(volume()).labels().labels();
            List<CompletableFuture<Segmentation>> futures = IntStream.range(0, 4)
                    .mapToObj(i -> segmenter.segmentAsync(volume()))
                    .toList();
            for (CompletableFuture<Segmentation> future : futures) {
                assertArrayEquals(
                        expected, future.get(30, TimeUnit.SECONDS).labels().labels());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void theNumberOfThreadsChangesNothing(int threads) {
        ExecutorService executor = Executors.newFixedThreadPool(3);
        try (Segmenter one = builder().threads(1).build();
                Segmenter many = builder().threads(threads).executor(executor).build()) {
            assertArrayEquals(
                    one.segment(volume()).labels().labels(),
                    many.segment(volume()).labels().labels());
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void aBrokenEngineIsPassedOverUnlessItIsWished() {
        try (Segmenter segmenter = Segmenter.builder().model(bundle(4)).build()) {
            assertEquals("arithmetic", segmenter.engine());
            assertTrue(segmenter.describe().contains("another planet"), segmenter.describe());
        }
        Segmenter.Builder wished = Segmenter.builder().model(bundle(4)).engine("broken");
        assertThrows(SegmenterLoadException.class, wished::build);
        Segmenter.Builder unknown = Segmenter.builder().model(bundle(4)).engine("abacus");
        String message =
                assertThrows(SegmenterLoadException.class, unknown::build).getMessage();
        assertTrue(message.contains("abacus") && message.contains("arithmetic"), message);
        Segmenter.Builder half = builder().precision(Precision.FP16);
        assertTrue(assertThrows(SegmenterLoadException.class, half::build)
                .getMessage()
                .contains("FP16"));
    }

    @Test
    void closingFreesTheNetworksOnce() {
        int before = ArithmeticEngine.OPEN.get();
        Segmenter segmenter = builder().build();
        assertEquals(before + 2, ArithmeticEngine.OPEN.get());
        segmenter.close();
        segmenter.close();
        assertEquals(before, ArithmeticEngine.OPEN.get());
        assertThrows(IllegalStateException.class, () -> segmenter.segment(volume()));
        assertThrows(IllegalStateException.class, () -> segmenter.segmentAsync(volume()));
    }

    @Test
    @SuppressWarnings("try") // closing it explicitly is the mistake that is tested
    void aListenerCannotCloseTheSegmenterItListensTo() {
        try (Segmenter segmenter = builder().build()) {
            assertThrows(
                    IllegalStateException.class,
                    () -> segmenter.segment(volume(), (stage, fraction) -> segmenter.close()));
        }
    }

    @Test
    void imagesAreRefused() {
        Volume image = Volume.ofHu(new Shape(1, 4, 4), Geometry.of(Orientation.RAS, 1, 1, 1), new short[16]);
        try (Segmenter segmenter = builder().build()) {
            SegmentationException refusal = assertThrows(SegmentationException.class, () -> segmenter.segment(image));
            assertFalse(refusal instanceof SegmenterLoadException, "another scan can be segmented");
            assertTrue(refusal.getMessage().contains("1x4x4"), refusal.getMessage());
        }
    }

    @Test
    void unknownOrgansAreNamedWithTheKnownOnes() {
        try (Segmenter segmenter = builder().build()) {
            Segmentation result = segmenter.segment(volume());
            String message = assertThrows(IllegalArgumentException.class, () -> result.organ("heart"))
                    .getMessage();
            assertTrue(message.contains("heart") && message.contains("organ3"), message);
        }
    }

    private static List<SegmentationWarning.Kind> kinds(Segmentation result) {
        return result.warnings().stream().map(SegmentationWarning::kind).toList();
    }
}

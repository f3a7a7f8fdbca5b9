// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.Stage;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.pipeline.CoarseToFine;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.pipeline.FloatArrays;
import org.efficientsegnet.pipeline.RunLimits;
import org.efficientsegnet.preprocess.NonFiniteVoxelsException;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkPass;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.spi.PlacedScan;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The pipeline with the scan on the device, which is the host or emulated, against the pipeline over Java arrays with the same
 * networks. Only mean and deviation are added up in another order there, so that a logit may differ in its last bits.
 */
class CudaScanTest {

    private static final CudaEngine ENGINE = TestDevice.engine();

    private static final Shape COARSE = new Shape(12, 16, 20);
    private static final Shape FINE = new Shape(16, 20, 12);
    private static final Shape SCAN = new Shape(21, 34, 45);

    @BeforeEach
    void built() {
        Natives.assumeBuilt();
    }

    /** Two networks of random weights. */
    private record Bundle(WeightedNetwork coarse, WeightedNetwork fine, PipelineSpec pipeline) implements ModelBundle {

        static Bundle of(int classes) {
            List<String> labels =
                    IntStream.rangeClosed(1, classes).mapToObj(i -> "organ" + i).toList();
            List<Integer> keep =
                    IntStream.range(0, classes).mapToObj(i -> 1 + i % 2).toList();
            return new Bundle(
                    network(classes, COARSE, 11),
                    network(classes, FINE, 12),
                    new PipelineSpec(labels, Orientation.RAS, -325, 325, 1e-5, 0.6, 4, keep, 500, 300));
        }

        private static WeightedNetwork network(int classes, Shape size, long seed) {
            NetworkSpec spec = NetworkSpec.builder()
                    .channels(8, 16)
                    .blocks(List.of(1, 1))
                    .context(ContextKind.NONE)
                    .classes(classes)
                    .build();
            return new WeightedNetwork("random " + seed, spec, size, InitialWeights.kaiming(spec, seed));
        }

        /** With plans, so that loading it compiles no graph, whose memory is ND4J's. */
        private Bundle withPlans() {
            return new Bundle(
                    coarse.withPlan(PlanCompilation.planOf(coarse)),
                    fine.withPlan(PlanCompilation.planOf(fine)),
                    pipeline);
        }

        @Override
        public ModelIdentity identity() {
            return new ModelIdentity("random", "1", "0".repeat(64));
        }
    }

    /** A network that takes arrays only, as engines on CPUs do. */
    private record ArraysOnly(Network network) implements Network {
        @Override
        public void run(float[] input, float[] logits, RunControl control) {
            network.run(input, logits, control);
        }

        @Override
        public void trace(float[] input, BlockObserver observer) {
            network.trace(input, observer);
        }

        @Override
        public Shape inputSize() {
            return network.inputSize();
        }

        @Override
        public int classes() {
            return network.classes();
        }

        @Override
        public Precision precision() {
            return network.precision();
        }

        @Override
        public String describe() {
            return network.describe();
        }

        @Override
        public void releaseMemory() {
            network.releaseMemory();
        }

        @Override
        public void close() {
            network.close();
        }
    }

    private static EngineOptions options(Concurrency concurrency, boolean release) {
        return new EngineOptions(Precision.FP16, 2, concurrency, release);
    }

    private static Engines.Loaded load(Bundle bundle, EngineOptions options, boolean arraysOnly) {
        Network coarse = ENGINE.load(bundle.coarse(), options);
        Network fine = ENGINE.load(bundle.fine(), options);
        return arraysOnly
                ? new Engines.Loaded("cuda", new ArraysOnly(coarse), new ArraysOnly(fine), "arrays")
                : new Engines.Loaded("cuda", coarse, fine, "device");
    }

    private static CoarseToFine pipeline(Bundle bundle, Engines.Loaded networks) {
        return new CoarseToFine(bundle.pipeline(), networks, Parallelism.common(), new FloatArrays(true));
    }

    /** Blobs of several intensities in air, stored as a type. */
    private static Volume volume(String type, Orientation orientation, double slope, double intercept) {
        Random random = new Random(5);
        float[] stored = new float[SCAN.arrayLength()];
        float[][] blobs = new float[6][];
        for (int b = 0; b < blobs.length; b++) {
            blobs[b] = new float[] {
                random.nextInt(SCAN.z()),
                random.nextInt(SCAN.y()),
                random.nextInt(SCAN.x()),
                5 + random.nextInt(9),
                60 * b
            };
        }
        for (int i = 0; i < stored.length; i++) {
            int x = i % SCAN.x();
            int y = i / SCAN.x() % SCAN.y();
            int z = i / SCAN.x() / SCAN.y();
            double hu = -900;
            for (float[] blob : blobs) {
                double distance =
                        Math.sqrt(4 * Math.pow(z - blob[0], 2) + Math.pow(y - blob[1], 2) + Math.pow(x - blob[2], 2));
                hu = distance < blob[3] ? -40 + blob[4] : hu;
            }
            stored[i] = (float) Math.rint((hu + 20 * random.nextGaussian() - intercept) / slope);
        }
        return new Volume(SCAN, Geometry.of(orientation, 2, 2, 4), voxels(type, stored), slope, intercept);
    }

    private static Voxels voxels(String type, float[] values) {
        byte[] bytes = new byte[values.length];
        short[] shorts = new short[values.length];
        int[] ints = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
            shorts[i] = (short) values[i];
            ints[i] = (int) (long) values[i];
        }
        return switch (type) {
            case "int8" -> new Voxels.Bytes(bytes, false);
            case "uint8" -> new Voxels.Bytes(bytes, true);
            case "int16" -> new Voxels.Shorts(shorts, false);
            case "uint16" -> new Voxels.Shorts(shorts, true);
            case "int32" -> new Voxels.Ints(ints, false);
            case "uint32" -> new Voxels.Ints(ints, true);
            default -> new Voxels.Floats(values);
        };
    }

    private record Event(Stage stage, double fraction) {}

    private static CoarseToFine.Result run(CoarseToFine pipeline, Volume volume, List<Event> events) {
        return pipeline.run(
                volume,
                (stage, fraction) -> events.add(new Event(stage, fraction)),
                RunLimits.of(new CancellationToken()));
    }

    private static void assertNearlyEqual(byte[] expected, byte[] found) {
        assertEquals(expected.length, found.length);
        int differing = 0;
        int labelled = 0;
        for (int i = 0; i < expected.length; i++) {
            differing += expected[i] != found[i] ? 1 : 0;
            labelled += expected[i] != 0 ? 1 : 0;
        }
        int most = labelled / 1000;
        String message = differing + " voxels differ of " + labelled;
        assertTrue(labelled > 500, message);
        assertTrue(differing <= most, message);
    }

    @ParameterizedTest
    @CsvSource({
        "int16, RAS, 1, 0, 4",
        "int16, LPS, 1, -1024, 4",
        "uint16, SPL, 0.5, -1024, 3",
        "int8, PIR, 8, 0, 4",
        "uint8, ARS, 6, -1000, 4",
        "int32, LIP, 1, 0, 2",
        "uint32, RSP, 0.25, -1500, 4",
        "float32, IAR, 1, 0, 4",
        "int16, LAS, 1, 0, 11"
    })
    void givesWhatTheArraysGive(String type, String orientation, double slope, double intercept, int classes) {
        Bundle bundle = Bundle.of(classes);
        Volume volume = volume(type, Orientation.of(orientation), slope, intercept);
        List<Event> expectedEvents = new ArrayList<>();
        List<Event> foundEvents = new ArrayList<>();
        CoarseToFine.Result expected;
        CoarseToFine.Result found;
        try (Engines.Loaded arrays = load(bundle, options(Concurrency.QUEUE, false), true)) {
            expected = run(pipeline(bundle, arrays), volume, expectedEvents);
        }
        try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, false), false)) {
            found = run(pipeline(bundle, device), volume, foundEvents);
        }
        assertTrue(expected.region().isPresent(), "the coarse network found nothing");
        assertNearlyEqual(expected.labels().labels(), found.labels().labels());
        assertEquals(expected.region(), found.region());
        assertEquals(expected.intensities(), found.intensities());
        assertEquals(expectedEvents, foundEvents);
        assertEquals(expected.timings().keySet(), found.timings().keySet());
        assertEquals(expected.organs().size(), found.organs().size());
    }

    @Test
    void aScanWithoutOrgansIsEmpty() {
        Bundle bundle = Bundle.of(2);
        Volume air = Volume.ofHu(SCAN, Geometry.of(Orientation.RAS, 0.1, 0.1, 0.1), new short[SCAN.arrayLength()]);
        try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, false), false)) {
            CoarseToFine.Result result = run(pipeline(bundle, device), air, new ArrayList<>());
            assertTrue(result.region().isEmpty());
            for (byte label : result.labels().labels()) {
                assertEquals(0, label);
            }
        }
    }

    @Test
    void refusesWhatIsNotFinite() {
        Bundle bundle = Bundle.of(2);
        Volume volume = volume("float32", Orientation.RAS, 1, 0);
        ((Voxels.Floats) volume.voxels()).values()[77] = Float.NaN;
        InUse before = InUse.now();
        try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, false), false)) {
            assertThrows(
                    NonFiniteVoxelsException.class, () -> run(pipeline(bundle, device), volume, new ArrayList<>()));
        }
        assertEquals(before, InUse.now());
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void cancelsBeforeAnyStageAndRunsAgain(Stage at) {
        Bundle bundle = Bundle.of(3);
        Volume volume = volume("int16", Orientation.of("LPS"), 1, 0);
        InUse before = InUse.now();
        try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, true), false)) {
            CoarseToFine pipeline = pipeline(bundle, device);
            byte[] expected = run(pipeline, volume, new ArrayList<>()).labels().labels();
            InUse idle = InUse.now();
            CancellationToken token = new CancellationToken();
            ProgressListener cancelling = (stage, fraction) -> {
                if (stage == at) {
                    token.cancel();
                }
            };
            if (at != Stage.STATISTICS) {
                assertThrows(
                        SegmentationCancelledException.class,
                        () -> pipeline.run(volume, cancelling, RunLimits.of(token)));
            }
            assertEquals(idle, InUse.now());
            assertEquals(
                    0,
                    java.util.Arrays.compare(
                            expected,
                            run(pipeline, volume, new ArrayList<>()).labels().labels()));
        }
        assertEquals(before, InUse.now());
    }

    @ParameterizedTest
    @EnumSource(Concurrency.class)
    void scansThatComeTogetherGiveTheSame(Concurrency concurrency) throws Exception {
        Bundle bundle = Bundle.of(3);
        Volume volume = volume("int16", Orientation.RAS, 1, 0);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try (Engines.Loaded device = load(bundle, options(concurrency, false), false)) {
            CoarseToFine pipeline = pipeline(bundle, device);
            byte[] expected = run(pipeline, volume, new ArrayList<>()).labels().labels();
            List<Future<byte[]>> runs = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                runs.add(threads.submit(
                        () -> run(pipeline, volume, new ArrayList<>()).labels().labels()));
            }
            for (Future<byte[]> run : runs) {
                assertEquals(0, java.util.Arrays.compare(expected, run.get()));
            }
        } finally {
            threads.shutdown();
        }
    }

    /** A step that the library refuses in the middle of a run: the reason arrives, and nothing is lost or stuck. */
    @Test
    void aFailureInARunIsAnExceptionAndTheNextRunWorks() {
        Bundle bundle = Bundle.of(3);
        Volume volume = volume("int16", Orientation.RAS, 1, 0);
        Layout whole = Layout.contiguous(SCAN);
        InUse before = InUse.now();
        try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, true), false)) {
            try (PlacedScan scan = device.coarse().place(volume).orElseThrow();
                    NetworkPass pass = scan.pass(device.coarse(), whole)) {
                pass.resample();
                pass.normalize(-325, 325, 1e-5);
                pass.infer(RunControl.of(new CancellationToken()));
                String reason = assertThrows(SegmentationException.class, () -> pass.restore(0, 9, 0.5, SCAN))
                        .getMessage();
                assertTrue(reason.contains("esn_restore") && reason.contains("1 to 8 classes"), reason);
                pass.restore(0, 3, 0.5, SCAN);
                reason = assertThrows(SegmentationException.class, () -> pass.paint(255))
                        .getMessage();
                assertTrue(reason.contains("esn_paint"), reason);
            }
            run(pipeline(bundle, device), volume, new ArrayList<>());
        }
        assertEquals(before, InUse.now());
    }

    /** Every component, however many that may be, and the least that may be kept. */
    @Test
    void keepsAllComponents() {
        Bundle bundle = Bundle.of(3);
        Volume volume = volume("int16", Orientation.RAS, 1, 0);
        Layout whole = Layout.contiguous(SCAN);
        try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, true), false);
                PlacedScan scan = device.coarse().place(volume).orElseThrow();
                NetworkPass pass = scan.pass(device.coarse(), whole)) {
            pass.resample();
            pass.normalize(-325, 325, 1e-5);
            pass.infer(RunControl.of(new CancellationToken()));
            pass.restore(0, 3, 0.5, SCAN);
            pass.keepLargest(List.of(Integer.MAX_VALUE, 1 << 25, Integer.MAX_VALUE), 0);
            assertTrue(pass.box().isPresent());
            pass.keepLargest(List.of(0, 0, 0), 0);
            assertTrue(pass.box().isEmpty());
        }
    }

    @Test
    void aScanStaysOnItsDevice() {
        Bundle bundle = Bundle.of(2);
        Volume volume = volume("int16", Orientation.RAS, 1, 0);
        try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, false), false);
                PlacedScan scan = device.coarse().place(volume).orElseThrow()) {
            Network elsewhere = new ArraysOnly(device.fine());
            assertThrows(IllegalArgumentException.class, () -> scan.pass(elsewhere, Layout.contiguous(SCAN)));
        }
    }

    /** What is taken for a run is kept for the next one, or given back, and gone when the networks are closed. */
    @Test
    void memoryIsKeptOrReleasedAndGoneAtTheEnd() {
        Bundle bundle = Bundle.of(3);
        Volume volume = volume("int16", Orientation.RAS, 1, 0);
        InUse before = InUse.now();
        try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, false), false)) {
            CoarseToFine pipeline = pipeline(bundle, device);
            InUse loaded = InUse.now();
            run(pipeline, volume, new ArrayList<>());
            InUse kept = InUse.now();
            assertNotEquals(loaded, kept);
            run(pipeline, volume, new ArrayList<>());
            assertEquals(kept, InUse.now());
            device.coarse().releaseMemory();
            device.fine().releaseMemory();
            assertEquals(loaded.bytes(), InUse.now().bytes());
            run(pipeline, volume, new ArrayList<>());
            assertEquals(kept, InUse.now());
        }
        assertEquals(before, InUse.now());
    }

    @Test
    @Tag("slow")
    void nothingIsLostInAThousandRunsAndAThousandLoadings() throws Exception {
        TestDevice.assumeHost();
        Bundle bundle = Bundle.of(2);
        Volume volume = volume("int16", Orientation.of("LPS"), 1, 0);
        InUse before = InUse.now();
        for (boolean release : new boolean[] {false, true}) {
            try (Engines.Loaded device = load(bundle, options(Concurrency.QUEUE, release), false)) {
                CoarseToFine pipeline = pipeline(bundle, device);
                for (int i = 0; i < 50; i++) {
                    run(pipeline, volume, new ArrayList<>());
                }
                InUse after = InUse.now();
                long resident = ResidentMemory.bytes();
                for (int i = 0; i < 500; i++) {
                    run(pipeline, volume, new ArrayList<>());
                }
                assertEquals(after, InUse.now());
                ResidentMemory.assertNear(resident);
            }
        }
        assertEquals(before, InUse.now());
        Bundle planned = bundle.withPlans();
        openAndClose(planned, 50);
        long resident = ResidentMemory.bytes();
        openAndClose(planned, 1000);
        ResidentMemory.assertNear(resident);
        assertEquals(before, InUse.now());
    }

    private static void openAndClose(Bundle bundle, int times) {
        for (int i = 0; i < times; i++) {
            load(bundle, options(Concurrency.QUEUE, false), false).close();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.team.WorkerPool;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OneDnnNetworkTest {

    private static final CancellationToken NEVER = new CancellationToken();
    private static final WeightedNetwork MODEL = compiled(32);

    private static WeightedNetwork compiled(int extent) {
        NetworkSpec spec = NetworkSpec.builder()
                .context(org.efficientsegnet.nn.network.ContextKind.NONE)
                .channels(4, 8, 16)
                .blocksPerLevel(1)
                .build();
        WeightedNetwork bare = new WeightedNetwork("toy", spec, Shape.cube(extent), InitialWeights.kaiming(spec, 3));
        return bare.withPlan(PlanCompilation.planOf(bare));
    }

    private static EngineOptions options(int threads, Concurrency concurrency, boolean release) {
        return new EngineOptions(Precision.FP32, threads, concurrency, release);
    }

    private static OneDnnNetwork load(EngineOptions options) {
        return new OneDnnEngine().load(MODEL, options);
    }

    private static float[] input(int seed) {
        Random random = new Random(seed);
        float[] input = new float[MODEL.inputSize().arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    private static float[] run(OneDnnNetwork network, float[] input) {
        float[] logits = new float[MODEL.classes() * input.length];
        network.run(input, logits, NEVER);
        return logits;
    }

    @ParameterizedTest
    @EnumSource(Concurrency.class)
    void manyThreadsGetTheBitsThatOneGets(Concurrency concurrency) throws Exception {
        List<float[]> inputs = List.of(input(1), input(2), input(3));
        try (OneDnnNetwork network = load(options(1, concurrency, false))) {
            List<float[]> expected =
                    inputs.stream().map(input -> run(network, input)).toList();
            ExecutorService callers = Executors.newFixedThreadPool(3);
            try {
                List<Future<float[]>> runs = new ArrayList<>();
                for (int i = 0; i < 60; i++) {
                    float[] input = inputs.get(i % inputs.size());
                    runs.add(callers.submit(() -> run(network, input)));
                }
                for (int i = 0; i < runs.size(); i++) {
                    assertArrayEquals(
                            expected.get(i % inputs.size()), runs.get(i).get());
                }
            } finally {
                callers.shutdown();
            }
        }
    }

    @Test
    void memoryThatWasReleasedComesBack() {
        float[] input = input(4);
        try (OneDnnNetwork network = load(options(2, Concurrency.QUEUE, false));
                OneDnnNetwork releasing = load(options(2, Concurrency.QUEUE, true))) {
            float[] expected = run(network, input);
            network.releaseMemory();
            assertArrayEquals(expected, run(network, input));
            assertArrayEquals(expected, run(releasing, input));
            assertArrayEquals(expected, run(releasing, input));
        }
    }

    @Test
    void aSecondLoadGivesTheSameBits() {
        float[] input = input(5);
        try (OneDnnNetwork first = load(options(2, Concurrency.QUEUE, false));
                OneDnnNetwork second = load(options(2, Concurrency.QUEUE, false))) {
            assertArrayEquals(run(first, input), run(second, input));
        }
    }

    @Test
    void aRunStopsWhenItIsCancelledOrItsThreadInterrupted() {
        float[] input = input(6);
        float[] logits = new float[MODEL.classes() * input.length];
        try (OneDnnNetwork network = load(options(1, Concurrency.QUEUE, false))) {
            CancellationToken cancelled = new CancellationToken();
            cancelled.cancel();
            assertThrows(SegmentationCancelledException.class, () -> network.run(input, logits, cancelled));
            Thread.currentThread().interrupt();
            assertThrows(SegmentationCancelledException.class, () -> network.run(input, logits, NEVER));
            assertTrue(Thread.interrupted());
            network.run(input, logits, NEVER);
        }
    }

    @Test
    void wrongArraysAreRefused() {
        try (OneDnnNetwork network = load(options(1, Concurrency.QUEUE, false))) {
            IllegalArgumentException refusal =
                    assertThrows(IllegalArgumentException.class, () -> network.run(new float[3], new float[3], NEVER));
            assertTrue(refusal.getMessage().contains("32768"), refusal.getMessage());
        }
    }

    @Test
    void theTableNamesEveryStep() {
        try (OneDnnNetwork network = load(options(1, Concurrency.QUEUE, false))) {
            String table = network.table();
            MODEL.plan().orElseThrow().steps().forEach(step -> assertTrue(table.contains(step.output()), table));
            assertTrue(table.contains("GFLOP"));
            assertTrue(network.describe().contains("FP32"), network.describe());
            long input = 4L * MODEL.inputSize().voxels();
            assertTrue(network.workingBytes() >= 2 * 4 * input, "two maps of four channels at least");
            assertTrue(network.workingBytes() <= 5 * 4 * input, "no more than five of them");
            assertEquals(
                    network.profile(input(1)).size(),
                    MODEL.plan().orElseThrow().steps().size());
        }
    }

    @Test
    void whereOpenMpCannotBeSetThereIsOneWorkerAndARemark() {
        float[] input = input(9);
        EngineOptions two = options(2, Concurrency.QUEUE, false);
        try (OneDnnNetwork alone = new OneDnnEngine().load(MODEL, two, new WorkerPool(2, false));
                OneDnnNetwork team = new OneDnnEngine().load(MODEL, two, new WorkerPool(2, true))) {
            assertTrue(alone.describe().contains("1 threads (the number of threads of OpenMP cannot be set here"));
            assertTrue(team.describe().contains("2 threads,"), team.describe());
            assertArrayEquals(run(team, input), run(alone, input));
        }
    }

    @Test
    void eightBitsNeedACalibration() {
        EngineOptions int8 = new EngineOptions(Precision.INT8, 1, Concurrency.QUEUE, false);
        String refusal = new OneDnnEngine().refuses(MODEL, int8);
        assertTrue(refusal.contains(OneDnn.hasBytes() ? "--calibrate" : "VNNI"), refusal);
    }

    @Test
    void whatItCannotRunIsRefusedWithAReason() {
        OneDnnEngine engine = new OneDnnEngine();
        EngineOptions fp16 = new EngineOptions(Precision.FP16, 1, Concurrency.QUEUE, false);
        assertTrue(engine.refuses(MODEL, fp16).contains("FP16"));
        record Foreign(String name, Shape inputSize, int classes) implements NetworkModel {}
        NetworkModel foreign = new Foreign("foreign", Shape.cube(8), 1);
        assertNotNull(engine.refuses(foreign, EngineOptions.defaults()));
        assertNull(engine.refuses(MODEL, EngineOptions.defaults()));
        assertTrue(engine.status().available(), engine.status().detail());
    }

    @Test
    void weightsOfAnotherNetworkAreRefused() {
        NetworkSpec other = NetworkSpec.builder()
                .context(org.efficientsegnet.nn.network.ContextKind.NONE)
                .channels(6, 8, 16)
                .blocksPerLevel(1)
                .build();
        Weights weights = InitialWeights.kaiming(other, 1);
        WeightedNetwork mixed = new WeightedNetwork("mixed", other, MODEL.inputSize(), weights, MODEL.plan());
        SegmentationException refusal = assertThrows(
                SegmentationException.class, () -> new OneDnnEngine().load(mixed, EngineOptions.defaults()));
        assertTrue(refusal.getMessage().contains("weight"), refusal.getMessage());
    }

    /** What comes first fills caches, of the allocator for one; twice as much must not need more. */
    private static void assertFlat(int runs, int loads) throws IOException {
        float[] input = input(8);
        try (OneDnnNetwork network = load(options(2, Concurrency.QUEUE, false))) {
            assertFlat(runs, () -> run(network, input));
        }
        assertFlat(loads, () -> {
            try (OneDnnNetwork network = load(options(2, Concurrency.QUEUE, false))) {
                run(network, input);
            }
        });
    }

    private static void assertFlat(int times, Runnable use) throws IOException {
        for (int i = 0; i < times; i++) {
            use.run();
        }
        long before = ResidentMemory.bytes();
        for (int i = 0; i < times; i++) {
            use.run();
        }
        long grown = ResidentMemory.bytes() - before;
        assertTrue(grown < 32 << 20, times + " times took " + grown + " bytes");
    }

    @Test
    void residentMemoryStaysFlat() throws IOException {
        assertFlat(40, 20);
    }

    @Tag("slow")
    @Test
    void residentMemoryStaysFlatForLong() throws IOException {
        assertFlat(1000, 200);
    }
}

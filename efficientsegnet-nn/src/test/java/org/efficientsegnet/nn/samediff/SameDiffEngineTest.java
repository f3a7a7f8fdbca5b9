// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.samediff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkCounts;
import org.efficientsegnet.nn.network.NetworkGraph;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

@Timeout(120)
class SameDiffEngineTest {

    private static final EngineOptions ONE_THREAD = options(Precision.AUTO, Concurrency.QUEUE, false);

    private static EngineOptions options(Precision precision, Concurrency concurrency, boolean releaseMemory) {
        return new EngineOptions(precision, 1, concurrency, releaseMemory);
    }

    private static NetworkSpec spec() {
        return NetworkSpec.builder()
                .channels(2, 4)
                .classes(3)
                .context(ContextKind.NONE)
                .build();
    }

    private static WeightedNetwork network(Shape size) {
        return new WeightedNetwork("small", spec(), size, InitialWeights.kaiming(spec(), 1));
    }

    private static float[] input(Shape size, long seed) {
        Random random = new Random(seed);
        float[] input = new float[size.arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    private static float[] run(Network network, Shape size, float[] input) {
        float[] logits = new float[3 * size.arrayLength()];
        network.run(input, logits, new CancellationToken());
        return logits;
    }

    @Test
    void isFoundAndSaysThatItCanRun() {
        NetworkEngine engine = ServiceLoader.load(NetworkEngine.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(found -> found.name().equals("samediff"))
                .findFirst()
                .orElseThrow();
        NetworkEngine.Status status = engine.status();
        assertTrue(status.available());
        assertEquals(10, status.rank());
        assertTrue(status.detail().contains("onednn"), status.detail());
    }

    /** The classes of this project alone, as on a class path without any dependency. */
    @Test
    void saysWhatIsMissingWithoutNd4j() throws Exception {
        URL[] classes = {location(SameDiffEngine.class), location(NetworkEngine.class)};
        try (URLClassLoader loader = new URLClassLoader(classes, ClassLoader.getPlatformClassLoader())) {
            Object engine = loader.loadClass(SameDiffEngine.class.getName())
                    .getDeclaredConstructor()
                    .newInstance();
            Object status = engine.getClass().getMethod("status").invoke(engine);
            assertEquals(false, status.getClass().getMethod("available").invoke(status));
            String detail = (String) status.getClass().getMethod("detail").invoke(status);
            assertTrue(detail.contains("efficientsegnet-training"), detail);
        }
    }

    private static URL location(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    @Test
    void refusesWhatItCannotRunAndSaysWhy() {
        SameDiffEngine engine = new SameDiffEngine();
        WeightedNetwork model = network(Shape.cube(8));
        assertNull(engine.refuses(model, ONE_THREAD));
        assertNull(engine.refuses(model, options(Precision.FP32, Concurrency.QUEUE, true)));
        assertReason("FP32", engine.refuses(model, options(Precision.BF16, Concurrency.QUEUE, false)));
        assertReason("one input", engine.refuses(model, options(Precision.AUTO, Concurrency.SIDE_BY_SIDE, false)));
        record Foreign(String name, Shape inputSize, int classes) implements NetworkModel {}
        NetworkModel foreign = new Foreign("foreign", Shape.cube(8), 3);
        assertReason("does not know", engine.refuses(foreign, ONE_THREAD));
        NetworkSpec two = NetworkSpec.builder()
                .channels(2, 4)
                .context(ContextKind.NONE)
                .inputChannels(2)
                .build();
        assertReason(
                "one input channel",
                engine.refuses(
                        new WeightedNetwork("two", two, Shape.cube(8), InitialWeights.kaiming(two, 1)), ONE_THREAD));
        WeightedNetwork empty = new WeightedNetwork("empty", spec(), Shape.cube(8), Weights.of(Map.of()));
        assertReason("missing (", engine.refuses(empty, ONE_THREAD));
        assertThrows(SegmentationException.class, () -> engine.load(empty, ONE_THREAD));
    }

    private static void assertReason(String part, String reason) {
        assertNotNull(reason);
        assertTrue(reason.contains(part), reason);
    }

    @Test
    void computesWhatTheGraphComputes() {
        Shape size = new Shape(6, 10, 8);
        WeightedNetwork model = network(size);
        float[] input = input(size, 2);
        INDArray expected = NetworkGraph.build(model.spec(), size, model.weights())
                .output(
                        Map.of("input", Nd4j.create(input, new long[] {1, 1, size.z(), size.y(), size.x()}, 'c')),
                        "output")
                .get("output");
        try (Network network = new SameDiffEngine().load(model, ONE_THREAD)) {
            float[] before = input.clone();
            assertArrayEquals(expected.dup('c').data().asFloat(), run(network, size, input), 1e-6f);
            assertArrayEquals(before, input);
            assertEquals(Precision.FP32, network.precision());
            assertTrue(network.describe().startsWith("samediff"), network.describe());
        }
    }

    @Test
    void showsEveryBlockInOrder() {
        Shape size = new Shape(6, 10, 8);
        WeightedNetwork model = network(size);
        List<String> shown = new ArrayList<>();
        float[] input = input(size, 3);
        try (Network network = new SameDiffEngine().load(model, ONE_THREAD)) {
            AtomicReference<float[]> output = new AtomicReference<>();
            network.trace(input, (name, channels, shape, values) -> {
                shown.add(name + " " + channels + " " + shape);
                assertEquals(channels * shape.arrayLength(), values.length);
                output.set(values);
            });
            assertArrayEquals(run(network, size, input), output.get());
        }
        List<String> expected = new ArrayList<>(NetworkCounts.of(model.spec(), size).blocks().stream()
                .map(block -> block.name() + " " + block.channels() + " " + block.shape())
                .toList());
        assertEquals("final 3 6x10x8", expected.remove(expected.size() - 1));
        expected.add("output 3 6x10x8");
        assertEquals(expected, shown);
    }

    @Test
    void queuesConcurrentRuns() throws Exception {
        Shape size = Shape.cube(8);
        int inputs = 12;
        try (Network network = new SameDiffEngine().load(network(size), ONE_THREAD)) {
            List<float[]> alone = new ArrayList<>();
            for (int i = 0; i < inputs; i++) {
                alone.add(run(network, size, input(size, i)));
            }
            ExecutorService callers = Executors.newFixedThreadPool(4);
            try {
                List<Future<float[]>> together = new ArrayList<>();
                for (int i = 0; i < inputs; i++) {
                    int seed = i;
                    together.add(callers.submit(() -> run(network, size, input(size, seed))));
                }
                for (int i = 0; i < inputs; i++) {
                    assertArrayEquals(alone.get(i), together.get(i).get());
                }
            } finally {
                callers.shutdown();
            }
        }
    }

    @Test
    void memoryGivenBackIsTakenAgain() {
        Shape size = Shape.cube(8);
        float[] input = input(size, 5);
        try (Network keeping = new SameDiffEngine().load(network(size), ONE_THREAD);
                Network releasing =
                        new SameDiffEngine().load(network(size), options(Precision.FP32, Concurrency.QUEUE, true))) {
            float[] first = run(keeping, size, input);
            assertArrayEquals(first, run(releasing, size, input));
            assertArrayEquals(first, run(releasing, size, input));
            assertTrue(releasing.describe().contains(" 0 MB held"), releasing.describe());
            keeping.releaseMemory();
            assertTrue(keeping.describe().contains(" 0 MB held"), keeping.describe());
            assertArrayEquals(first, run(keeping, size, input));
        }
    }

    @Test
    void stopsBetweenStepsAndRunsAgain() throws Exception {
        Shape size = Shape.cube(48);
        float[] input = input(size, 6);
        float[] logits = new float[3 * size.arrayLength()];
        try (Network network = new SameDiffEngine().load(network(size), ONE_THREAD)) {
            CancellationToken before = new CancellationToken();
            before.cancel();
            assertThrows(SegmentationCancelledException.class, () -> network.run(input, logits, before));

            CancellationToken during = new CancellationToken();
            CountDownLatch begun = new CountDownLatch(1);
            Thread canceller = new Thread(() -> {
                try {
                    begun.await();
                    Thread.sleep(5);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                during.cancel();
            });
            canceller.start();
            begun.countDown();
            // A run takes far longer than the wait above; should one end first, the next is cancelled.
            assertThrows(SegmentationCancelledException.class, () -> {
                while (true) {
                    network.run(input, logits, during);
                }
            });
            canceller.join();
            assertArrayEquals(run(network, size, input), run(network, size, input));
        }
    }

    @Test
    void anInterruptStopsTheRunAndStaysSet() throws Exception {
        Shape size = Shape.cube(48);
        float[] input = input(size, 7);
        try (Network network = new SameDiffEngine().load(network(size), ONE_THREAD)) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            AtomicReference<Boolean> stillSet = new AtomicReference<>();
            CountDownLatch begun = new CountDownLatch(1);
            Thread caller = new Thread(() -> {
                try {
                    begun.countDown();
                    while (true) {
                        run(network, size, input);
                    }
                } catch (SegmentationException e) {
                    thrown.set(e);
                    stillSet.set(Thread.currentThread().isInterrupted());
                }
            });
            caller.start();
            begun.await();
            Thread.sleep(20);
            caller.interrupt();
            caller.join(TimeUnit.SECONDS.toMillis(60));
            assertFalse(caller.isAlive());
            assertTrue(thrown.get() instanceof SegmentationCancelledException, String.valueOf(thrown.get()));
            assertTrue(stillSet.get());
        }
    }

    @Test
    void refusesArraysOfAnotherLength() {
        Shape size = Shape.cube(8);
        try (Network network = new SameDiffEngine().load(network(size), ONE_THREAD)) {
            CancellationToken token = new CancellationToken();
            float[] logits = new float[3 * 512];
            assertThrows(IllegalArgumentException.class, () -> network.run(new float[511], logits, token));
            String message = assertThrows(
                            IllegalArgumentException.class, () -> network.run(new float[512], new float[512], token))
                    .getMessage();
            assertTrue(message.contains("1536") && message.contains("512"), message);
        }
    }

    @Test
    void endsItsThreadWhenItIsClosed() throws Exception {
        Shape size = Shape.cube(8);
        Network network = new SameDiffEngine().load(network(size), ONE_THREAD);
        run(network, size, input(size, 8));
        List<Thread> workers = workers();
        assertFalse(workers.isEmpty());
        network.close();
        network.close();
        for (Thread worker : workers) {
            worker.join(TimeUnit.SECONDS.toMillis(30));
            assertFalse(worker.isAlive());
        }
        assertThrows(IllegalStateException.class, () -> run(network, size, input(size, 8)));
    }

    private static List<Thread> workers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("efficientsegnet-samediff"))
                .toList();
    }
}

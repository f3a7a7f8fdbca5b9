package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.Downsampling;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.GoldenCheck;
import org.efficientsegnet.nn.network.GoldenFile;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.samediff.SameDiffEngine;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole plans through the executor with the kernels on the host, against references and the SameDiff engine. */
class CudaEngineTest {

    private static final CudaEngine HOST = new CudaEngine("host");

    @BeforeEach
    void built() {
        Natives.assumeBuilt();
    }

    private static EngineOptions options(Precision precision, EngineOptions.Concurrency concurrency, boolean release) {
        return new EngineOptions(precision, 2, concurrency, release);
    }

    private static EngineOptions options(Precision precision) {
        return options(precision, EngineOptions.Concurrency.QUEUE, false);
    }

    private static WeightedNetwork network(NetworkSpec spec, Shape size) {
        return new WeightedNetwork("toy", spec, size, InitialWeights.kaiming(spec, 3));
    }

    private static WeightedNetwork toy() {
        NetworkSpec spec = NetworkSpec.builder()
                .channels(4, 8)
                .blocks(List.of(1, 1))
                .context(ContextKind.NONE)
                .classes(3)
                .build();
        return network(spec, new Shape(6, 8, 10));
    }

    private static float[] input(Shape size) {
        Random random = new Random(9);
        float[] input = new float[size.arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    private static float[] run(Network network, WeightedNetwork model) {
        float[] logits = new float[model.classes() * model.inputSize().arrayLength()];
        network.run(input(model.inputSize()), logits, new CancellationToken());
        return logits;
    }

    /** Yardstick for the bounds: what rounding feature maps to 10 or 7 bits makes of these small networks. */
    @ParameterizedTest
    @CsvSource({"efficientsegnet_nocontext, FP16, 3e-3", "efficientsegnet_nocontext, BF16, 2e-2"})
    void agreesWithTheReference(String name, Precision precision, double tolerance) throws IOException {
        String file = name + ".safetensors";
        try (InputStream in = GoldenFile.class.getResourceAsStream("/golden/" + file)) {
            assertNotNull(in, file);
            assertAgrees(GoldenFile.of(file, Safetensors.read(file, in.readAllBytes()), null), precision, tolerance);
        }
    }

    private static void assertAgrees(GoldenFile golden, Precision precision, double tolerance) {
        try (Network network = HOST.load(golden.model(), options(precision))) {
            GoldenCheck.Report report = GoldenCheck.run(golden, network);
            assertEquals(golden.probes().size(), report.blocks().size());
            assertTrue(report.passes(tolerance), () -> precision + " " + report.verdict(tolerance));
        }
    }

    /** Every kind of block and context that a network may have, against the graph itself. */
    @ParameterizedTest
    @EnumSource(BlockKind.class)
    void agreesWithTheGraph(BlockKind kind) {
        int which = kind.ordinal();
        NetworkSpec spec = NetworkSpec.builder()
                .channels(8, 16)
                .blocks(List.of(1, 2))
                .encoder(kind)
                .decoder(kind)
                .downsampling(Downsampling.values()[which % Downsampling.values().length])
                .fusion(Fusion.values()[which % Fusion.values().length])
                .context(
                        which == 0
                                ? ContextKind.PYRAMID_POOLING
                                : which == 1 ? ContextKind.STRIP_POOLING : ContextKind.NONE)
                .classes(5)
                .build();
        WeightedNetwork model = network(spec, new Shape(12, 16, 20));
        float[] expected;
        try (Network graph = new SameDiffEngine().load(model, options(Precision.FP32))) {
            expected = run(graph, model);
        }
        try (Network network = HOST.load(model, options(Precision.FP16))) {
            float[] found = run(network, model);
            double difference = 0;
            double norm = 0;
            for (int i = 0; i < found.length; i++) {
                difference += Math.pow(found[i] - expected[i], 2);
                norm += Math.pow(expected[i], 2);
            }
            double error = Math.sqrt(difference / norm);
            assertTrue(error < 1e-2, () -> kind + ": relative L2 error " + error);
        }
    }

    @Test
    void runsAgainAfterItsMemoryWasReleased() {
        WeightedNetwork model = toy();
        try (Network network = HOST.load(model, options(Precision.FP16))) {
            float[] first = run(network, model);
            assertArrayEquals(first, run(network, model));
            network.releaseMemory();
            assertArrayEquals(first, run(network, model));
            assertTrue(network.describe().contains("FP16"), network.describe());
        }
        try (Network network = HOST.load(model, options(Precision.FP16, EngineOptions.Concurrency.QUEUE, true))) {
            assertArrayEquals(run(network, model), run(network, model));
        }
    }

    @ParameterizedTest
    @EnumSource(EngineOptions.Concurrency.class)
    void concurrentRunsGiveTheSame(EngineOptions.Concurrency concurrency) throws Exception {
        WeightedNetwork model = toy();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (Network network = HOST.load(model, options(Precision.FP16, concurrency, false))) {
            float[] expected = run(network, model);
            Set<Future<float[]>> runs = new HashSet<>();
            for (int i = 0; i < 12; i++) {
                runs.add(threads.submit(() -> run(network, model)));
            }
            for (Future<float[]> run : runs) {
                assertArrayEquals(expected, run.get());
            }
        } finally {
            threads.shutdown();
        }
    }

    /** The paper's figure for a whole case is 1,017 MB; 715 GFLOP is the network's own count. */
    @Test
    void theFineNetworkFitsIntoTheMemoryThatThePaperNeeds() {
        NetworkSpec spec = NetworkSpec.efficientSegNet(4);
        try (CudaNetwork network = (CudaNetwork) HOST.load(network(spec, Shape.cube(192)), options(Precision.FP16))) {
            assertTrue(network.workingBytes() < 900e6, network::describe);
            assertTrue(network.table().contains(" 715."), network::table);
            System.getLogger(CudaEngineTest.class.getName()).log(System.Logger.Level.DEBUG, network::table);
        }
    }

    @Test
    void refusesWrongUse() {
        WeightedNetwork model = toy();
        assertTrue(HOST.refuses(model, options(Precision.FP32)).contains("FP16"));
        assertNull(HOST.refuses(model, options(Precision.AUTO)));
        Network network = HOST.load(model, options(Precision.AUTO));
        assertEquals(Precision.FP16, network.precision());
        assertThrows(
                IllegalArgumentException.class,
                () -> network.run(new float[3], new float[1440], new CancellationToken()));
        CancellationToken cancelled = new CancellationToken();
        cancelled.cancel();
        assertThrows(
                SegmentationCancelledException.class,
                () -> network.run(input(model.inputSize()), new float[1440], cancelled));
        network.close();
        network.close();
        assertThrows(SegmentationException.class, () -> run(network, model));
    }

    @Test
    void saysWhyThereIsNoGpu() {
        long begin = System.nanoTime();
        var status = new CudaEngine("99").status();
        double seconds = (System.nanoTime() - begin) / 1e9;
        assertFalse(status.available());
        assertTrue(status.rank() < 10, "a CPU engine has to come first");
        assertTrue(status.detail().contains("CUDA") || status.detail().contains("there is no GPU 99"), status.detail());
        assertTrue(seconds < 5, () -> "took " + seconds + " s");
        assertThrows(SegmentationException.class, () -> new CudaEngine("99").load(toy(), options(Precision.AUTO)));
        assertTrue(new CudaEngine("first").status().detail().contains("neither a number nor host"));
    }
}

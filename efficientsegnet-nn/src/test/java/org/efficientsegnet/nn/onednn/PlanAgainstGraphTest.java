// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.DownsamplingKind;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.samediff.SameDiffEngine;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every option of the networks, plan against graph, on random weights and odd shapes. */
class PlanAgainstGraphTest {

    /** Few slices with many channels, whose rows are divided among tasks, also without Winograd: 22 slices suit none. */
    private static final NetworkSpec DEEP = NetworkSpec.builder()
            .context(ContextKind.NONE)
            .channels(8, 128)
            .blocks(List.of(1, 1))
            .build();

    static List<WeightedNetwork> networks() {
        List<WeightedNetwork> networks = new ArrayList<>();
        BlockKind[] kinds = BlockKind.values();
        DownsamplingKind[] downsamplings = DownsamplingKind.values();
        Shape[] sizes = {new Shape(32, 16, 20), new Shape(16, 36, 24), new Shape(20, 16, 44)};
        for (BlockKind encoder : kinds) {
            for (ContextKind context : ContextKind.values()) {
                for (Fusion fusion : Fusion.values()) {
                    int i = networks.size();
                    NetworkSpec spec = NetworkSpec.builder()
                            .encoder(encoder)
                            .decoder(kinds[(i + i / kinds.length) % kinds.length])
                            .context(context)
                            .fusion(fusion)
                            .downsampling(downsamplings[i % downsamplings.length])
                            .channels(3, 8, 16)
                            .blocks(List.of(1, 2, 1))
                            .classes(1 + i % 5)
                            .build();
                    networks.add(network(spec, sizes[i % sizes.length], i));
                }
            }
        }
        networks.add(network(NetworkSpec.efficientSegNet(4), new Shape(64, 64, 128), 1));
        networks.add(network(NetworkSpec.coarseUNet(4), new Shape(48, 32, 80), 2));
        // Six slices at a time, and more rows than are convolved at a time.
        NetworkSpec wide = NetworkSpec.builder()
                .context(ContextKind.NONE)
                .channels(16, 32)
                .blocks(List.of(1, 1))
                .build();
        networks.add(network(wide, new Shape(12, 100, 128), 3));
        networks.add(network(DEEP, new Shape(44, 48, 40), 4));
        return networks;
    }

    private static WeightedNetwork network(NetworkSpec spec, Shape size, int seed) {
        String name = spec.encoder() + " " + spec.decoder() + " " + spec.context() + " " + spec.fusion() + " "
                + spec.downsampling() + " " + size;
        return new WeightedNetwork(name, spec, size, InitialWeights.kaiming(spec, seed));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void computesWhatTheGraphComputes(WeightedNetwork network) {
        float[] expected = run(new SameDiffEngine(), network, Precision.FP32);
        double error = relativeL2(expected, run(new OneDnnEngine(), network, Precision.FP32));
        assertTrue(error < 1.5e-5, "FP32 is off by " + error);
        if (OneDnn.hasBfloat16()) {
            // Random weights on few voxels: how far a rounding carries depends on the network.
            double once = relativeL2(expected, run(new OneDnnEngine(), rounded(network), Precision.FP32));
            double rough = relativeL2(expected, run(new OneDnnEngine(), network, Precision.BF16));
            assertTrue(rough < 6 * once, "BF16 is off by " + rough + ", its weights alone by " + once);
        }
    }

    @Test
    void dividedSlicesInEightBitsAreNearTheGraph() {
        assumeTrue(OneDnn.hasBytes(), "INT8 needs a CPU with VNNI");
        WeightedNetwork network = network(DEEP, new Shape(44, 60, 60), 4);
        EngineOptions options = new EngineOptions(Precision.FP32, 2, EngineOptions.Concurrency.QUEUE, false);
        float[] expected = run(new OneDnnEngine(), network, Precision.FP32);
        try (OneDnnNetwork exact = new OneDnnEngine().load(network, options)) {
            network = network.withCalibration(exact.calibrate(input(network)));
        }
        options = new EngineOptions(Precision.INT8, 2, EngineOptions.Concurrency.QUEUE, false);
        try (OneDnnNetwork quantized = new OneDnnEngine().load(network, options)) {
            String deep = "conv1_0.0.residual_unit.1.conv/convolution";
            long tasks = quantized.tasks(input(network)).stream()
                    .filter(job -> job.value().equals(deep))
                    .mapToLong(job -> job.seconds().size())
                    .sum();
            assertTrue(tasks > 22, tasks + " tasks for 22 slices");
        }
        double error = relativeL2(expected, run(new OneDnnEngine(), network, Precision.INT8));
        assertTrue(error > 1e-3 && error < 0.1, "INT8 is off by " + error);
    }

    /** The same with weights that BF16 can hold. */
    static WeightedNetwork rounded(WeightedNetwork network) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        network.weights().tensors().forEach((name, tensor) -> {
            float[] values = tensor.values().clone();
            for (int i = 0; i < values.length; i++) {
                // To the nearest: half of the last place that is kept is added before the rest is cut off.
                values[i] = Float.intBitsToFloat((Float.floatToIntBits(values[i]) + 0x8000) & 0xffff0000);
            }
            tensors.put(name, new Tensor(tensor.shape(), values));
        });
        return new WeightedNetwork(network.name(), network.spec(), network.inputSize(), Weights.of(tensors));
    }

    private static float[] run(NetworkEngine engine, WeightedNetwork model, Precision precision) {
        float[] input = input(model);
        float[] logits = new float[model.classes() * input.length];
        EngineOptions options = new EngineOptions(precision, 2, EngineOptions.Concurrency.QUEUE, false);
        try (Network network = engine.load(model, options)) {
            network.run(input, logits, new CancellationToken());
        }
        return logits;
    }

    private static float[] input(WeightedNetwork model) {
        Random random = new Random(7);
        float[] input = new float[model.inputSize().arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    private static double relativeL2(float[] expected, float[] found) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            double d = (double) expected[i] - found[i];
            difference += d * d;
            norm += (double) expected[i] * expected[i];
        }
        return Math.sqrt(difference / norm);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.onednn.OneDnnEngine;
import org.efficientsegnet.nn.onednn.OneDnnNetwork;
import org.efficientsegnet.nn.plan.Calibration;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks in 8 bits against plain loops in 64 bits that round what 8 bits round, and nothing else. */
class QuantizedNetworkTest {

    static List<WeightedNetwork> networks() {
        NetworkSpec strided = NetworkSpec.builder()
                .context(ContextKind.NONE)
                .channels(16, 32)
                .blocks(List.of(2, 1))
                .classes(3)
                .build();
        NetworkSpec joined = NetworkSpec.builder()
                .encoder(BlockKind.FOUR_CONV_RESIDUAL)
                .decoder(BlockKind.TWO_CONV_RESIDUAL)
                .context(ContextKind.STRIP_POOLING)
                .fusion(Fusion.CONCAT)
                .downsampling(DownsamplingKind.OVERLAPPING_MAX_POOLING)
                .channels(8, 16, 24)
                .blocksPerLevel(1)
                .classes(2)
                .build();
        return List.of(network(strided, new Shape(12, 20, 16)), network(joined, new Shape(12, 16, 20)));
    }

    private static WeightedNetwork network(NetworkSpec spec, Shape size) {
        WeightedNetwork bare = new WeightedNetwork("toy " + size, spec, size, InitialWeights.kaiming(spec, 5));
        return bare.withPlan(PlanCompilation.planOf(bare));
    }

    private static OneDnnNetwork load(WeightedNetwork model, Precision precision) {
        return new OneDnnEngine().load(model, new EngineOptions(precision, 2, EngineOptions.Concurrency.QUEUE, false));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void computesWhatTheDefinitionSays(WeightedNetwork model) {
        Random random = new Random(3);
        float[] input = new float[model.inputSize().arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        float[] exact = new float[model.classes() * input.length];
        Calibration calibration;
        try (OneDnnNetwork network = load(model, Precision.FP32)) {
            network.run(input, exact, new CancellationToken());
            calibration = network.calibrate(input);
        }
        WeightedNetwork calibrated = model.withCalibration(calibration);
        String refusal = new OneDnnEngine()
                .refuses(calibrated, new EngineOptions(Precision.INT8, 1, EngineOptions.Concurrency.QUEUE, false));
        assumeTrue(refusal == null, () -> refusal);

        Rounding rounding = new Rounding(model, calibration);
        float[] expected = Architecture.logits(
                        model.spec(), rounding, ReferenceLayers.ArrayMaps.of(1, model.inputSize(), input))
                .flat();
        assertTrue(rounded(model, rounding) >= 6, "convolutions in 8 bits: " + rounding.seen);
        float[] found = new float[exact.length];
        try (OneDnnNetwork network = load(calibrated, Precision.INT8)) {
            assertEquals(Precision.INT8, network.precision());
            network.run(input, found, new CancellationToken());
        }
        // Beside what 8 bits round, feature maps are kept in BF16 where the CPU has it.
        double rest;
        try (OneDnnNetwork network = load(model, reduced())) {
            float[] other = new float[exact.length];
            network.run(input, other, new CancellationToken());
            rest = relativeL2(exact, other);
        }
        double error = relativeL2(expected, found);
        double lost = relativeL2(exact, expected);
        assertTrue(error < 1e-4 + 2 * rest, "off by " + error + ", BF16 by " + rest + ", by the roundings " + lost);
        assertTrue(lost > 5e-3 && lost < 0.2, "the roundings change the result by " + lost);
    }

    private static Precision reduced() {
        return new OneDnnEngine()
                                .refuses(
                                        networks().get(0),
                                        new EngineOptions(Precision.BF16, 1, EngineOptions.Concurrency.QUEUE, false))
                        == null
                ? Precision.BF16
                : Precision.FP32;
    }

    private static long rounded(WeightedNetwork model, Rounding rounding) {
        Set<String> weights = model.plan().orElseThrow().steps().stream()
                .filter(Step.Convolution.class::isInstance)
                .map(step -> ((Step.Convolution) step).weight())
                .collect(Collectors.toSet());
        return rounding.seen.stream().filter(weights::contains).count();
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

    /** Convolutions of more than one voxel whose input is calibrated, outside of the context, round both their operands. */
    private static final class Rounding extends ReferenceLayers {

        private final Weights weights;
        private final Map<String, String> inputOf;
        private final Calibration calibration;
        private final Set<String> seen = new HashSet<>();

        Rounding(WeightedNetwork model, Calibration calibration) {
            super(model.weights(), Map.of());
            this.weights = model.weights();
            this.calibration = calibration;
            Plan plan = model.plan().orElseThrow();
            this.inputOf = plan.steps().stream()
                    .filter(Step.Convolution.class::isInstance)
                    .map(Step.Convolution.class::cast)
                    .collect(Collectors.toMap(Step.Convolution::weight, Step.Convolution::input));
        }

        @Override
        public ArrayMaps convolution(String path, ArrayMaps input, int channels, KernelSize kernel, int stride) {
            String weight = path + ".weight";
            Float largest = calibration.largest().get(inputOf.getOrDefault(weight, ""));
            if (largest == null || kernel.volume() == 1 || path.startsWith("context_block")) {
                return super.convolution(path, input, channels, kernel, stride);
            }
            seen.add(weight);
            return convolved(levels(input, largest / 255), levels(weights.get(weight)), stride);
        }

        private static ArrayMaps levels(ArrayMaps maps, double unit) {
            double[][] rounded = new double[maps.values().length][maps.shape().arrayLength()];
            for (int c = 0; c < rounded.length; c++) {
                for (int i = 0; i < rounded[c].length; i++) {
                    rounded[c][i] = unit * Math.max(0, Math.min(255, Math.rint(maps.values()[c][i] / unit)));
                }
            }
            return new ArrayMaps(maps.shape(), rounded);
        }

        private static Tensor levels(Tensor weight) {
            float[] rounded = weight.values().clone();
            int each = rounded.length / weight.shape()[0];
            for (int begin = 0; begin < rounded.length; begin += each) {
                double largest = 0;
                for (int i = begin; i < begin + each; i++) {
                    largest = Math.max(largest, Math.abs(rounded[i]));
                }
                double unit = largest / 127;
                for (int i = begin; i < begin + each; i++) {
                    rounded[i] = (float) (unit * Math.rint(rounded[i] / unit));
                }
            }
            return new Tensor(weight.shape(), rounded);
        }
    }
}

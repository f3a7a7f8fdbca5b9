// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How many digits each step loses by itself: what it makes of the inputs that it had, against the same in 64 bits. Bounds
 * are some times what was seen: a unit in the last place or two for most steps, some more for sums over many channels and
 * for Winograd's filtering.
 */
class StepDigitsTest {

    /** Every fifth of those with odd options, and two with larger feature maps: together all kinds of steps. */
    static List<WeightedNetwork> networks() {
        List<WeightedNetwork> all = PlanAgainstGraphTest.networks();
        List<WeightedNetwork> networks = new ArrayList<>();
        for (int i = 0; i < all.size(); i += 5) {
            networks.add(all.get(i));
        }
        NetworkSpec narrow =
                NetworkSpec.builder().channels(2, 4, 8, 16, 32).classes(2).build();
        networks.add(network(narrow, new Shape(64, 64, 128), 12));
        NetworkSpec coarse = NetworkSpec.coarseUNet(4, List.of(8, 16, 32));
        networks.add(network(coarse, new Shape(36, 48, 48), 3));
        return networks;
    }

    private static WeightedNetwork network(NetworkSpec spec, Shape size, int seed) {
        return new WeightedNetwork(spec + " " + size, spec, size, InitialWeights.kaiming(spec, seed));
    }

    /** Sums of equal numbers lose digits that those of random ones do not, and in a CT all air is alike. */
    static float[] scan(Shape size) {
        Random random = new Random(1);
        float[] input = new float[size.arrayLength()];
        for (int z = 0; z < size.z(); z++) {
            for (int y = 0; y < size.y(); y++) {
                for (int x = 0; x < size.x(); x++) {
                    boolean body =
                            Math.abs(2 * y - size.y()) < size.y() / 2 && Math.abs(2 * x - size.x()) < size.x() / 2;
                    input[size.index(z, y, x)] = (float) (body ? 1.5 + 0.3 * random.nextGaussian() : -0.73);
                }
            }
        }
        return input;
    }

    @Test
    void networksHaveStepsOfEveryKind() {
        Set<Class<?>> kinds = networks().stream()
                .flatMap(network -> PlanCompilation.planOf(network).steps().stream())
                .map(Step::getClass)
                .collect(Collectors.toSet());
        // In these blocks a norm or an interpolation takes every sum along.
        kinds.add(Step.Sum.class);
        assertEquals(kinds(Step.class), kinds);
    }

    private static Set<Class<?>> kinds(Class<?> kind) {
        return kind.isSealed()
                ? Arrays.stream(kind.getPermittedSubclasses())
                        .flatMap(narrower -> kinds(narrower).stream())
                        .collect(Collectors.toSet())
                : Set.of(kind);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void stepsIn32BitsKeepTheirDigits(WeightedNetwork network) {
        errors(network, Precision.FP32).forEach((step, error) -> {
            double units = error / 0x1p-24;
            assertTrue(units <= most(step), () -> step + " is off by " + units + " units in the last place");
        });
    }

    /** How many units in the last place a step may be off in FP32, as relative L2. */
    private static double most(Step step) {
        if (onlyMoves(step)) {
            return 0;
        }
        if (step instanceof Step.Convolution convolution) {
            return convolution.kernel().z() == 3 && convolution.stride() == 1 ? 40 : 10;
        }
        return step instanceof Step.Normalization ? 40 : 4;
    }

    private static boolean onlyMoves(Step step) {
        return step instanceof Step.MaxPooling || step instanceof Step.Relu || step instanceof Step.Concatenation;
    }

    @ParameterizedTest
    @MethodSource("networks")
    void stepsInBfloat16LoseTheirRoundingAlone(WeightedNetwork network) {
        assumeTrue(OneDnn.hasBfloat16(), "BF16 needs a CPU with AVX512_BF16");
        errors(PlanAgainstGraphTest.rounded(network), Precision.BF16).forEach((step, error) -> {
            double units = error / 0x1p-9;
            assertTrue(units <= mostInBfloat16(step), () -> step + " is off by " + units + " units in the last place");
        });
    }

    /** The same in BF16, in which interpolation and bins round their results axis by axis. */
    private static double mostInBfloat16(Step step) {
        if (onlyMoves(step)) {
            return 0;
        }
        return step instanceof Step.Resize || step instanceof Step.AdaptivePooling ? 3 : 2;
    }

    private static Map<Step, Double> errors(WeightedNetwork network, Precision precision) {
        Plan plan = PlanCompilation.planOf(network);
        PlanShapes shapes = PlanShapes.of(plan, network.inputSize());
        List<String> names = plan.steps().stream().map(Step::output).toList();
        float[] input = scan(network.inputSize());
        Map<String, double[]> values = new HashMap<>();
        EngineOptions options = new EngineOptions(precision, 2, EngineOptions.Concurrency.QUEUE, false);
        try (OneDnnNetwork engine = new OneDnnEngine().load(network.withPlan(plan), options)) {
            engine.trace(
                    input,
                    names,
                    (name, channels, shape, found) ->
                            values.put(name.equals("output") ? plan.logits().output() : name, wide(found)));
        }
        values.put(plan.input(), wide(input));
        Map<Step, Double> errors = new HashMap<>();
        for (Step step : plan.steps()) {
            double[] expected = StepReference.of(step, shapes, network.weights(), values);
            errors.put(step, relativeL2(expected, values.get(step.output())));
        }
        return errors;
    }

    private static double[] wide(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double relativeL2(double[] expected, double[] found) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            double d = expected[i] - found[i];
            difference += d * d;
            norm += expected[i] * expected[i];
        }
        // An output of nothing but zeros has to be met exactly.
        return difference == 0 ? 0 : Math.sqrt(difference / norm);
    }
}

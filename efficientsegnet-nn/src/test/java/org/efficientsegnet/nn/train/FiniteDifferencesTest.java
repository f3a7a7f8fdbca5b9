// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.DownsamplingKind;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.loss.Losses;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** The gradient of whole networks against differences of their loss, for every kind of block and every loss. */
class FiniteDifferencesTest {

    private static final Shape SIZE = new Shape(8, 8, 16);

    private static NetworkSpec.Builder small() {
        return NetworkSpec.builder().channels(4, 8).blocksPerLevel(1).classes(2).context(ContextKind.NONE);
    }

    static Stream<Arguments> networks() {
        Stream<Arguments> blocks = Arrays.stream(BlockKind.values())
                .map(kind -> Arguments.of(
                        "block " + kind, small().encoder(kind).decoder(kind).build(), LossTerm.DEFAULT));
        Stream<Arguments> contexts = Arrays.stream(ContextKind.values())
                .map(kind ->
                        Arguments.of("context " + kind, small().context(kind).build(), LossTerm.DEFAULT));
        Stream<Arguments> ways = Arrays.stream(DownsamplingKind.values())
                .map(kind -> Arguments.of(
                        "down " + kind,
                        small().downsampling(kind).fusion(Fusion.CONCAT).build(),
                        LossTerm.DEFAULT));
        Stream<Arguments> losses =
                LossTerm.names().stream().map(name -> Arguments.of("loss " + name, small().build(), name));
        return Stream.of(blocks, contexts, ways, losses).flatMap(s -> s);
    }

    private static Batch batch() {
        Random random = new Random(4);
        float[] image = new float[SIZE.arrayLength()];
        byte[] labels = new byte[image.length];
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) random.nextGaussian();
            labels[i] = (byte) random.nextInt(3);
        }
        return new Batch(List.of("noise"), image, labels);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void agreesWithFiniteDifferences(String name, NetworkSpec spec, String loss) {
        try (GradientGraph graph = new GradientGraph(spec, SIZE, 1, Losses.byName(loss), 0.2, DataType.DOUBLE, false)) {
            float[] weights = graph.layout().flatten(InitialWeights.kaiming(spec, 1));
            float[] gradient = new float[weights.length];
            float[] unused = new float[weights.length];
            Batch batch = batch();
            graph.gradient(weights, batch, 11, 1, gradient);
            double norm = Math.sqrt(dot(gradient, gradient));
            assertTrue(norm > 1e-4, "the gradient is " + norm);
            // Along the gradient itself, where a difference is large, so that no part of it can be wrong unseen.
            float[] above = weights.clone();
            float[] below = weights.clone();
            double h = 1e-4;
            for (int i = 0; i < weights.length; i++) {
                above[i] += (float) (h * gradient[i] / norm);
                below[i] -= (float) (h * gradient[i] / norm);
            }
            float[] between = new float[weights.length];
            for (int i = 0; i < weights.length; i++) {
                between[i] = above[i] - below[i];
            }
            double difference =
                    graph.gradient(above, batch, 11, 1, unused) - graph.gradient(below, batch, 11, 1, unused);
            double expected = dot(gradient, between);
            assertEquals(expected, difference, 5e-3 * Math.abs(expected), name);
        }
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** What SameDiff makes of norms, squares and dropout would be right as well, but slow. */
    @Test
    void normsSquaresAndDropoutAreDifferentiatedAsAWhole() {
        NetworkSpec spec = small().build();
        try (GradientGraph graph = new GradientGraph(spec, SIZE, 1, Losses.byName("focal"), 0.2)) {
            float[] weights = graph.layout().flatten(InitialWeights.kaiming(spec, 1));
            List<String> kinds = graph.profile(weights, batch()).stream()
                    .map(GradientGraph.OperationCost::kind)
                    .toList();
            assertTrue(kinds.contains("conv3dnew_bp"), kinds.toString());
            assertEquals(
                    List.of(),
                    kinds.stream().filter(kind -> kind.contains("pow")).toList());
            assertEquals(List.of(), kinds.stream().filter("subtract_bp"::equals).toList());
            // The focal loss has products of voxels, which are as fast as can be.
            assertTrue(kinds.stream().filter("multiply_bp"::equals).count() <= 3, kinds.toString());
        }
    }

    @Test
    void theSeedDecidesWhatIsDropped() {
        NetworkSpec spec = small().build();
        try (GradientGraph graph = new GradientGraph(spec, SIZE, 1, Losses.byName("bce"), 0.5)) {
            float[] weights = graph.layout().flatten(InitialWeights.kaiming(spec, 1));
            float[] gradient = new float[weights.length];
            double first = graph.gradient(weights, batch(), 1, 1, gradient);
            assertEquals(first, graph.gradient(weights, batch(), 1, 1, gradient));
            long others = Stream.of(2, 3, 4, 5, 6)
                    .filter(seed -> graph.gradient(weights, batch(), seed, 1, gradient) != first)
                    .count();
            assertNotEquals(0, others);
        }
    }

    @Test
    void theScaleReachesTheGradientButNotTheLoss() {
        NetworkSpec spec = small().build();
        try (GradientGraph graph = new GradientGraph(spec, SIZE, 1, Losses.byName(LossTerm.DEFAULT), 0)) {
            float[] weights = graph.layout().flatten(InitialWeights.kaiming(spec, 1));
            float[] plain = new float[weights.length];
            float[] scaled = new float[weights.length];
            double loss = graph.gradient(weights, batch(), 0, 1, plain);
            assertEquals(loss, graph.gradient(weights, batch(), 0, 256, scaled));
            for (int i = 0; i < plain.length; i++) {
                assertEquals(256 * plain[i], scaled[i], 1e-4 * Math.abs(256 * plain[i]) + 1e-6);
            }
        }
    }

    @Test
    void halvesPointTheSameWay() {
        NetworkSpec spec = small().build();
        try (GradientGraph single = new GradientGraph(spec, SIZE, 1, Losses.byName(LossTerm.DEFAULT), 0.2);
                GradientGraph half = new GradientGraph(
                        spec, SIZE, 1, Losses.byName(LossTerm.DEFAULT), 0.2, DataType.FLOAT16, false)) {
            float[] weights = single.layout().flatten(InitialWeights.kaiming(spec, 1));
            float[] expected = new float[weights.length];
            float[] gradient = new float[weights.length];
            double loss = single.gradient(weights, batch(), 2, 1, expected);
            assertEquals(loss, half.gradient(weights, batch(), 2, 1024, gradient), 2e-3 * loss);
            double cosine = dot(expected, gradient) / Math.sqrt(dot(expected, expected) * dot(gradient, gradient));
            assertTrue(cosine > 0.95 && cosine < 1 - 1e-9, "the cosine is " + cosine);
            assertEquals(1024, Math.sqrt(dot(gradient, gradient) / dot(expected, expected)), 100);
        }
    }

    @Test
    void layoutAndCheckpointHoldTheSame() {
        NetworkSpec spec = small().encoder(BlockKind.DEPTHWISE_SEPARABLE).build();
        ParameterLayout layout = new ParameterLayout(spec);
        var weights = InitialWeights.kaiming(spec, 3);
        assertEquals(weights.tensors(), layout.weights(layout.flatten(weights)).tensors());
        assertEquals(weights.parameters(), layout.size());
    }
}

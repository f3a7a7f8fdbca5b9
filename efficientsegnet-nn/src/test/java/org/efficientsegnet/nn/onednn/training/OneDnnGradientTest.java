// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.DownsamplingKind;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.team.WorkerPool;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientGraph;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.ParameterLayout.Parameter;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.loss.Losses;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Gradients against those of the network's SameDiff graph in 64 bits, for every kind of step and every loss. */
class OneDnnGradientTest {

    private static final Shape SIZE = new Shape(8, 16, 16);

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
        Stream<Arguments> shapes = Stream.of(
                Arguments.of("full vectors", small().channels(16, 32, 16).build(), LossTerm.DEFAULT),
                Arguments.of("odd channels", small().channels(3, 5, 7).build(), LossTerm.DEFAULT));
        return Stream.of(blocks, contexts, ways, losses, shapes).flatMap(s -> s);
    }

    private static Batch batch(int samples) {
        return batch(samples, SIZE);
    }

    private static Batch batch(int samples, Shape size) {
        Random random = new Random(4);
        float[] images = new float[samples * size.arrayLength()];
        byte[] labels = new byte[images.length];
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < samples; i++) {
            ids.add("noise" + i);
        }
        for (int i = 0; i < images.length; i++) {
            images[i] = (float) random.nextGaussian();
            labels[i] = (byte) random.nextInt(3);
        }
        return new Batch(ids, images, labels);
    }

    private static GradientRequest request(NetworkSpec spec, String loss, int batch, Precision precision) {
        return new GradientRequest(spec, SIZE, batch, LossTerm.parse(loss), 0.2, precision, false);
    }

    private record Result(double loss, float[] gradient) {}

    private static Result graph(GradientRequest r, float[] weights, Batch batch, String loss) {
        try (GradientGraph graph = new GradientGraph(
                r.spec(), r.size(), r.batch(), Losses.byName(loss), r.dropout(), DataType.DOUBLE, r.partial())) {
            float[] gradient = new float[weights.length];
            return new Result(graph.gradient(weights, batch, 11, 3, gradient), gradient);
        }
    }

    private static Result engine(GradientRequest request, float[] weights, Batch batch) {
        try (OneDnnGradient engine = new OneDnnGradients().open(request)) {
            float[] gradient = new float[weights.length];
            return new Result(engine.gradient(weights, batch, 11, 3, gradient), gradient);
        }
    }

    private static float[] weights(GradientRequest request) {
        return new ParameterLayout(request.spec()).flatten(InitialWeights.kaiming(request.spec(), 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void agreesWithTheGraph(String name, NetworkSpec spec, String loss) {
        GradientRequest request = request(spec, loss, 1, Precision.FP32);
        float[] weights = weights(request);
        Result expected = graph(request, weights, batch(1), loss);
        Result actual = engine(request, weights, batch(1));
        assertEquals(expected.loss(), actual.loss(), 2e-6 * Math.max(1, Math.abs(expected.loss())));
        assertAlike(spec, expected.gradient(), actual.gradient(), 2e-4);
        Result again = engine(request.withRecompute(true), weights, batch(1));
        assertEquals(actual.loss(), again.loss());
        assertArrayEquals(actual.gradient(), again.gradient());
    }

    /** The whole network, of which nothing may be lost that the way back needs, in memory that was written before. */
    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void whatIsComputedAgainTakesLessMemoryAndHasTheSameBits(Precision precision) {
        assumeTrue(precision != Precision.BF16 || OneDnn.hasBfloat16(), "BF16 needs a CPU that multiplies it");
        NetworkSpec spec = NetworkSpec.efficientSegNet(2, List.of(8, 16, 32, 64));
        Shape size = new Shape(32, 32, 64);
        Batch batch = batch(1, size);
        GradientRequest kept =
                new GradientRequest(spec, size, 1, LossTerm.parse(LossTerm.DEFAULT), 0.2, precision, false);
        float[] weights = weights(kept);
        float[] expected = new float[weights.length];
        float[] actual = new float[weights.length];
        try (OneDnnGradient engine = new OneDnnGradients().open(kept);
                OneDnnGradient recomputing = new OneDnnGradients().open(kept.withRecompute(true))) {
            double loss = engine.gradient(weights, batch, 11, 3, expected);
            recomputing.fill(0x7f);
            assertEquals(loss, recomputing.gradient(weights, batch, 11, 3, actual));
            assertArrayEquals(expected, actual);
            assertEquals(loss, recomputing.gradient(weights, batch, 11, 3, actual));
            assertArrayEquals(expected, actual);
            recomputing.releaseMemory();
            assertEquals(loss, recomputing.gradient(weights, batch, 11, 3, actual));
            assertArrayEquals(expected, actual);
            double share = (double) recomputing.workingBytes() / engine.workingBytes();
            assertTrue(share < 0.9, "it takes " + share + " of the memory");
        }
    }

    /** Two levels, so that little has been rounded; what rounding does to deep random networks has no bound. */
    @Test
    void bfloat16PointsTheSameWay() {
        assumeTrue(OneDnn.hasBfloat16(), "BF16 needs a CPU that multiplies it");
        NetworkSpec spec =
                small().channels(16, 32).context(ContextKind.STRIP_POOLING).build();
        GradientRequest request = request(spec, LossTerm.DEFAULT, 1, Precision.BF16);
        float[] weights = weights(request);
        Result expected = graph(request, weights, batch(1), LossTerm.DEFAULT);
        Result actual = engine(request, weights, batch(1));
        assertEquals(expected.loss(), actual.loss(), 5e-3 * expected.loss());
        double cosine = cosine(expected, actual, 0, weights.length);
        assertTrue(cosine > 0.99, "the cosine is " + cosine);
        // The norm behind it takes the scale of the shortcut from the image away, so that nearly all of its gradient
        // cancels.
        for (Parameter p : new ParameterLayout(spec).parameters()) {
            if (p.name().equals("conv0_0.0.shortcut_unit.conv.weight")) {
                double ofShortcut = cosine(expected, actual, p.offset(), p.size());
                double share =
                        norm(expected.gradient(), p.offset(), p.size()) / norm(expected.gradient(), 0, weights.length);
                assertTrue(share > 0 && share < 1e-3, "its share is " + share);
                assertTrue(ofShortcut > 0.99, p.name() + ": the cosine is " + ofShortcut);
                return;
            }
        }
        throw new AssertionError("there is no shortcut");
    }

    private static double cosine(Result expected, Result actual, int from, int count) {
        double dot = 0;
        for (int i = from; i < from + count; i++) {
            dot += (double) expected.gradient()[i] * actual.gradient()[i];
        }
        return dot / norm(expected.gradient(), from, count) / norm(actual.gradient(), from, count);
    }

    /** What memory held before must not matter, nor on which thread's stack a primitive runs. */
    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16"})
    void nothingIsReadThatWasNotWritten(Precision precision) {
        assumeTrue(precision != Precision.BF16 || OneDnn.hasBfloat16(), "BF16 needs a CPU that multiplies it");
        NetworkSpec spec = NetworkSpec.builder().channels(4, 8, 16).build();
        GradientRequest request = new GradientRequest(
                spec, new Shape(16, 16, 32), 1, LossTerm.parse(LossTerm.DEFAULT), 0.2, precision, false);
        Random random = new Random(4);
        float[] image = new float[request.size().arrayLength()];
        byte[] labels = new byte[image.length];
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) random.nextGaussian();
            labels[i] = (byte) random.nextInt(5);
        }
        Batch batch = new Batch(List.of("noise"), image, labels);
        float[] weights = weights(request);
        try (OneDnnGradient engine = new OneDnnGradients().open(request)) {
            float[] expected = new float[weights.length];
            engine.fill(0);
            engine.gradient(weights, batch, 1, 1, expected);
            for (int i = 0; i < 3; i++) {
                // Large numbers, in 32 and in 16 bits.
                engine.fill(0x7f);
                float[] actual = new float[weights.length];
                engine.gradient(weights, batch, 1, 1, actual);
                assertArrayEquals(expected, actual);
            }
        }
    }

    @Test
    void itUsesTheThreadsThatItMay() {
        GradientRequest request = request(small().build(), LossTerm.DEFAULT, 2, Precision.FP32);
        Batch batch = batch(2);
        float[] weights = weights(request);
        Result one = engine(request.withThreads(1), weights, batch);
        assertArrayEquals(engine(request, weights, batch).gradient(), one.gradient());
        try (OneDnnGradient engine = new OneDnnGradients().open(request.withThreads(1))) {
            assertTrue(engine.describe().contains(" 1 workers"), engine.describe());
        }
        assertThrows(IllegalArgumentException.class, () -> request.withThreads(-1));
    }

    @Test
    void whatIsNotKnownIsLeftOut() {
        NetworkSpec spec = small().build();
        Batch all = batch(2);
        byte[] labels = all.labels().clone();
        for (int i = 0; i < labels.length; i += 3) {
            labels[i] = (byte) Batch.UNKNOWN;
        }
        // The second sample's first channel was not annotated.
        Batch partial = new Batch(all.ids(), all.images(), labels, new boolean[] {true, true, false, true});
        for (String loss : List.of(LossTerm.DEFAULT, "dice+bce", "top-k")) {
            GradientRequest request =
                    new GradientRequest(spec, SIZE, 2, LossTerm.parse(loss), 0.2, Precision.FP32, true);
            float[] weights = weights(request);
            Result expected = graph(request, weights, partial, loss);
            Result actual = engine(request, weights, partial);
            assertEquals(expected.loss(), actual.loss(), 2e-6);
            assertAlike(spec, expected.gradient(), actual.gradient(), 2e-4);
        }
        GradientRequest request =
                new GradientRequest(spec, SIZE, 1, LossTerm.parse("focal-published"), 0, Precision.FP32, true);
        Batch one = new Batch(
                List.of("one"),
                Arrays.copyOf(partial.images(), SIZE.arrayLength()),
                Arrays.copyOf(labels, SIZE.arrayLength()),
                new boolean[] {true, false});
        float[] weights = weights(request);
        Result expected = graph(request, weights, one, "focal-published");
        Result actual = engine(request, weights, one);
        assertEquals(expected.loss(), actual.loss(), 2e-6 * expected.loss());
        assertAlike(spec, expected.gradient(), actual.gradient(), 2e-4);
    }

    @Test
    void theGradientOfABatchIsThatOfItsSamples() {
        NetworkSpec spec = small().build();
        for (String loss : List.of(LossTerm.DEFAULT, "bce", "top-k")) {
            GradientRequest request = request(spec, loss, 2, Precision.FP32);
            float[] weights = weights(request);
            Result expected = graph(request, weights, batch(2), loss);
            Result actual = engine(request, weights, batch(2));
            assertEquals(expected.loss(), actual.loss(), 2e-6);
            assertAlike(spec, expected.gradient(), actual.gradient(), 2e-4);
        }
        GradientRequest published = request(spec, "focal-published", 2, Precision.FP32);
        assertTrue(new OneDnnGradients().refuses(published).contains("focal-published"));
    }

    @Test
    void theGradientHasTheSameBitsForEveryNumberOfWorkers() {
        NetworkSpec spec = small().channels(16, 32, 16)
                .context(ContextKind.STRIP_POOLING)
                .downsampling(DownsamplingKind.OVERLAPPING_MAX_POOLING)
                .build();
        GradientRequest request = request(spec, LossTerm.DEFAULT, 1, Precision.FP32);
        float[] weights = weights(request);
        Result one = onWorkers(1, request, weights);
        Result three = onWorkers(3, request, weights);
        assertEquals(one.loss(), three.loss());
        assertArrayEquals(one.gradient(), three.gradient());
    }

    private static Result onWorkers(int workers, GradientRequest request, float[] weights) {
        Plan plan = PlanCompilation.planOf(
                new WeightedNetwork("test", request.spec(), SIZE, InitialWeights.kaiming(request.spec(), 0)));
        try (OneDnnGradient engine =
                new OneDnnGradient(request, plan, Precision.FP32, new WorkerPool(workers), workers)) {
            float[] gradient = new float[weights.length];
            engine.gradient(weights, batch(1), 11, 3, gradient);
            // Once more, in memory that is no longer fresh.
            return new Result(engine.gradient(weights, batch(1), 11, 3, gradient), gradient);
        }
    }

    private static void assertAlike(NetworkSpec spec, float[] expected, float[] actual, double most) {
        double whole = norm(expected, 0, expected.length);
        assertTrue(whole > 1e-4, "the gradient is " + whole);
        StringBuilder problems = new StringBuilder();
        for (Parameter p : new ParameterLayout(spec).parameters()) {
            float[] difference = new float[p.size()];
            for (int i = 0; i < p.size(); i++) {
                difference[i] = actual[p.offset() + i] - expected[p.offset() + i];
            }
            // Some weights have next to no gradient: a norm takes the factor of a single input channel away.
            double size = Math.max(norm(expected, p.offset(), p.size()), 1e-3 * whole);
            double relative = norm(difference, 0, p.size()) / size;
            if (!(relative < most)) {
                problems.append(String.format(Locale.ROOT, "%s: relative L2 %.2e%n", p.name(), relative));
            }
        }
        assertEquals("", problems.toString());
    }

    private static double norm(float[] values, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += (double) values[i] * values[i];
        }
        return Math.sqrt(sum);
    }
}

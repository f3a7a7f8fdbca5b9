// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import static org.efficientsegnet.nn.network.ReferenceLayers.added;
import static org.efficientsegnet.nn.network.ReferenceLayers.binMeans;
import static org.efficientsegnet.nn.network.ReferenceLayers.convolved;
import static org.efficientsegnet.nn.network.ReferenceLayers.interpolated;
import static org.efficientsegnet.nn.network.ReferenceLayers.joined;
import static org.efficientsegnet.nn.network.ReferenceLayers.normalised;
import static org.efficientsegnet.nn.network.ReferenceLayers.rectified;
import static org.efficientsegnet.nn.network.ReferenceLayers.stripMeans;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.efficientsegnet.nn.network.ReferenceLayers.ArrayMaps;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/** The graphs against plain loops in 64-bit arithmetic, on inputs small enough for them. */
class NetworkGraphTest {

    /** Sides that differ, so that a swap of axes shows. */
    private static final Shape SIZE = new Shape(4, 8, 12);

    /** Inputs are so small that threads would only wait for each other. */
    @BeforeAll
    static void useOneThread() {
        Nd4j.getEnvironment().setMaxThreads(1);
        Nd4j.getEnvironment().setMaxMasterThreads(1);
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(1);
        Nd4j.factory().blas().setMaxThreads(1);
    }

    private static NetworkSpec.Builder small() {
        return NetworkSpec.builder()
                .channels(3, 4, 8)
                .blocksPerLevel(2)
                .classes(2)
                .context(ContextKind.NONE);
    }

    static Stream<Arguments> networks() {
        List<Arguments> all = new ArrayList<>();
        for (BlockKind kind : BlockKind.values()) {
            all.add(Arguments.of(
                    "encoder and decoder " + kind,
                    small().encoder(kind).decoder(kind).build(),
                    SIZE));
        }
        for (ContextKind kind : ContextKind.values()) {
            all.add(Arguments.of(
                    "context " + kind, small().channels(3, 8).context(kind).build(), new Shape(8, 10, 18)));
        }
        for (DownsamplingKind kind : DownsamplingKind.values()) {
            for (Fusion fusion : Fusion.values()) {
                all.add(Arguments.of(
                        kind + " and " + fusion,
                        small().downsampling(kind).fusion(fusion).build(),
                        SIZE));
            }
        }
        all.add(Arguments.of(
                "blocks a level 1 3 2, two decoder blocks",
                small().blocks(List.of(1, 3, 2)).decoderBlocks(2).build(),
                SIZE));
        all.add(Arguments.of(
                "unnumbered blocks",
                small().encoder(BlockKind.FOUR_CONV_RESIDUAL)
                        .decoder(BlockKind.TWO_CONV_RESIDUAL)
                        .blocksPerLevel(1)
                        .build(),
                SIZE));
        all.add(Arguments.of("two levels", small().channels(2, 5).build(), new Shape(6, 2, 4)));
        all.add(Arguments.of("two input channels", small().inputChannels(2).build(), SIZE));
        all.add(Arguments.of(
                "one voxel deep at the bottom",
                small().context(ContextKind.STRIP_POOLING).build(),
                new Shape(4, 8, 12)));
        return all.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void agreesWithPlainLoops(String name, NetworkSpec spec, Shape size) {
        Weights weights = InitialWeights.kaiming(spec, 1);
        float[] input = normal(spec.inputChannels() * size.arrayLength(), 2);
        ReferenceLayers reference = new ReferenceLayers(weights, Map.of());
        ArrayMaps logits = Architecture.logits(spec, reference, ArrayMaps.of(spec.inputChannels(), size, input));
        SameDiff graph = NetworkGraph.build(spec, size, weights);
        Map<String, INDArray> values = outputs(graph, spec, size, input, reference.blocks.keySet());
        reference.blocks.forEach(
                (block, maps) -> assertClose(block, maps.flat(), channelsFirst(values.get(block)), 2e-5));
        assertClose(
                "output", logits.flat(), values.get("output").dup('c').data().asFloat(), 2e-5);
        assertArrayEquals(
                new long[] {1, spec.classes(), size.z(), size.y(), size.x()},
                values.get("output").shape());
    }

    /** What the block is, written down a second time. */
    @Test
    void bottleneckIsReduceConvolveExpand() {
        NetworkSpec spec = small().channels(8, 16).encoder(BlockKind.BOTTLENECK).build();
        Weights w = InitialWeights.kaiming(spec, 3);
        Map<String, INDArray> values = outputs(spec, SIZE, w, 4, "conv0_0", "conv1_0");
        ArrayMaps x = maps(values.get("conv0_0"));
        for (int block = 0; block < 2; block++) {
            String path = "conv1_0." + block;
            assertArrayEquals(
                    new int[] {4, block == 0 ? 8 : 16, 1, 1, 1},
                    w.get(path + ".residual_unit.0.conv.weight").shape());
            int stride = block == 0 ? 2 : 1;
            ArrayMaps r = rectified(normalised(convolved(x, w.get(path + ".residual_unit.0.conv.weight"), 1)));
            r = rectified(normalised(convolved(r, w.get(path + ".residual_unit.1.conv.weight"), stride)));
            r = normalised(convolved(r, w.get(path + ".residual_unit.2.conv.weight"), 1));
            ArrayMaps shortcut =
                    block == 0 ? normalised(convolved(x, w.get(path + ".shortcut_unit.conv.weight"), 2)) : x;
            x = rectified(added(List.of(r, shortcut)));
        }
        assertClose("conv1_0", x.flat(), channelsFirst(values.get("conv1_0")), 2e-5);
    }

    @Test
    void separableBlockConvolvesChannelsApart() {
        NetworkSpec spec = small().channels(4, 8)
                .encoder(BlockKind.DEPTHWISE_SEPARABLE)
                .blocksPerLevel(1)
                .build();
        Weights w = InitialWeights.kaiming(spec, 5);
        Map<String, INDArray> values = outputs(spec, SIZE, w, 6, "conv0_0", "conv1_0");
        ArrayMaps x = maps(values.get("conv0_0"));
        String path = "conv1_0.0.residual_unit.";
        ArrayMaps r = convolved(x, w.get(path + "0.depthwise.weight"), 2);
        r = rectified(normalised(convolved(r, w.get(path + "0.pointwise.weight"), 1)));
        r = convolved(r, w.get(path + "1.depthwise.weight"), 1);
        r = normalised(convolved(r, w.get(path + "1.pointwise.weight"), 1));
        ArrayMaps shortcut = normalised(convolved(x, w.get("conv1_0.0.shortcut_unit.conv.weight"), 2));
        assertClose(
                "conv1_0", rectified(added(List.of(r, shortcut))).flat(), channelsFirst(values.get("conv1_0")), 2e-5);
    }

    @Test
    void pyramidPoolingJoinsMeansOverOneToSixBins() {
        NetworkSpec spec = small().context(ContextKind.PYRAMID_POOLING).build();
        Shape size = new Shape(28, 16, 20);
        Weights w = InitialWeights.kaiming(spec, 7);
        Map<String, INDArray> values = outputs(spec, size, w, 8, "conv2_0", "context_block");
        ArrayMaps x = maps(values.get("conv2_0"));
        List<ArrayMaps> branches = new ArrayList<>();
        branches.add(rectified(normalised(convolved(x, w.get("context_block.conv0.conv.weight"), 1))));
        ArrayMaps global = rectified(convolved(binMeans(x, 1), w.get("context_block.conv1.conv.weight"), 1));
        branches.add(interpolated(global, x.shape()));
        int[] bins = {2, 3, 6};
        for (int i = 0; i < bins.length; i++) {
            Tensor weight = w.get("context_block.conv" + (i + 2) + ".conv.weight");
            branches.add(interpolated(rectified(normalised(convolved(binMeans(x, bins[i]), weight, 1))), x.shape()));
        }
        ArrayMaps expected =
                rectified(normalised(convolved(joined(branches), w.get("context_block.project.conv.weight"), 1)));
        assertClose("context_block", expected.flat(), channelsFirst(values.get("context_block")), 2e-5);
    }

    @Test
    void stripPoolingGatesItsInput() {
        NetworkSpec spec = small().context(ContextKind.STRIP_POOLING).build();
        Shape size = new Shape(28, 16, 20);
        Weights w = InitialWeights.kaiming(spec, 9);
        Map<String, INDArray> values = outputs(spec, size, w, 10, "conv2_0", "context_block");
        ArrayMaps x = maps(values.get("conv2_0"));
        List<ArrayMaps> strips = new ArrayList<>();
        for (int axis = 0; axis < 3; axis++) {
            Tensor weight = w.get("context_block.conv" + (axis + 1) + ".conv.weight");
            assertEquals(3, weight.shape()[2 + axis]);
            strips.add(normalised(convolved(stripMeans(x, axis), weight, 1)));
        }
        Shape bottom = x.shape();
        float[] expected = new float[8 * bottom.arrayLength()];
        double[][] sums = new double[8][bottom.arrayLength()];
        int i = 0;
        for (int c = 0; c < 8; c++) {
            for (int z = 0; z < bottom.z(); z++) {
                for (int y = 0; y < bottom.y(); y++) {
                    for (int xx = 0; xx < bottom.x(); xx++) {
                        sums[c][bottom.index(z, y, xx)] = Math.max(
                                0,
                                strips.get(0).at(c, z, 0, 0)
                                        + strips.get(1).at(c, 0, y, 0)
                                        + strips.get(2).at(c, 0, 0, xx));
                    }
                }
            }
        }
        ArrayMaps gate = convolved(new ArrayMaps(bottom, sums), w.get("context_block.gate.weight"), 1);
        for (int c = 0; c < 8; c++) {
            for (int v = 0; v < bottom.arrayLength(); v++) {
                expected[i++] = (float) (x.values()[c][v] / (1 + Math.exp(-gate.values()[c][v])));
            }
        }
        assertClose("context_block", expected, channelsFirst(values.get("context_block")), 2e-5);
    }

    /** On data below zero the padding must not win; on odd extents the last window is cut. */
    @ParameterizedTest
    @EnumSource(
            value = DownsamplingKind.class,
            names = {"MAX_POOLING", "OVERLAPPING_MAX_POOLING"})
    void maxPoolingTakesNoPaddingAndOddExtents(DownsamplingKind kind) {
        boolean overlapping = kind == DownsamplingKind.OVERLAPPING_MAX_POOLING;
        Shape size = overlapping ? new Shape(7, 5, 9) : new Shape(6, 4, 10);
        float[] input = normal(3 * size.arrayLength(), 11);
        for (int i = 0; i < input.length; i++) {
            input[i] -= 100;
        }
        SameDiff graph = SameDiff.create();
        SDVariable placeholder = graph.placeHolder("x", DataType.FLOAT, 1, size.z(), size.y(), size.x(), 3);
        SameDiffLayers layers = new SameDiffLayers(graph, Weights.of(Map.of()), new NetworkGraph.Options(1, false));
        layers.block(
                "y",
                layers.maxPooling(
                        "pool",
                        new SameDiffLayers.GraphMaps(placeholder, 3, size),
                        overlapping ? 3 : 2,
                        overlapping ? 1 : 0));
        ArrayMaps maps = ArrayMaps.of(3, size, input);
        INDArray last = Nd4j.create(input, new long[] {1, 3, size.z(), size.y(), size.x()}, 'c')
                .permute(0, 2, 3, 4, 1)
                .dup('c');
        INDArray pooled = graph.output(Map.of("x", last), "y").get("y");
        ArrayMaps expected = new ReferenceLayers(Weights.of(Map.of()), Map.of())
                .maxPooling("pool", maps, overlapping ? 3 : 2, overlapping ? 1 : 0);
        assertArrayEquals(expected.flat(), channelsFirst(pooled));
    }

    @Test
    void batchesAndMasksGoThroughInParallel() {
        NetworkSpec spec = small().channels(3, 8)
                .context(ContextKind.MIXED_PYRAMID_STRIP_POOLING)
                .build();
        Shape size = new Shape(8, 10, 18);
        Weights weights = InitialWeights.kaiming(spec, 12);
        SameDiff graph = NetworkGraph.build(spec, size, weights, new NetworkGraph.Options(2, true));
        Random random = new Random(13);
        Map<String, INDArray> values = new HashMap<>();
        List<Map<String, double[]>> masks = List.of(new HashMap<>(), new HashMap<>());
        for (String name : graph.inputs()) {
            if (name.endsWith(".drop.mask")) {
                INDArray mask =
                        Nd4j.create(DataType.FLOAT, graph.getVariable(name).getShape());
                int channels = (int) mask.size(1);
                for (int n = 0; n < 2; n++) {
                    double[] factors = new double[channels];
                    for (int c = 0; c < channels; c++) {
                        factors[c] = random.nextDouble() < 0.2 ? 0 : 1.25;
                        mask.putScalar(new int[] {n, c, 0, 0, 0}, factors[c]);
                    }
                    masks.get(n).put(name.substring(0, name.length() - ".mask".length()), factors);
                }
                values.put(name, mask);
            }
        }
        // Four encoder blocks, one decoder block, one trans_1, six in the context block.
        assertEquals(4 + 1 + 1 + 6, values.size());
        float[] input = normal(2 * size.arrayLength(), 14);
        values.put(NetworkGraph.INPUT, Nd4j.create(input, new long[] {2, 1, size.z(), size.y(), size.x()}, 'c'));
        INDArray output = graph.output(values, NetworkGraph.OUTPUT).get(NetworkGraph.OUTPUT);
        int length = 2 * size.arrayLength();
        float[] logits = output.dup('c').data().asFloat();
        for (int n = 0; n < 2; n++) {
            float[] one = Arrays.copyOfRange(input, n * length / 2, (n + 1) * length / 2);
            ArrayMaps expected =
                    Architecture.logits(spec, new ReferenceLayers(weights, masks.get(n)), ArrayMaps.of(1, size, one));
            assertClose("sample " + n, expected.flat(), Arrays.copyOfRange(logits, n * length, (n + 1) * length), 5e-5);
        }
    }

    /** The derivative along a random direction of the weights, by the graph and by differences of the plain loops. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("differentiated")
    void gradientsAgreeWithDifferences(String name, NetworkSpec spec, Shape size) {
        Weights weights = InitialWeights.kaiming(spec, 15);
        float[] input = normal(spec.inputChannels() * size.arrayLength(), 16);
        float[] factors = normal(spec.classes() * size.arrayLength(), 17);
        SameDiff graph = NetworkGraph.build(spec, size, weights);
        SDVariable factor = graph.constant(
                "factor", Nd4j.create(factors, new long[] {1, spec.classes(), size.z(), size.y(), size.x()}, 'c'));
        graph.getVariable(NetworkGraph.OUTPUT).mul(factor).sum().rename("loss");
        graph.setLossVariables("loss");
        Map<String, INDArray> placeholders = Map.of(NetworkGraph.INPUT, input(spec, size, input));
        Map<String, INDArray> gradients =
                graph.calculateGradients(placeholders, spec.parameterShapes().keySet());

        Random random = new Random(18);
        double step = 1e-6;
        for (String group : List.of("conv0_0", "")) {
            Map<String, Tensor> up = new LinkedHashMap<>();
            Map<String, Tensor> down = new LinkedHashMap<>();
            double slope = 0;
            double scale = 0;
            for (Map.Entry<String, Tensor> entry : weights.tensors().entrySet()) {
                boolean moved = entry.getKey().startsWith(group);
                float[] w = entry.getValue().values();
                int[] shape = entry.getValue().shape();
                float[] above = w.clone();
                float[] below = w.clone();
                float[] gradient = gradients
                        .get(entry.getKey())
                        .permute(4, 3, 0, 1, 2)
                        .dup('c')
                        .data()
                        .asFloat();
                for (int i = 0; moved && i < w.length; i++) {
                    double direction = random.nextGaussian();
                    above[i] += (float) (step * direction);
                    below[i] -= (float) (step * direction);
                    double actual = ((double) above[i] - below[i]) / (2 * step);
                    slope += gradient[i] * actual;
                    scale += Math.pow(gradient[i], 2);
                }
                up.put(entry.getKey(), new Tensor(shape, above));
                down.put(entry.getKey(), new Tensor(shape, below));
            }
            double difference = (loss(spec, size, Weights.of(up), input, factors)
                            - loss(spec, size, Weights.of(down), input, factors))
                    / (2 * step);
            assertEquals(difference, slope, 0.01 * Math.sqrt(scale) + 1e-3, group);
        }
    }

    private static double loss(NetworkSpec spec, Shape size, Weights weights, float[] input, float[] factors) {
        ArrayMaps logits = Architecture.logits(
                spec, new ReferenceLayers(weights, Map.of()), ArrayMaps.of(spec.inputChannels(), size, input));
        double sum = 0;
        for (int i = 0; i < factors.length; i++) {
            sum += factors[i] * logits.values()[i / size.arrayLength()][i % size.arrayLength()];
        }
        return sum;
    }

    @Test
    void weightsComeBackAsTheyWere() {
        NetworkSpec spec = small().encoder(BlockKind.DEPTHWISE_SEPARABLE).build();
        Weights weights = InitialWeights.kaiming(spec, 19);
        Weights back = NetworkGraph.weights(spec, NetworkGraph.build(spec, SIZE, weights));
        assertEquals(weights.tensors(), back.tensors());
    }

    @Test
    void initialWeightsHaveTheVarianceOfTheirInputs() {
        Weights weights = InitialWeights.kaiming(NetworkSpec.efficientSegNet(4), 20);
        double sum = 0;
        float[] values = weights.get("conv3_0.1.residual_unit.0.conv.weight").values();
        for (float value : values) {
            sum += (double) value * value;
        }
        assertEquals(2.0 / (128 * 27), sum / values.length, 0.01 * 2.0 / (128 * 27));
        assertEquals(
                weights.tensors(),
                InitialWeights.kaiming(NetworkSpec.efficientSegNet(4), 20).tensors());
        assertNotEquals(
                weights.tensors(),
                InitialWeights.kaiming(NetworkSpec.efficientSegNet(4), 21).tensors());
    }

    @Test
    void namesTheTensorThatDoesNotFit() {
        NetworkSpec spec = small().build();
        Map<String, Tensor> tensors =
                new LinkedHashMap<>(InitialWeights.kaiming(spec, 1).tensors());
        Tensor last = tensors.remove("final.weight");
        assertRefused(spec, tensors, "final.weight");
        tensors.put("final.weight", new Tensor(new int[] {3, 2, 1, 1, 1}, last.values()));
        assertRefused(spec, tensors, "[3, 2, 1, 1, 1]");
        tensors.put("final.weight", last);
        tensors.put("surplus", last);
        assertRefused(spec, tensors, "surplus");
    }

    private static void assertRefused(NetworkSpec spec, Map<String, Tensor> tensors, String name) {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> NetworkGraph.build(spec, SIZE, Weights.of(tensors)))
                .getMessage();
        assertTrue(message.contains(name), message);
    }

    /** Every kind of layer once. */
    static Stream<Arguments> differentiated() {
        return networks().filter(network -> {
            String name = (String) network.get()[0];
            return name.startsWith("encoder and decoder")
                    || name.startsWith("context")
                    || name.endsWith("POOLING and CONCAT");
        });
    }

    /** What blocks give for an input of normal noise. */
    private static Map<String, INDArray> outputs(
            NetworkSpec spec, Shape size, Weights weights, long seed, String... blocks) {
        float[] input = normal(size.arrayLength(), seed);
        return outputs(NetworkGraph.build(spec, size, weights), spec, size, input, List.of(blocks));
    }

    private static Map<String, INDArray> outputs(
            SameDiff graph, NetworkSpec spec, Shape size, float[] input, Iterable<String> blocks) {
        List<String> names = new ArrayList<>();
        blocks.forEach(names::add);
        names.add(NetworkGraph.OUTPUT);
        return graph.output(Map.of(NetworkGraph.INPUT, input(spec, size, input)), names.toArray(String[]::new));
    }

    private static INDArray input(NetworkSpec spec, Shape size, float[] values) {
        return Nd4j.create(values, new long[] {1, spec.inputChannels(), size.z(), size.y(), size.x()}, 'c');
    }

    private static ArrayMaps maps(INDArray last) {
        Shape shape = new Shape((int) last.size(1), (int) last.size(2), (int) last.size(3));
        return ArrayMaps.of((int) last.size(4), shape, channelsFirst(last));
    }

    private static float[] channelsFirst(INDArray last) {
        return last.permute(0, 4, 1, 2, 3).dup('c').data().asFloat();
    }

    private static float[] normal(int length, long seed) {
        Random random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static void assertClose(String name, float[] expected, float[] actual, double tolerance) {
        assertEquals(expected.length, actual.length, name);
        double error = GoldenCheck.relativeL2(expected, actual, 1);
        assertTrue(error <= tolerance, () -> name + ": relative L2 error " + error);
    }
}

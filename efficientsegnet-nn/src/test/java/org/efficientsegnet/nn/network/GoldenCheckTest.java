// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.GoldenCheck.BlockError;
import org.efficientsegnet.nn.network.GoldenCheck.Report;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenCheckTest {

    private static final Shape SIZE = new Shape(8, 8, 12);
    private static final NetworkSpec SPEC =
            NetworkSpec.builder().channels(2, 3, 4).context(ContextKind.NONE).build();

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, float[]> computed = new LinkedHashMap<>();

    /** A file with what plain loops compute. */
    GoldenCheckTest() {
        Weights weights = InitialWeights.kaiming(SPEC, 1);
        Random random = new Random(2);
        float[] input = new float[SIZE.arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        tensors.put("input", new Tensor(new int[] {1, 1, SIZE.z(), SIZE.y(), SIZE.x()}, input));
        weights.tensors().forEach((name, tensor) -> tensors.put("weight." + name, tensor));
        ReferenceLayers layers = new ReferenceLayers(weights, Map.of());
        float[] logits = Architecture.logits(SPEC, layers, ReferenceLayers.ArrayMaps.of(1, SIZE, input))
                .flat();
        NetworkCounts.of(SPEC, SIZE).blocks().stream()
                .filter(block -> layers.blocks.containsKey(block.name()))
                .forEach(block -> computed.put(
                        block.name(), layers.blocks.get(block.name()).flat()));
        computed.put("output", logits);
        computed.forEach((name, values) -> {
            int stride = name.equals("output") ? 13 : 97;
            float[] samples = new float[(values.length + stride - 1) / stride];
            for (int i = 0; i < samples.length; i++) {
                samples[i] = values[i * stride];
            }
            tensors.put("probe." + name, new Tensor(new int[] {samples.length}, samples));
        });
    }

    private GoldenFile file() throws MalformedFileException {
        return GoldenFile.of("small.safetensors", safetensors(Set.of()), null);
    }

    private Safetensors safetensors(Set<String> without) {
        Safetensors.Builder builder = Safetensors.builder();
        tensors.forEach((name, tensor) -> {
            if (!without.contains(name)) {
                builder.add(name, DType.F32, tensor);
            }
        });
        return builder.build();
    }

    /** Shows what was computed, with some blocks falsified. */
    private Network network(Map<String, Float> shifts) {
        return new Network() {
            @Override
            public void run(float[] input, float[] logits, RunControl control) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void trace(float[] input, BlockObserver observer) {
                computed.forEach((name, values) -> {
                    float[] shown = values.clone();
                    shown[0] += shifts.getOrDefault(name, 0f);
                    observer.block(name, 1, SIZE, shown);
                });
            }

            @Override
            public Shape inputSize() {
                return SIZE;
            }

            @Override
            public int classes() {
                return 1;
            }

            @Override
            public Precision precision() {
                return Precision.FP32;
            }

            @Override
            public String describe() {
                return "test";
            }

            @Override
            public void releaseMemory() {}

            @Override
            public void close() {}
        };
    }

    @Test
    void findsNothingWhereNothingDeparts() throws IOException {
        GoldenFile file = file();
        assertEquals(SPEC, file.model().spec());
        assertEquals(SIZE, file.model().inputSize());
        Report report = GoldenCheck.run(file, network(Map.of()));
        assertEquals(0, report.outputError());
        assertTrue(report.passes(0));
        assertEquals(
                List.copyOf(computed.keySet()),
                report.blocks().stream().map(BlockError::block).toList());
    }

    @Test
    void namesTheFirstBlockThatDeparts() throws IOException {
        Report report = GoldenCheck.run(file(), network(Map.of("conv2_0", 0.5f, "conv1_1", 9f, "output", 1f)));
        assertFalse(report.passes(2e-5));
        assertEquals("conv2_0", report.firstDeparting(2e-5).orElseThrow().block());
        assertTrue(report.verdict(2e-5).contains("first block that departs is conv2_0"), report.verdict(2e-5));
        float[] samples = tensors.get("probe.output").values();
        double norm = 0;
        for (float sample : samples) {
            norm += (double) sample * sample;
        }
        assertEquals(1 / Math.sqrt(norm), report.outputError(), 1e-6);
    }

    @Test
    void notANumberDeparts() throws IOException {
        Report report = GoldenCheck.run(file(), network(Map.of("output", Float.NaN)));
        assertFalse(report.passes(1e9));
        assertEquals("output", report.firstDeparting(1e9).orElseThrow().block());
    }

    @Test
    void anotherNumberOfValuesDeparts() {
        assertEquals(Double.POSITIVE_INFINITY, GoldenCheck.relativeL2(new float[3], new float[14], 13));
        assertEquals(0, GoldenCheck.relativeL2(new float[2], new float[14], 13));
    }

    @Test
    void aBlockThatIsNotShownIsAnError() throws IOException {
        GoldenFile file = file();
        computed.remove("conv1_0");
        String message = assertThrows(IllegalStateException.class, () -> GoldenCheck.run(file, network(Map.of())))
                .getMessage();
        assertTrue(message.contains("conv1_0"), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"input", "probe.output", "weight.final.weight", "weight.conv0_0.0.shortcut_unit.conv.weight"})
    void namesWhatAFileLacks(String name) {
        MalformedFileException e = assertThrows(
                MalformedFileException.class,
                () -> GoldenFile.of("small.safetensors", safetensors(Set.of(name)), null));
        assertTrue(e.getMessage().startsWith("small.safetensors: "), e.getMessage());
        assertTrue(e.getMessage().contains(name.replaceFirst("^weight[.]", "")), e.getMessage());
    }

    @Test
    void refusesInputsThatTheNetworkCannotTake() {
        tensors.put("input", new Tensor(new int[] {1, 1, 3, 8, 8}, new float[192]));
        assertMalformed("divisible");
        tensors.put("input", new Tensor(new int[] {8, 8, 8}, new float[512]));
        assertMalformed("[1, 1, z, y, x]");
        tensors.put("input", new Tensor(new int[] {1, 1, 0, 8, 8}, new float[0]));
        assertMalformed("[1, 1, z, y, x]");
    }

    private void assertMalformed(String part) {
        String message = assertThrows(MalformedFileException.class, this::file).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void refusesIntegersAndOtherFamilies() {
        Safetensors integers = Safetensors.builder()
                .add("input", new int[] {1, 1, 2, 2, 2}, new int[8])
                .build();
        assertThrows(MalformedFileException.class, () -> GoldenFile.of("i.safetensors", integers, null));
        assertThrows(
                MalformedFileException.class,
                () -> GoldenFile.of("small.safetensors", safetensors(Set.of()), NetworkFamily.UNET));
    }

    @Test
    void readsFromDisk(@TempDir Path directory) throws IOException {
        Path path = directory.resolve("small.safetensors");
        safetensors(Set.of()).write(path);
        GoldenFile read = GoldenFile.read(path);
        assertEquals(SPEC, read.model().spec());
        assertEquals(file().model().weights().tensors(), read.model().weights().tensors());
        assertEquals(
                SPEC,
                GoldenFile.read(path, NetworkFamily.EFFICIENTSEGNET).model().spec());
        read.input()[0] = Float.NaN;
        assertFalse(Float.isNaN(read.input()[0]));
    }
}

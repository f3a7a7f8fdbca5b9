// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.SpecFromWeights;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointConverterTest {

    private static final NetworkSpec GOLDEN_COARSE = NetworkSpec.builder()
            .encoder(NetworkSpec.coarseUNet(4).encoder())
            .decoder(NetworkSpec.coarseUNet(4).decoder())
            .context(NetworkSpec.coarseUNet(4).context())
            .fusion(NetworkSpec.coarseUNet(4).fusion())
            .downsampling(NetworkSpec.coarseUNet(4).downsampling())
            .channels(2, 4, 8, 16, 32)
            .blocksPerLevel(1)
            .build();

    private static final NetworkSpec GOLDEN_FINE =
            NetworkSpec.builder().channels(2, 4, 8, 16, 32).build();

    @TempDir
    private Path directory;

    private Path goldenFine() throws IOException {
        Path file = directory.resolve("fine.pt");
        try (InputStream in =
                CheckpointConverterTest.class.getResourceAsStream("/golden/checkpoint_efficientsegnet.pt")) {
            Files.copy(in, file);
        }
        return file;
    }

    private Path safetensors(String name, Weights weights) throws IOException {
        Path file = directory.resolve(name);
        Safetensors.builder().addAll("", DType.F32, weights).build().write(file);
        return file;
    }

    private Path coarse() throws IOException {
        return safetensors("coarse.safetensors", InitialWeights.kaiming(GOLDEN_COARSE, 1));
    }

    @Test
    void readsTheNetworksOffTheTensors() throws IOException {
        Path fine = goldenFine();
        FileModelBundle bundle = CheckpointConverter.convert(coarse(), fine, "golden");
        assertEquals(GOLDEN_FINE, bundle.fine().spec());
        assertEquals(GOLDEN_COARSE, bundle.coarse().spec());
        assertEquals(Shape.cube(192), bundle.fine().inputSize());
        assertEquals(Shape.cube(160), bundle.coarse().inputSize());
        assertEquals("golden", bundle.identity().name());
        assertEquals(146_400, bundle.fine().weights().parameters());
        Path written = directory.resolve("golden.zip");
        ModelBundles.write(written, bundle, DType.F32);
        assertEquals(bundle.identity(), new ModelBundles().read(written).identity());
    }

    @Test
    @Tag("shared")
    void convertsAPairInThePublishedLayout() throws IOException {
        Path golden = Path.of(System.getProperty("efficientsegnet.shared"), "golden");
        FileModelBundle bundle = CheckpointConverter.convert(
                golden.resolve("checkpoint_coarse_unet.pt"),
                golden.resolve("checkpoint_efficientsegnet.pt"),
                "golden",
                "1",
                CheckpointConverter.PUBLISHED_PIPELINE,
                Shape.cube(48),
                new Shape(64, 64, 128));
        assertEquals(GOLDEN_COARSE, bundle.coarse().spec());
        assertEquals(GOLDEN_FINE, bundle.fine().spec());
        assertEquals(
                Safetensors.read(golden.resolve("checkpoint_coarse_unet.safetensors"))
                        .weights()
                        .tensors(),
                bundle.coarse().weights().tensors());
        for (String network : List.of("efficientsegnet_nocontext", "efficientsegnet_basic_decoder", "contextunet")) {
            Weights weights =
                    Safetensors.read(golden.resolve(network + ".safetensors")).weights("weight.");
            NetworkSpec spec = SpecFromWeights.nearest(weights);
            assertEquals(
                    weights.parameters(),
                    spec.parameterShapes().values().stream()
                            .mapToLong(s -> (long) s[0] * s[1] * s[2] * s[3] * s[4])
                            .sum());
        }
    }

    static List<NetworkSpec> specs() {
        // Shapes do not show how the encoder goes down; only the published ways can come back.
        return ModelBundlesTest.specs().stream()
                .filter(spec -> spec.downsampling() == spec(spec).downsampling())
                .toList();
    }

    private static NetworkSpec spec(NetworkSpec spec) {
        return SpecFromWeights.nearest(InitialWeights.kaiming(spec, 1));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void readsEveryKindOffTheTensors(NetworkSpec spec) {
        assertEquals(spec, spec(spec));
    }

    @Test
    void passesOverTheSecondHead() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>(
                Safetensors.read(safetensors("w.safetensors", InitialWeights.kaiming(GOLDEN_FINE, 1)))
                        .weights()
                        .tensors());
        tensors.put("final1.0.conv.weight", new Tensor(new int[] {8, 8, 3, 3, 3}, new float[8 * 8 * 27]));
        tensors.put("final1.1.weight", new Tensor(new int[] {1, 8, 1, 1, 1}, new float[8]));
        Path fine = safetensors("fine.safetensors", Weights.of(tensors));
        assertEquals(
                GOLDEN_FINE,
                CheckpointConverter.convert(coarse(), fine, "x").fine().spec());
    }

    @Test
    void saysWhatDoesNotFit() throws IOException {
        Path coarse = coarse();
        Path fine = goldenFine();
        refused(fine, coarse, "swap the two files");

        Map<String, Tensor> tensors =
                new LinkedHashMap<>(InitialWeights.kaiming(GOLDEN_FINE, 1).tensors());
        tensors.remove("trans_2.conv.weight");
        tensors.put("conv2_2.0.residual_unit.1.conv.bias", new Tensor(new int[] {8}, new float[8]));
        tensors.put("context_block.conv3.conv.weight", new Tensor(new int[] {8, 8, 1, 1, 1}, new float[64]));
        refused(
                coarse,
                safetensors("odd.safetensors", Weights.of(tensors)),
                "odd.safetensors: tensors: ",
                "EfficientSegNet is the nearest",
                "trans_2.conv.weight [4, 8, 1, 1, 1]",
                "conv2_2.0.residual_unit.1.conv.bias [8]",
                "context_block.conv3.conv.weight [8, 8, 1, 1, 1] instead of [8, 16, 1, 1, 1]");

        Weights other = Weights.of(Map.of("encoder.0.weight", new Tensor(new int[] {1}, new float[1])));
        refused(coarse, safetensors("other.safetensors", other), "among 1 tensors there are not those of an encoder");

        NetworkSpec five =
                NetworkSpec.builder().channels(2, 4, 8, 16, 32).classes(5).build();
        refused(coarse, safetensors("five.safetensors", InitialWeights.kaiming(five, 1)), "5 classes for 4 labels");
        assertThrows(
                IllegalArgumentException.class,
                () -> CheckpointConverter.convert(
                        coarse,
                        fine,
                        "x",
                        null,
                        CheckpointConverter.PUBLISHED_PIPELINE,
                        Shape.cube(160),
                        Shape.cube(100)));
    }

    private static void refused(Path coarse, Path fine, String... expected) {
        String message = assertThrows(
                        MalformedFileException.class, () -> CheckpointConverter.convert(coarse, fine, "x"))
                .getMessage();
        for (String part : expected) {
            assertTrue(message.contains(part), message);
        }
    }
}

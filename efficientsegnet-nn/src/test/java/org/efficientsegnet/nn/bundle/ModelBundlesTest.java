// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.DownsamplingKind;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Calibration;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.HalfPrecision;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.ModelBundleSource;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ModelBundlesTest {

    @TempDir
    private Path directory;

    private static FileModelBundle read(Path path) throws IOException {
        return new ModelBundles().read(path);
    }

    private static void assertSameModel(FileModelBundle expected, FileModelBundle found) {
        assertEquals(expected.identity(), found.identity());
        assertEquals(expected.pipeline(), found.pipeline());
        assertEquals(expected.coarse().spec(), found.coarse().spec());
        assertEquals(expected.fine().spec(), found.fine().spec());
        assertEquals(expected.coarse().inputSize(), found.coarse().inputSize());
        assertEquals(expected.fine().inputSize(), found.fine().inputSize());
        assertEquals(expected.coarse().name(), found.coarse().name());
        assertEquals(
                expected.coarse().weights().tensors(), found.coarse().weights().tensors());
        assertEquals(expected.fine().weights().tensors(), found.fine().weights().tensors());
    }

    @ParameterizedTest
    @CsvSource({"bundle", "bundle.zip", "a bundle with spaces.zip", ".hidden"})
    void comesBackAsItWasWritten(String name) throws IOException {
        FileModelBundle bundle = TestBundles.small().withExtra("notes.txt", new byte[] {1, 2, 3});
        Path path = directory.resolve(name);
        ModelBundles.write(path, bundle, DType.F32);
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(path), left.toList());
        }
        FileModelBundle back = read(path);
        assertSameModel(bundle, back);
        assertEquals("small", back.identity().name());
        assertEquals("7", back.identity().version());
        assertArrayEquals(new byte[] {1, 2, 3}, back.extra("notes.txt").orElseThrow());
        assertEquals(Optional.empty(), back.extra("coarse.plan.json"));
    }

    static List<NetworkSpec> specs() {
        List<NetworkSpec> specs = new ArrayList<>();
        for (BlockKind kind : BlockKind.values()) {
            specs.add(NetworkSpec.builder()
                    .encoder(kind)
                    .decoder(BlockKind.values()[(kind.ordinal() + 2) % BlockKind.values().length])
                    .channels(2, 4)
                    .blocks(List.of(1, 2))
                    .classes(3)
                    .build());
        }
        for (ContextKind context : ContextKind.values()) {
            for (DownsamplingKind downsampling : DownsamplingKind.values()) {
                for (Fusion fusion : Fusion.values()) {
                    specs.add(NetworkSpec.builder()
                            .context(context)
                            .downsampling(downsampling)
                            .fusion(fusion)
                            .channels(2, 3, 4, 5)
                            .blocks(List.of(3, 3, 1, 2))
                            .decoderBlocks(2)
                            .classes(3)
                            .build());
                }
            }
        }
        return specs;
    }

    @ParameterizedTest
    @MethodSource("specs")
    void everyKindOfNetworkCanBeBundled(NetworkSpec spec) throws IOException {
        FileModelBundle bundle = FileModelBundle.of(
                "kinds",
                null,
                TestBundles.PIPELINE,
                TestBundles.network("coarse", TestBundles.coarse(), Shape.cube(8), 1),
                TestBundles.network("fine", spec, Shape.cube(64), 2));
        Path path = directory.resolve("kinds.zip");
        ModelBundles.write(path, bundle, DType.F32);
        assertSameModel(bundle, read(path));
    }

    @Test
    void halvesAreRoundedOnceAndForAll() throws IOException {
        FileModelBundle bundle = TestBundles.small();
        ModelBundles.write(directory.resolve("f16"), bundle, DType.F16);
        FileModelBundle halves = read(directory.resolve("f16"));
        float[] exact = bundle.fine().weights().get("final.weight").values();
        float[] rounded = halves.fine().weights().get("final.weight").values();
        for (int i = 0; i < exact.length; i++) {
            assertEquals(HalfPrecision.halfToFloat(HalfPrecision.floatToHalf(exact[i])), rounded[i]);
        }
        assertNotEquals(bundle.identity().sha256(), halves.identity().sha256());
        // Other files, the same numbers: the same model.
        ModelBundles.write(directory.resolve("f32"), halves, DType.F32);
        assertSameModel(halves, read(directory.resolve("f32")));
        ModelBundles.write(directory.resolve("f16.zip"), halves, DType.F16);
        assertSameModel(halves, read(directory.resolve("f16.zip")));
        ModelBundles.write(directory.resolve("bf16"), halves, DType.BF16);
        assertEquals(
                HalfPrecision.bfloat16ToFloat(HalfPrecision.floatToBfloat16(rounded[0])),
                read(directory.resolve("bf16"))
                        .fine()
                        .weights()
                        .get("final.weight")
                        .values()[0]);
    }

    @Test
    void calibrationsComeBackAndBelongToTheirWeights() throws IOException {
        Calibration coarse = new Calibration(Map.of("a", 1.5f));
        Calibration fine = new Calibration(Map.of("b", 2.5f, "c", 3f));
        FileModelBundle bundle = TestBundles.small().withCalibrations(coarse, fine);
        Path target = directory.resolve("calibrated.zip");
        ModelBundles.write(target, bundle, DType.F32);
        FileModelBundle found = new ModelBundles().read(target);
        assertEquals(Optional.of(coarse), found.coarse().calibration());
        assertEquals(Optional.of(fine), found.fine().calibration());
        assertEquals(TestBundles.small().identity().sha256(), found.identity().sha256());
        assertEquals(
                found.fine().calibration(),
                found.withInputSizes(found.coarse().inputSize(), new Shape(16, 32, 32))
                        .fine()
                        .calibration());
        Path swapped = directory.resolve("swapped");
        ModelBundles.write(swapped, bundle, DType.F32);
        Path file = swapped.resolve(ModelBundles.FINE_CALIBRATION);
        Files.copy(swapped.resolve(ModelBundles.COARSE_CALIBRATION), file, StandardCopyOption.REPLACE_EXISTING);
        String refusal = assertThrows(MalformedFileException.class, () -> new ModelBundles().read(swapped))
                .getMessage();
        assertTrue(refusal.contains(ModelBundles.FINE_CALIBRATION), refusal);
    }

    @Test
    void theIdentityIsThatOfWhatIsComputed() {
        FileModelBundle bundle = TestBundles.small();
        String sha256 = bundle.identity().sha256();
        assertTrue(sha256.matches("[0-9a-f]{64}"), sha256);
        assertEquals(sha256, TestBundles.small().identity().sha256());
        assertEquals(sha256, bundle.withExtra("x", new byte[1]).identity().sha256());
        PipelineSpec p = TestBundles.PIPELINE;
        WeightedNetwork coarse = bundle.coarse();
        WeightedNetwork fine = bundle.fine();
        assertEquals(
                sha256.substring(0, 12),
                FileModelBundle.of("other name", null, p, coarse, fine)
                        .identity()
                        .version());

        List<FileModelBundle> others = new ArrayList<>();
        others.add(bundle.withInputSizes(new Shape(8, 12, 16), new Shape(16, 32, 24)));
        others.add(bundle.withInputSizes(new Shape(12, 8, 16), new Shape(16, 32, 20)));
        others.add(FileModelBundle.of(
                "small", "7", p, coarse, TestBundles.network("fine", fine.spec(), fine.inputSize(), 3)));
        others.add(FileModelBundle.of(
                "small", "7", p, TestBundles.network("c", coarse.spec(), coarse.inputSize(), 3), fine));
        others.add(FileModelBundle.of("small", "7", pipeline(Orientation.RAS, 20, 1), coarse, fine));
        others.add(FileModelBundle.of("small", "7", pipeline(Orientation.of("LPS"), 20, 1), coarse, fine));
        others.add(FileModelBundle.of("small", "7", pipeline(Orientation.RAS, 20, 2), coarse, fine));
        others.add(bundle);
        assertEquals(
                others.size(),
                others.stream()
                        .map(other -> other.identity().sha256())
                        .distinct()
                        .count());
    }

    private static PipelineSpec pipeline(Orientation orientation, double margin, double fineMinimum) {
        PipelineSpec p = TestBundles.PIPELINE;
        return new PipelineSpec(
                p.labels(),
                orientation,
                p.windowLow(),
                p.windowHigh(),
                p.epsilon(),
                p.threshold(),
                margin,
                p.componentsPerLabel(),
                p.coarseMinimumMm3(),
                fineMinimum);
    }

    @Test
    void otherInputSizesShareTheWeights() throws IOException {
        FileModelBundle bundle = TestBundles.small();
        FileModelBundle larger = bundle.withInputSizes(Shape.cube(24), new Shape(32, 32, 48));
        assertSame(bundle.fine().weights(), larger.fine().weights());
        assertEquals(Shape.cube(24), larger.coarse().inputSize());
        ModelBundles.write(directory.resolve("larger"), larger, DType.F32);
        assertSameModel(larger, read(directory.resolve("larger")));
        assertThrows(
                IllegalArgumentException.class,
                () -> bundle.withInputSizes(Shape.cube(24), Shape.cube(8)),
                "too small");
    }

    @Test
    void otherInputSizesAreRemarkedOn() throws IOException {
        FileModelBundle bundle = new ModelBundles().pretrained();
        assertEquals(List.of(), bundle.remarks());
        FileModelBundle larger = bundle.withInputSizes(Shape.cube(128), Shape.cube(192));
        ModelBundles.write(directory.resolve("larger.zip"), larger, DType.F16);
        for (FileModelBundle other : List.of(larger, read(directory.resolve("larger.zip")))) {
            assertEquals(1, other.remarks().size());
            String remark = other.remarks().get(0);
            assertTrue(remark.startsWith("fine input 192x192x192 instead of 128x128x128"), remark);
            assertTrue(remark.contains("128x128x128 / 192x192x192: liver 0.954, kidney 0.912"), remark);
        }
        FileModelBundle back = larger.withInputSizes(Shape.cube(128), Shape.cube(128));
        assertEquals(List.of(), back.remarks());
        assertEquals(bundle.identity(), back.identity());
    }

    @Test
    void theCardComesAlongWhetherListedOrNot() throws IOException {
        Path folder = directory.resolve("folder");
        ModelBundles.write(folder, TestBundles.small(), DType.F32);
        assertEquals(Optional.empty(), read(folder).extra(ModelBundles.CARD));
        Files.writeString(folder.resolve(ModelBundles.CARD), "# A card");
        ModelBundles.write(directory.resolve("copy.zip"), read(folder), DType.F32);
        assertArrayEquals(
                "# A card".getBytes(StandardCharsets.UTF_8),
                read(directory.resolve("copy.zip")).extra(ModelBundles.CARD).orElseThrow());
        Files.write(folder.resolve(ModelBundles.CARD), new byte[(1 << 20) + 1]);
        MalformedFileException refused = assertThrows(MalformedFileException.class, () -> read(folder));
        assertTrue(refused.getMessage().contains(ModelBundles.CARD), refused.getMessage());
    }

    @Test
    void thePretrainedBundleIsFoundAndWhole() throws IOException {
        ModelBundle found = ServiceLoader.load(ModelBundleSource.class).stream()
                .filter(provider -> provider.type() == ModelBundles.class)
                .findFirst()
                .orElseThrow()
                .get()
                .pretrained();
        FileModelBundle bundle = assertInstanceOf(FileModelBundle.class, found);
        assertEquals("abdomen-4", bundle.identity().name());
        assertEquals("2", bundle.identity().version());
        assertEquals(
                List.of("liver", "kidney", "spleen", "pancreas"),
                bundle.pipeline().labels());
        assertEquals(CheckpointConverter.PUBLISHED_PIPELINE, bundle.pipeline());
        assertEquals(NetworkSpec.coarseUNet(4), bundle.coarse().spec());
        assertEquals(NetworkSpec.efficientSegNet(4), bundle.fine().spec());
        assertEquals(2_676_480, bundle.coarse().weights().parameters());
        assertEquals(9_366_016, bundle.fine().weights().parameters());
        assertEquals(
                "fine (EfficientSegNet, 9,366,016 parameters)", bundle.fine().name());
        ModelBundles.write(directory.resolve("copy.zip"), bundle, DType.F16);
        assertEquals(bundle.identity(), read(directory.resolve("copy.zip")).identity());
    }

    @Test
    void theSumOverWeightsIsBelievedOfTheFileItWasTakenOf() throws IOException {
        FileModelBundle bundle = TestBundles.small();
        FileModelBundle other = FileModelBundle.of(
                "small",
                "7",
                TestBundles.PIPELINE,
                TestBundles.network(
                        "coarse", bundle.coarse().spec(), bundle.coarse().inputSize(), 3),
                bundle.fine());
        for (DType type : List.of(DType.F32, DType.F16, DType.BF16)) {
            Path first = directory.resolve("first-" + type);
            Path second = directory.resolve("second-" + type);
            ModelBundles.write(first, bundle, type);
            ModelBundles.write(second, other, type);
            FileModelBundle read = read(first);
            FileModelBundle summedUp =
                    FileModelBundle.of("small", "7", TestBundles.PIPELINE, read.coarse(), read.fine());
            assertEquals(summedUp.identity(), read.identity());

            // As if somebody had exchanged the weights, and the sum of their file, but not the sum over the weights.
            String sum = read(second).identity().sha256();
            ObjectMapper json = new ObjectMapper();
            ObjectNode exchanged =
                    (ObjectNode) json.readTree(second.resolve("model.json").toFile());
            JsonNode old = json.readTree(first.resolve("model.json").toFile()).at("/coarse/values");
            ((ObjectNode) exchanged.get("coarse")).set("values", old);
            json.writeValue(second.resolve("model.json").toFile(), exchanged);
            assertEquals(sum, read(second).identity().sha256());
        }
    }

    @Test
    void weightsOutOfAJarHaveTheSumThatTheJarNames() throws IOException {
        ModelBundles.write(directory.resolve("bundle"), TestBundles.small(), DType.F16);
        assertSameModel(read(directory.resolve("bundle")), ModelBundles.read(new OfJar(0)));
        String message = assertThrows(MalformedFileException.class, () -> ModelBundles.read(new OfJar(1)))
                .getMessage();
        assertTrue(message.contains("CRC-32") && message.contains("get the jar again"), message);
    }

    /** The written bundle as if it lay in a jar, whose sums are off by so much. */
    private final class OfJar implements BundleFiles {

        private final BundleFiles files = BundleFiles.of(directory.resolve("bundle"));
        private final long error;

        OfJar(long error) throws IOException {
            this.error = error;
        }

        @Override
        public String name() {
            return files.name();
        }

        @Override
        public boolean has(String file) {
            return files.has(file);
        }

        @Override
        public Opened open(String file) throws IOException {
            Opened opened = files.open(file);
            CRC32 crc = new CRC32();
            crc.update(Files.readAllBytes(directory.resolve("bundle").resolve(file)));
            return new Opened(opened.in(), opened.length(), OptionalLong.of(crc.getValue() + error));
        }

        @Override
        public void close() throws IOException {
            files.close();
        }
    }

    @Test
    void refusesWhatDoesNotBelongTogether() {
        FileModelBundle bundle = TestBundles.small();
        NetworkSpec four = NetworkSpec.builder().channels(3, 5, 8).classes(4).build();
        assertThrows(
                IllegalArgumentException.class,
                () -> FileModelBundle.of(
                        "x",
                        "1",
                        TestBundles.PIPELINE,
                        bundle.coarse(),
                        TestBundles.network("f", four, Shape.cube(32), 1)));
        WeightedNetwork foreign = new WeightedNetwork(
                "fine", TestBundles.fine(), Shape.cube(32), bundle.coarse().weights());
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> FileModelBundle.of("x", "1", TestBundles.PIPELINE, bundle.coarse(), foreign))
                .getMessage();
        assertTrue(message.contains("missing"), message);
        assertThrows(IllegalArgumentException.class, () -> bundle.withExtra("../x", new byte[1]));
        assertThrows(IllegalArgumentException.class, () -> bundle.withExtra("model.json", new byte[1]));
        assertThrows(IllegalArgumentException.class, () -> bundle.withExtra("x", new byte[17 << 20]));
    }

    private static FileModelBundle with(FileModelBundle bundle, float value) {
        Map<String, Tensor> tensors =
                new LinkedHashMap<>(bundle.fine().weights().tensors());
        Tensor last = tensors.get("final.weight");
        float[] values = last.values().clone();
        values[1] = value;
        tensors.put("final.weight", new Tensor(last.shape(), values));
        return FileModelBundle.of(
                "loud",
                "1",
                bundle.pipeline(),
                bundle.coarse(),
                new WeightedNetwork("fine", bundle.fine().spec(), bundle.fine().inputSize(), Weights.of(tensors)));
    }

    private String refusal(FileModelBundle bundle, DType type) {
        return assertThrows(
                        IllegalArgumentException.class,
                        () -> ModelBundles.write(directory.resolve("loud"), bundle, type))
                .getMessage();
    }

    @Test
    void refusesToWriteWhatATypeCannotHold() {
        FileModelBundle bundle = TestBundles.small();
        String message = refusal(with(bundle, 65536), DType.F16);
        assertTrue(message.contains("final.weight holds 65536.0, which F16 cannot hold"), message);
        assertThrows(
                IllegalArgumentException.class, () -> ModelBundles.write(directory.resolve("loud"), bundle, DType.I8));
    }

    /** The type is not the reason: all of them can hold it. */
    @ParameterizedTest
    @CsvSource({"NaN, F32", "NaN, F16", "NaN, BF16", "Infinity, F32", "-Infinity, F16"})
    void refusesToWriteWhatNoNetworkComputesWith(float value, DType type) {
        String message = refusal(with(TestBundles.small(), value), type);
        assertTrue(message.contains("final.weight holds " + value), message);
        assertFalse(message.contains("cannot hold"), message);
    }

    @Test
    void doesNotOverwriteADirectory() throws IOException {
        Path taken = Files.createDirectory(directory.resolve("taken"));
        assertThrows(FileAlreadyExistsException.class, () -> ModelBundles.write(taken, TestBundles.small(), DType.F32));
        Path zip = directory.resolve("taken.zip");
        Files.writeString(zip, "old");
        ModelBundles.write(zip, TestBundles.small(), DType.F32);
        assertSameModel(TestBundles.small(), read(zip));
    }
}

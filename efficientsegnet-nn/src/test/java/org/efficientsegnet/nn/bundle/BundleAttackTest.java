// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Refusal;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bundles that are damaged, wrong or hostile: each is refused by name, and none takes time or memory. */
class BundleAttackTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    private Path bundle;

    @BeforeEach
    void writeBundle() throws IOException {
        bundle = directory.resolve("bundle");
        ModelBundles.write(bundle, TestBundles.small().withExtra("plan.json", new byte[] {1, 2}), DType.F16);
    }

    private void refused(Path path, String... expected) {
        Refusal.of(() -> new ModelBundles().read(path), expected);
    }

    private Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (Stream<Path> paths = Files.list(bundle)) {
            for (Path path : paths.sorted().toList()) {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
        }
        return files;
    }

    private Path zip(Map<String, byte[]> files) throws IOException {
        Path zip = directory.resolve("bundle.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            for (Map.Entry<String, byte[]> entry : files.entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue());
            }
        }
        return zip;
    }

    // Configuration.

    /** Sets a field, given by a path of keys, to a JSON value; removes it if there is none. */
    private void change(String path, String value) throws IOException {
        Path file = bundle.resolve("model.json");
        JsonNode root = JSON.readTree(Files.readAllBytes(file));
        String[] keys = path.split("/");
        JsonNode node = root;
        for (int i = 0; i < keys.length - 1; i++) {
            node = node.get(keys[i]);
        }
        if (value.equals("-")) {
            ((ObjectNode) node).remove(keys[keys.length - 1]);
        } else {
            ((ObjectNode) node).set(keys[keys.length - 1], JSON.readTree(value));
        }
        Files.write(file, JSON.writeValueAsBytes(root));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "format               | -                 | format: it is missing",
                "format               | \"other\"         | format: \"other\" is not supported",
                "format               | 7                 | format: it must be a string",
                "format_version       | -                 | format_version: it is missing",
                "format_version       | 2                 | format_version: 2 is not supported, only 1; a newer version",
                "format_version       | 0                 | format_version: 0 is not supported, only 1",
                "format_version       | 1.5               | format_version: 1.5 is not a whole number",
                "format_version       | 99999999999999999999 | format_version: 99999999999999999999 is not a whole",
                "label_names          | -                 | label_names: it is missing",
                "label_names          | []                | label_names: it must be a list of 1 to 255",
                "label_names          | [\"a\",\"a\",\"b\"] | label_names: \"a\" is blank or there twice",
                "label_names          | [\"a\",\"b\",3]   | label_names: each entry must be a string",
                "label_names          | [\"a\",\"b\"]     | labels.1: \"lung\" is not supported, only a",
                "labels/2             | \"liver\"         | labels.2: \"liver\" is not supported, only heart",
                "labels               | []                | labels: it must be an object",
                "components_per_label | [1,1]             | components_per_label: 2 numbers for 3 labels",
                "components_per_label | [1,0,1]           | components_per_label: 0 is not within 1",
                "components_per_label | [1,\"2\",1]       | components_per_label: \"2\" is not a whole number",
                "orientation          | \"RAS\"           | orientation: it must be an object",
                "orientation/code     | \"RAX\"           | orientation.code: \"RAX\" is not an orientation",
                "orientation/code     | \"RA\"            | orientation.code: \"RA\" is not an orientation",
                "window               | [325,-325]        | window: [325.0, -325.0] is not a low and a high",
                "window               | [1]               | window: [1.0] is not",
                "window               | [1,1e999]         | window: ",
                "normalisation/eps    | -1                | normalisation.eps: -1 is not within",
                "normalisation/std    | \"biased\"        | normalisation.std: \"biased\" is not supported",
                "normalisation/type   | \"none\"          | normalisation.type: \"none\" is not supported",
                "activation           | \"softmax\"       | activation: \"softmax\" is not supported, only sigmoid",
                "connectivity         | 6                 | connectivity: 6 is not supported, only 26",
                "resampling           | \"cubic\"         | resampling: \"cubic\" is not supported",
                "overlap              | \"none\"          | overlap: \"none\" is not supported",
                "threshold            | 0                 | threshold: 0.0 is not between 0 and 1",
                "threshold            | 1.5               | threshold: 1.5 is not within",
                "threshold            | \"0.5\"           | threshold: \"0.5\" is not a number",
                "margin_mm            | -1                | margin_mm: -1 is not within",
                "coarse               | -                 | coarse: it is missing",
                "coarse               | 3                 | coarse: it must be an object",
                "fine/channels        | [3,5]             | fine.num_depth: 2 is not supported, only 1",
                "fine/channels        | [3,5,0]           | fine.channels: 0 is not within 1",
                "fine/channels        | [3,5,5]           | fine.parameters: ",
                "fine/channels        | [1,2,3]           | fine: channels: ",
                "fine/channels        | [1,1,1,1,1,1,1,1,1] | fine.channels: it must be a list of 1 to 8",
                "fine/num_depth       | 4                 | fine.num_depth: 4 is not supported, only 2",
                "fine/num_blocks      | [2]               | fine.num_blocks: 1 numbers for 3 levels",
                "fine/blocks_per_level | [2,2]            | fine.blocks_per_level: 2 numbers for 3 levels",
                "fine/decoder_num_block | 65              | fine.decoder_num_block: 65 is not within 1 to 64",
                "fine/encoder_block   | \"ConvNeXt\"      | fine.encoder_block: \"ConvNeXt\" is not one of Anis",
                "fine/decoder_block   | -                 | fine.decoder_block: it is missing",
                "fine/context_block   | \"AnisotropicMaxPooling\" | fine.context_block: \"AnisotropicMaxPooling\" is not one of",
                "fine/architecture    | \"UNet\"          | fine.architecture: downsampling and skips are those of EfficientSegNet",
                "fine/downsampling    | \"none\"          | fine.downsampling: \"none\" is not one of",
                "fine/skips           | \"multiply\"      | fine.skips: \"multiply\" is not one of",
                "fine/upsampling      | \"nearest\"       | fine.upsampling: \"nearest\" is not supported",
                "fine/norm            | \"batch\"         | fine.norm: \"batch\" is not supported",
                "fine/conv_bias       | true              | fine.conv_bias: true is not supported, only false",
                "fine/in_channels     | 2                 | fine.in_channels: 2 is not supported, only 1",
                "fine/num_classes     | 4                 | fine.num_classes: 4 classes for 3 labels",
                "fine/input_size      | [32,32]           | fine.input_size: three extents are needed",
                "fine/input_size      | [32,32,33]        | fine.input_size: the input size 32x32x33 is not divisible",
                "fine/trained_size    | [32,32]           | fine.trained_size: three extents are needed",
                "measured_sizes       | {}                | measured_sizes: it must be a list",
                "measured_sizes       | [{\"dice\":{}}]   | measured_sizes.coarse: it is missing",
                "fine/input_size      | [4,4,4]           | fine.input_size: the input size 4x4x4 leaves one",
                "fine/input_size      | [4096,4096,4096]  | fine.input_size: 4096x4096x4096 is more than the limit",
                "fine/input_size      | [0,32,32]         | fine.input_size: 0 is not within 1",
                "fine/min_component_mm3 | -1              | fine.min_component_mm3: -1 is not within",
                "fine/dtype           | \"float64\"       | fine.dtype: \"float64\" is not one of",
                "fine/dtype           | \"float32\"       | it is F16, model.json says F32",
                "fine/weights         | \"../fine.safetensors\" | fine.weights: \"../fine.safetensors\" is not a plain",
                "fine/weights         | \"/etc/passwd\"   | fine.weights: \"/etc/passwd\" is not a plain",
                "fine/weights         | \"model.json\"    | fine.weights: \"model.json\" is not a plain",
                "fine/weights         | \"other.safetensors\" | other.safetensors: it is not in the bundle",
                "fine/weights         | \"coarse.safetensors\" | fine.weights: it is the same file",
                "fine/bytes           | 100               | bytes, model.json says 100",
                "fine/bytes           | -1                | fine.bytes: -1 is not within",
                "fine/sha256          | \"00\"            | fine.sha256: 64 hexadecimal digits",
                "fine/sha256          | \"0000000000000000000000000000000000000000000000000000000000000000\" | fine.safetensors: its SHA-256 is",
                "fine/parameters      | 7                 | fine.parameters: 7 is not what the network has",
                "extra_files/plan.json/bytes | 3          | plan.json: it has 2 bytes, model.json says 3",
                "extra_files/plan.json/sha256 | \"0000000000000000000000000000000000000000000000000000000000000000\" | plan.json: its SHA-256",
                "extra_files          | {\"../x\":{\"bytes\":1,\"sha256\":\"00\"}} | extra_files.../x: a plain file name",
                "extra_files          | {\"x\":{\"bytes\":99999999,\"sha256\":\"00\"}} | extra_files.x.bytes: 99999999 is not within",
            })
    void fieldsThatMakeNoSense(String path, String value, String expected) throws IOException {
        change(path, value);
        refused(bundle, expected.trim());
    }

    @Test
    void unknownKeysArePassedOver() throws IOException {
        change("trained_on", "{\"cases\":[1,2,3]}");
        change("fine/comment", "\"none\"");
        assertEquals("small", new ModelBundles().read(bundle).identity().name());
    }

    @Test
    void namesAndVersionsMayBeMissing() throws IOException {
        change("name", "-");
        change("version", "-");
        FileModelBundle read = new ModelBundles().read(bundle);
        assertEquals("bundle", read.identity().name());
        assertEquals(read.identity().sha256().substring(0, 12), read.identity().version());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "7",
                "null",
                "{} {}",
                "{\"format\":1,\"format\":1}",
                "{'format':1}",
                "\u0000\u0001"
            })
    void whatIsNoConfiguration(String text) throws IOException {
        Files.writeString(bundle.resolve("model.json"), text);
        refused(bundle, "bundle/model.json: ");
    }

    @Test
    void configurationsBuiltToExhaust() throws IOException {
        Path json = bundle.resolve("model.json");
        Files.writeString(json, "{\"a\":" + "[".repeat(500_000));
        refused(bundle, "JSON");
        Files.writeString(json, "{\"format\":\"" + "a".repeat(500_000) + "\"}");
        refused(bundle, "JSON");
        Files.writeString(json, "{\"format_version\":" + "9".repeat(500_000) + "}");
        refused(bundle, "JSON");
        Files.writeString(json, " ".repeat(2 << 20));
        refused(bundle, "longer than the limit");
    }

    @Test
    void damagedConfigurationsAreReadOrRefused() throws IOException {
        Path file = bundle.resolve("model.json");
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(6);
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(damaged.length)] = (byte) (32 + random.nextInt(95));
            Files.write(file, damaged);
            try {
                new ModelBundles().read(bundle);
            } catch (MalformedFileException e) {
                refused++;
            }
        }
        assertTrue(refused > 150, refused + " refused");
        for (int length = 0; length < whole.length; length += 17) {
            Files.write(file, Arrays.copyOf(whole, length));
            refused(bundle, "model.json");
        }
    }

    // Weights.

    @Test
    void weightsThatWereChanged() throws IOException {
        Path file = bundle.resolve("fine.safetensors");
        byte[] whole = Files.readAllBytes(file);
        byte[] changed = whole.clone();
        changed[changed.length - 1] ^= 1;
        Files.write(file, changed);
        refused(bundle, "bundle: fine.safetensors: its SHA-256 is ", "get the bundle again");
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        refused(bundle, "fine.safetensors: it has " + (whole.length - 1) + " bytes, model.json says " + whole.length);
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));
        refused(bundle, "fine.safetensors: it has " + (whole.length + 1) + " bytes");
        Files.delete(file);
        refused(bundle, "fine.safetensors: it is not in the bundle");
        Files.delete(bundle.resolve("model.json"));
        refused(bundle, "model.json: it is not in the bundle");
    }

    private void replaceFine(Weights weights) throws IOException {
        Path file = bundle.resolve("fine.safetensors");
        Safetensors.builder().addAll("", DType.F16, weights).build().write(file);
        change("fine/bytes", Long.toString(Files.size(file)));
        change("fine/sha256", "\"" + Sha256.of(Files.readAllBytes(file)) + "\"");
    }

    @Test
    void weightsOfAnotherNetwork() throws IOException {
        Map<String, Tensor> tensors =
                new LinkedHashMap<>(TestBundles.small().fine().weights().tensors());
        Tensor last = tensors.get("final.weight");
        float[] values = last.values().clone();
        values[2] = Float.NaN;
        tensors.put("final.weight", new Tensor(last.shape(), values));
        replaceFine(Weights.of(tensors));
        refused(bundle, "final.weight: a value is infinite or not a number");
        values[2] = Float.NEGATIVE_INFINITY;
        replaceFine(Weights.of(tensors));
        refused(bundle, "final.weight: a value is infinite or not a number");
        tensors.remove("final.weight");
        replaceFine(Weights.of(tensors));
        refused(bundle, "missing (1)", "final.weight [3, 3, 1, 1, 1]", "the fine network");
    }

    // Files.

    @Test
    void linksThatLeadOut() throws IOException {
        Path file = bundle.resolve("fine.safetensors");
        Path outside = directory.resolve("outside.safetensors");
        Files.move(file, outside);
        Files.createSymbolicLink(file, outside);
        refused(bundle, "fine.safetensors: it is a link to a file outside");
        Files.delete(file);
        Files.move(outside, bundle.resolve("elsewhere"));
        Files.createSymbolicLink(file, Path.of("elsewhere"));
        assertEquals("small", new ModelBundles().read(bundle).identity().name());
        Path link = Files.createSymbolicLink(directory.resolve("link"), bundle);
        assertEquals("small", new ModelBundles().read(link).identity().name());
    }

    @Test
    void whatIsNotThere() {
        refused(directory.resolve("nothing"), "there is no such file or directory");
    }

    @Test
    void whatIsNoZip() throws IOException {
        Path file = Files.writeString(directory.resolve("text.zip"), "not a zip file");
        refused(file, "text.zip: zip directory: ");
        Path empty = Files.createFile(directory.resolve("empty.zip"));
        refused(empty, "empty.zip: zip directory: ");
    }

    @Test
    void zipsMayHoldOneDirectory() throws IOException {
        Map<String, byte[]> nested = new LinkedHashMap<>();
        nested.put("my bundle/", new byte[0]);
        files().forEach((name, bytes) -> nested.put("my bundle/" + name, bytes));
        assertEquals("small", new ModelBundles().read(zip(nested)).identity().name());
        nested.putAll(files());
        refused(zip(nested), "there is a second model.json");
        Map<String, byte[]> deep = new LinkedHashMap<>();
        files().forEach((name, bytes) -> deep.put("a/b/" + name, bytes));
        refused(zip(deep), "model.json: it is not in the bundle");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil", "a/../../evil", "/etc/passwd", "..\\evil", "C:evil", ".."})
    void zipsWhoseNamesLeadOut(String name) throws IOException {
        Map<String, byte[]> files = files();
        files.put(name, new byte[1]);
        refused(zip(files), name + ": its name leads out of the bundle");
    }

    @Test
    void zipsWithAFileTwice() throws IOException {
        Map<String, byte[]> files = files();
        files.put("fine.safetensorz", new byte[1]);
        Path zip = zip(files);
        String text = new String(Files.readAllBytes(zip), StandardCharsets.ISO_8859_1);
        Files.write(zip, text.replace("safetensorz", "safetensors").getBytes(StandardCharsets.ISO_8859_1));
        refused(zip, "fine.safetensors: it is there twice");
    }

    @Test
    void zipsWithCommentsThatAreNoText() throws IOException {
        Path zip = directory.resolve("bundle.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            ZipEntry entry = new ZipEntry("model.json");
            entry.setComment("comment");
            out.putNextEntry(entry);
        }
        String text = new String(Files.readAllBytes(zip), StandardCharsets.ISO_8859_1);
        Files.write(zip, text.replace("comment", "comm\u00e4nt").getBytes(StandardCharsets.ISO_8859_1));
        // Newer JDKs find it when they open the archive, and say so in their own words.
        refused(zip, "zip directory: ");
    }

    @Test
    void zipsThatExpand() throws IOException {
        Map<String, byte[]> files = files();
        files.put("fine.safetensors", new byte[64 << 20]);
        refused(zip(files), "are more than weights compress to");
        files.put("fine.safetensors", new byte[0]);
        Path zip = zip(files);
        refused(zip, "fine.safetensors: it has 0 bytes");
        for (int i = 0; i < 1000; i++) {
            files.put("f" + i, new byte[0]);
        }
        refused(zip(files), "more than the limit of 1000");
    }

    @Test
    void zipsOfAHugeConfiguration() throws IOException {
        Map<String, byte[]> files = files();
        byte[] spaces = new byte[15 << 20];
        Arrays.fill(spaces, (byte) ' ');
        files.put("model.json", spaces);
        refused(zip(files), "longer than the limit");
    }

    @Test
    void damagedZipsAreReadOrRefused() throws IOException {
        Path zip = directory.resolve("damaged.zip");
        ModelBundles.write(zip, TestBundles.small(), DType.F16);
        byte[] whole = Files.readAllBytes(zip);
        Random random = new Random(8);
        for (int round = 0; round < 200; round++) {
            byte[] damaged = whole.clone();
            // Half of the damage goes to the directory at the end.
            int from = round % 2 == 0 ? damaged.length - 300 : 0;
            for (int n = random.nextInt(3); n >= 0; n--) {
                damaged[from + random.nextInt(damaged.length - from)] = (byte) random.nextInt(256);
            }
            Files.write(zip, damaged);
            try {
                new ModelBundles().read(zip);
            } catch (MalformedFileException e) {
                assertTrue(e.getMessage().startsWith("damaged"), e.getMessage());
            }
        }
        for (int length = 0; length < whole.length; length += whole.length / 150) {
            Files.write(zip, Arrays.copyOf(whole, length));
            refused(zip, "damaged");
        }
    }
}

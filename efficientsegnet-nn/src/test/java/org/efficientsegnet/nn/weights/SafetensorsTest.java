// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

    private static final String TWO = "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
            + "\"b\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[3,7]}}";

    private static byte[] file(String header, byte... data) {
        return file(header.getBytes(StandardCharsets.UTF_8), data);
    }

    private static byte[] file(byte[] header, byte... data) {
        return ByteBuffer.allocate(8 + header.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(data)
                .array();
    }

    private static void refused(String header, int dataLength, String... expected) {
        Refusal.of(() -> Safetensors.read("x.safetensors", file(header, new byte[dataLength])), expected);
    }

    @Test
    void readsWhatTheFormatSays() throws IOException {
        Safetensors file = Safetensors.read("x", file(TWO + "   ", new byte[] {1, 2, -1, 0, 0x3c, 1, (byte) 0x80}));
        assertEquals(List.of("a", "b"), file.names());
        assertArrayEquals(new long[] {1, 2, 255}, file.integers("a"));
        assertArrayEquals(new byte[] {1, 2, -1}, file.bytes("a"));
        assertArrayEquals(new int[] {2, 1}, file.shape("b"));
        assertEquals(DType.F16, file.dtype("b"));
        assertArrayEquals(new float[] {1, -0x1p-24f}, file.tensor("b").values());
        assertArrayEquals(new double[] {1, -0x1p-24}, file.doubles("b"));
        assertEquals(Map.of("b", file.tensor("b")), file.weights().tensors());
        assertSame(file.tensor("b").values(), file.tensor("b").values());
        assertThrows(IllegalArgumentException.class, () -> file.tensor("a"));
        assertThrows(IllegalArgumentException.class, () -> file.integers("b"));
        assertThrows(NoSuchElementException.class, () -> file.shape("c"));
    }

    @Test
    void takesEmptyArraysScalarsAndAnyOrder() throws IOException {
        String header = "{\"s\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[4,12]},"
                + "\"e\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[4,4]},\"__metadata__\":{\"k\":\"ä\"},"
                + "\"f\":{\"data_offsets\":[0,4],\"dtype\":\"F32\",\"shape\":[1]}}";
        byte[] data = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(2.5f)
                .putLong(-3)
                .array();
        Safetensors file = Safetensors.read("x", file(header, data));
        assertEquals(List.of("f", "e", "s"), file.names());
        assertEquals(2.5f, file.tensor("f").values()[0]);
        assertEquals(0, file.tensor("e").size());
        assertArrayEquals(new long[] {-3}, file.integers("s"));
        assertEquals(Map.of("k", "ä"), file.metadata());
    }

    @Test
    void readsNoArraysAtAll() throws IOException {
        assertEquals(List.of(), Safetensors.read("x", file("{}")).names());
    }

    @ParameterizedTest
    @EnumSource
    void writesAndReadsEveryTypeAcrossChunks(DType dtype) throws IOException {
        int count = (1 << 18) + 77;
        Random random = new Random(5);
        ByteBuffer data = ByteBuffer.allocate(count * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        random.nextBytes(data.array());
        if (dtype == DType.F16 || dtype == DType.BF16) {
            // Signalling NaN come back quiet; keep them out, everything else must come back as it was.
            for (int i = 0; i < count; i++) {
                data.putShort(2 * i, (short) (data.getShort(2 * i) & 0xbbff & (dtype == DType.BF16 ? 0xbf7f : -1)));
            }
        }
        byte[] written = file(
                "{\"x\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + count + "],\"data_offsets\":[0,"
                        + count * dtype.bytes() + "]}}",
                data.array());
        Safetensors first = Safetensors.read("x", written);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        first.writeTo(out);
        byte[] again = out.toByteArray();
        assertEquals(0, (again.length - data.capacity()) % 8, "the header is padded");
        assertArrayEquals(data.array(), Arrays.copyOfRange(again, again.length - data.capacity(), again.length));
        Safetensors second = Safetensors.read("x", again);
        assertEquals(dtype, second.dtype("x"));
        assertArrayEquals(first.doubles("x"), second.doubles("x"));
    }

    @Test
    void writesWhatWasBuilt(@TempDir Path directory) throws IOException {
        Path path = directory.resolve("built.safetensors");
        Tensor floats = new Tensor(new int[] {3}, new float[] {1, 0.1f, -70000});
        Safetensors.builder()
                .metadata("format", "pt")
                .add("half", DType.F16, floats)
                .add("brain", DType.BF16, floats)
                .add("bytes", DType.I8, new int[] {3}, new byte[] {-1, 0, 1})
                .addAll("weight.", DType.F32, Weights.of(Map.of("w", floats)))
                .add("double", new int[] {2, 1}, new double[] {Math.PI, -1})
                .add("long", new int[] {}, new long[] {1L << 62})
                .add("int", new int[] {1}, new int[] {-5})
                .add("short", new int[] {1}, new short[] {-6})
                .build()
                .write(path);
        Safetensors file = Safetensors.read(path);
        assertEquals(
                List.of("double", "long", "weight.w", "int", "half", "brain", "short", "bytes"),
                file.names(),
                "widest first, so that each is aligned");
        assertEquals(Map.of("format", "pt"), file.metadata());
        assertArrayEquals(
                new float[] {1, 0.0999755859375f, Float.NEGATIVE_INFINITY},
                file.tensor("half").values());
        assertArrayEquals(
                new float[] {1, 0.10009765625f, -70144}, file.tensor("brain").values());
        assertEquals(Map.of("w", floats), file.weights("weight.").tensors());
        assertArrayEquals(new double[] {Math.PI, -1}, file.doubles("double"));
        assertArrayEquals(
                new float[] {(float) Math.PI, -1}, file.tensor("double").values());
        assertArrayEquals(new long[] {1L << 62}, file.integers("long"));
        assertArrayEquals(new long[] {-5}, file.integers("int"));
        assertArrayEquals(new short[] {-6}, file.shorts("short"));
        assertArrayEquals(new long[] {-1, 0, 1}, file.integers("bytes"));
        try (var left = Files.list(directory)) {
            assertEquals(List.of(path), left.toList());
        }
    }

    @Test
    void readsAFileThatAnotherProgramWrote() throws IOException {
        try (InputStream in =
                SafetensorsTest.class.getResourceAsStream("/golden/checkpoint_efficientsegnet.safetensors")) {
            Safetensors file = Safetensors.read("golden", in.readAllBytes());
            assertEquals(56, file.names().size());
            assertEquals(146_400, file.weights().parameters());
            assertArrayEquals(new int[] {2, 1, 3, 3, 3}, file.shape("conv0_0.0.residual_unit.0.conv.weight"));
        }
    }

    @Test
    @Tag("shared")
    void readsTheReferenceFiles() throws IOException {
        Path golden = Path.of(System.getProperty("efficientsegnet.shared"), "golden");
        Safetensors network = Safetensors.read(golden.resolve("efficientsegnet.safetensors"));
        assertEquals("float64", network.metadata().get("arithmetic"));
        assertEquals(
                Integer.parseInt(network.metadata().get("params")),
                network.weights("weight.").parameters());
        byte[] labels = network.bytes("target_labels");
        assertEquals(64 * 64 * 128, labels.length);
        for (byte label : labels) {
            assertTrue(label >= 0 && label <= 4);
        }
        Safetensors volumes = Safetensors.read(golden.resolve("preprocess.safetensors"));
        assertEquals(DType.I16, volumes.dtype("resample0.input"));
        assertEquals(37 * 40 * 29, volumes.shorts("resample0.input").length);
    }

    @Test
    void isRefusedCutAtEachByte() throws IOException {
        byte[] whole = file(TWO, new byte[7]);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            Refusal.of(() -> Safetensors.read("cut.safetensors", cut), "cut.safetensors: ");
            // The same, but the length was right when it was asked for.
            Refusal.of(
                    () -> Safetensors.read("cut.safetensors", new ByteArrayInputStream(cut), whole.length),
                    "cut.safetensors: ");
        }
        Refusal.of(
                () -> Safetensors.read(
                        "x", new ByteArrayInputStream(Arrays.copyOf(whole, whole.length + 1)), whole.length),
                "bytes follow");
    }

    @Test
    void damageInTheHeaderIsReadOrRefused() {
        byte[] whole = file(TWO, new byte[7]);
        Random random = new Random(1);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = whole.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                damaged[random.nextInt(damaged.length - 7)] = (byte) random.nextInt(256);
            }
            try {
                Safetensors.read("damaged", damaged);
            } catch (MalformedFileException e) {
                refused++;
            } catch (IOException e) {
                throw new AssertionError("round " + round, e);
            }
        }
        assertTrue(refused > 10_000, refused + " refused");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1L << 23, 1L << 31, 1L << 40, Long.MAX_VALUE, -1, Long.MIN_VALUE})
    void headerLengthsThatLie(long length) {
        byte[] bytes = file(TWO, new byte[7]);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        Refusal.of(() -> Safetensors.read("x", bytes), "x: header length: ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "F32 | 4          | 0,16                  | 15 | the arrays end at byte 16 of 15",
                "F32 | 4          | 0,16                  | 17 | the arrays end at byte 16 of 17",
                "F32 | 4          | 1,17                  | 17 | a hole of 1 bytes",
                "F32 | 4          | 16,0                  | 16 | not a begin and an end",
                "F32 | 4          | 0,16,20               | 16 | not a begin and an end",
                "F32 | 4          | 0                     | 16 | not a begin and an end",
                "F32 | 4          | 0,-16                 | 16 | below zero",
                "F32 | 4          | 0,9223372036854775807 | 16 | not the size of [4]",
                "F32 | 4          | 0,9223372036854775808 | 16 | more than 63 bits",
                "F32 | 4          | 0,1e1                 | 16 | whole numbers",
                "F32 | 4          | 0,\"16\"              | 16 | whole numbers",
                "F32 | 3          | 0,16                  | 16 | not the size of [3]",
                "F32 | -4         | 0,16                  | 16 | below zero",
                "F32 | 65536,65536,65536,65536 | 0,0      | 0  | more than an array can hold",
                "F32 | 4294967296,4294967296   | 0,0      | 0  | more than an array can hold",
                "F32 | 2147483647,2147483647   | 0,4      | 4  | more than an array can hold",
                "F64 | 2147483647 | 0,17179869176         | 8  | more than an array can hold",
                "F64 | 1147483647 | 0,9179869176          | 8  | the arrays end at byte 9179869176 of 8",
                "F8_E4M3 | 4      | 0,4                   | 4  | \"F8_E4M3\" is not one of [BOOL",
                "f32 | 4          | 0,16                  | 16 | \"f32\" is not one of",
            })
    void arraysThatLie(String dtype, String shape, String offsets, int dataLength, String expected) {
        refused(
                "{\"w\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + offsets + "]}}",
                dataLength,
                "x.safetensors: w.",
                expected.trim());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "[]                                             | does not begin with {",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}} | Duplicate",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}} | b.data_offsets: it overlaps",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}       | one is missing",
                "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}} | Duplicate",
                "{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,1]}} | a.dtype: it must be a string",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[[1]],\"data_offsets\":[0,1]}} | a.shape: ",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":{},\"data_offsets\":[0,1]}} | a.shape: ",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":{}}} | a.x: ",
                "{\"a\":[]}                                     | a: it must be an object",
                "{\"a\":1}                                      | a: it must be an object",
                "{\"__metadata__\":{\"k\":1}}                   | __metadata__.k: it must be a string",
                "{\"__metadata__\":{\"k\":{}}}                  | __metadata__.k: it must be a string",
                "{\"__metadata__\":[]}                          | __metadata__: it must be an object of strings",
                "{} {}                                          | something follows",
                "{\"a\"                                         | cut short",
                "{\"a\":                                        | cut short",
                "{'a':1}                                        | header",
                "{} #                                           | header",
            })
    void headersThatAreNone(String header, String expected) {
        refused(header, 1, expected.trim());
    }

    @Test
    void headersBuiltToExhaust() {
        refused("{\"a\":" + "[".repeat(100_000), 0);
        refused("{\"a\":" + "{\"a\":".repeat(1_000_000), 0);
        refused("{\"" + "a".repeat(1 << 20) + "\":1}", 0);
        refused("{\"a\":" + "9".repeat(1 << 20) + "}", 0);
        refused(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + "1,".repeat(100_000) + "1],\"data_offsets\":[0,1]}}",
                1,
                "32 numbers");
        StringBuilder many = new StringBuilder("{");
        for (int i = 0; i <= 1 << 14; i++) {
            many.append("\"").append(i).append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},");
        }
        refused(many.append("\"x\":{}}").toString(), 0, "limit of 16384 arrays");
        Refusal.of(() -> Safetensors.read("x", file(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'})), "UTF-8");
        Refusal.of(() -> Safetensors.read("x", file(new byte[] {0, '{', 0, '}'})), "does not begin");
    }

    @Test
    void refusesWhatCannotBeWritten() {
        Tensor tensor = new Tensor(new int[] {1}, new float[1]);
        Safetensors.Builder builder = Safetensors.builder().add("a", DType.F32, tensor);
        assertThrows(IllegalArgumentException.class, () -> builder.add("a", DType.F32, tensor));
        assertThrows(IllegalArgumentException.class, () -> builder.add("b", DType.F64, tensor));
        assertThrows(IllegalArgumentException.class, () -> builder.add("b", DType.I32, tensor));
        assertThrows(IllegalArgumentException.class, () -> builder.add("__metadata__", DType.F32, tensor));
        assertThrows(IllegalArgumentException.class, () -> builder.add("b", DType.F32, new int[] {1}, new byte[1]));
        assertThrows(IllegalArgumentException.class, () -> builder.add("b", new int[] {2}, new long[1]));
        assertFalse(builder.build().contains("b"));
    }
}

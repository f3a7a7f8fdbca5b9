// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.golden;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.efficientsegnet.volume.Shape;

/** Reference arrays from a safetensors file among the test resources; reads what those files hold and no more. */
public final class GoldenArrays {

    private static final Pattern TENSOR = Pattern.compile(
            "\"([^\"]+)\"\\s*:\\s*\\{\\s*\"dtype\"\\s*:\\s*\"(\\w+)\"\\s*,"
                    + "\\s*\"shape\"\\s*:\\s*\\[([\\d,\\s]*)]\\s*,\\s*\"data_offsets\"\\s*:\\s*\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*]");
    private static final Pattern TEXT = Pattern.compile("\"([^\"]+)\"\\s*:\\s*\"([^\"]*)\"");

    private record Tensor(String type, int[] shape, int from, int to) {}

    private final Map<String, Tensor> tensors = new HashMap<>();
    private final Map<String, String> metadata = new HashMap<>();
    private final ByteBuffer data;

    private GoldenArrays(byte[] file) {
        ByteBuffer all = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) all.getLong();
        String header = new String(file, 8, length, StandardCharsets.UTF_8);
        Matcher tensor = TENSOR.matcher(header);
        while (tensor.find()) {
            int[] shape = Stream.of(tensor.group(3).split(","))
                    .mapToInt(s -> Integer.parseInt(s.trim()))
                    .toArray();
            tensors.put(
                    tensor.group(1),
                    new Tensor(
                            tensor.group(2),
                            shape,
                            Integer.parseInt(tensor.group(4)),
                            Integer.parseInt(tensor.group(5))));
        }
        Matcher text = TEXT.matcher(header);
        while (text.find()) {
            metadata.put(text.group(1), text.group(2));
        }
        data = all.slice(8 + length, file.length - 8 - length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads {@code golden/<name>.safetensors}. */
    public static GoldenArrays open(String name) {
        try (InputStream in = GoldenArrays.class.getResourceAsStream("/golden/" + name + ".safetensors")) {
            return new GoldenArrays(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String metadata(String key) {
        return metadata.get(key);
    }

    /** The last three axes of an array. */
    public Shape shape(String name) {
        int[] s = tensors.get(name).shape;
        return new Shape(s[s.length - 3], s[s.length - 2], s[s.length - 1]);
    }

    public float[] floats(String name) {
        ByteBuffer bytes = bytes(name, "F32");
        float[] values = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    public short[] shorts(String name) {
        ByteBuffer bytes = bytes(name, "I16");
        short[] values = new short[bytes.remaining() / 2];
        bytes.asShortBuffer().get(values);
        return values;
    }

    public byte[] uint8(String name) {
        ByteBuffer bytes = bytes(name, "U8");
        byte[] values = new byte[bytes.remaining()];
        bytes.get(values);
        return values;
    }

    private ByteBuffer bytes(String name, String type) {
        Tensor t = tensors.get(name);
        if (!t.type.equals(type)) {
            throw new IllegalArgumentException(name + " is " + t.type + ", not " + type);
        }
        return data.slice(t.from, t.to - t.from).order(ByteOrder.LITTLE_ENDIAN);
    }
}

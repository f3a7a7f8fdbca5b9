// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes safetensors to a stream; see {@link Safetensors}. */
final class SafetensorsWriter {

    private static final int ALIGNMENT = 8;

    private SafetensorsWriter() {}

    static void write(Map<String, String> metadata, Map<String, Safetensors.Entry> entries, OutputStream out)
            throws IOException {
        // The widest elements first: every array then begins at a multiple of its element's size.
        List<Map.Entry<String, Safetensors.Entry>> order = new ArrayList<>(entries.entrySet());
        order.sort(Comparator.comparingInt(e -> -e.getValue().dtype().bytes()));
        byte[] header = header(metadata, order);
        int padding = -header.length & ALIGNMENT - 1;
        out.write(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length + padding)
                .array());
        out.write(header);
        out.write(" ".repeat(padding).getBytes(StandardCharsets.US_ASCII));
        byte[] chunk = new byte[Elements.CHUNK];
        for (Map.Entry<String, Safetensors.Entry> entry : order) {
            writeArray(entry.getValue(), chunk, out);
        }
    }

    private static byte[] header(Map<String, String> metadata, List<Map.Entry<String, Safetensors.Entry>> order)
            throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafetensorsReader.METADATA);
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long begin = 0;
            for (Map.Entry<String, Safetensors.Entry> entry : order) {
                Safetensors.Entry array = entry.getValue();
                long end = begin
                        + (long) Array.getLength(array.values()) * array.dtype().bytes();
                json.writeObjectFieldStart(entry.getKey());
                json.writeStringField("dtype", array.dtype().name());
                json.writeFieldName("shape");
                json.writeArray(array.shape(), 0, array.shape().length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {begin, end}, 0, 2);
                json.writeEndObject();
                begin = end;
            }
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private static void writeArray(Safetensors.Entry array, byte[] chunk, OutputStream out) throws IOException {
        int size = array.dtype().bytes();
        int count = Array.getLength(array.values());
        for (int at = 0; at < count; at += Elements.CHUNK / size) {
            int n = Math.min(Elements.CHUNK / size, count - at);
            Elements.encode(
                    array.dtype(), array.values(), at, n, ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN));
            out.write(chunk, 0, n * size);
        }
    }
}

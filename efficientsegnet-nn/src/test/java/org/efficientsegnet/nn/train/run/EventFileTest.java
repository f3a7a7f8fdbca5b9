// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {

    @TempDir
    private Path directory;

    /** Bit by bit, by the polynomial of Castagnoli. */
    private static int maskedCrc(byte[] bytes) {
        int crc = -1;
        for (byte b : bytes) {
            crc ^= b & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ 0x82f63b78;
            }
        }
        crc = ~crc;
        return (crc >>> 15 | crc << 17) + 0xa282ead8;
    }

    private static List<byte[]> records(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] length = new byte[8];
            bytes.get(length);
            assertEquals(maskedCrc(length), bytes.getInt());
            byte[] data = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            bytes.get(data);
            assertEquals(maskedCrc(data), bytes.getInt());
            records.add(data);
        }
        return records;
    }

    /** The fields of a message, the last of each number. */
    private static Map<Integer, Object> fields(byte[] message) {
        ByteBuffer bytes = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        Map<Integer, Object> fields = new HashMap<>();
        while (bytes.hasRemaining()) {
            long tag = varint(bytes);
            int field = (int) (tag >> 3);
            switch ((int) (tag & 7)) {
                case 0 -> fields.put(field, varint(bytes));
                case 1 -> fields.put(field, bytes.getDouble());
                case 2 -> {
                    byte[] content = new byte[(int) varint(bytes)];
                    bytes.get(content);
                    fields.put(field, content);
                }
                case 5 -> fields.put(field, bytes.getFloat());
                default -> throw new AssertionError("tag " + tag);
            }
        }
        return fields;
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = bytes.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, StandardCharsets.UTF_8);
    }

    @Test
    void whatIsToldIsRead() throws IOException {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("dice/liver", Double.NaN);
        values.put("train/loss", 0.25);
        BufferedImage image = new BufferedImage(5, 3, BufferedImage.TYPE_INT_RGB);
        try (EventFile file = EventFile.open(directory, 301)) {
            file.scalars(301, values);
            file.picture(302, "sample", image);
        }
        Path written;
        try (Stream<Path> files = Files.list(directory)) {
            written = files.findFirst().orElseThrow();
        }
        assertTrue(written.getFileName().toString().contains("tfevents"), written.toString());
        List<byte[]> records = records(written);
        assertEquals(4, records.size());
        assertEquals("brain.Event:2", text(fields(records.get(0)).get(3)));
        Map<Integer, Object> start = fields(records.get(1));
        assertEquals(301L, start.get(2));
        assertEquals(1L, fields((byte[]) start.get(7)).get(1));
        Map<Integer, Object> scalar = fields(records.get(2));
        assertEquals(301L, scalar.get(2));
        assertTrue((double) scalar.get(1) > 1.7e9);
        Map<Integer, Object> value =
                fields((byte[]) fields((byte[]) scalar.get(5)).get(1));
        assertEquals("train/loss", text(value.get(1)));
        assertEquals(0.25f, value.get(2));
        assertFalse(new String(records.get(2), StandardCharsets.ISO_8859_1).contains("liver"));
        Map<Integer, Object> shown =
                fields((byte[]) fields((byte[]) fields(records.get(3)).get(5)).get(1));
        Map<Integer, Object> encoded = fields((byte[]) shown.get(4));
        assertEquals(3L, encoded.get(1));
        assertEquals(5L, encoded.get(2));
        assertEquals(
                5,
                ImageIO.read(new ByteArrayInputStream((byte[]) encoded.get(4))).getWidth());
    }

    @Test
    void picturesShowTheBusiestSliceFromTheFeet() {
        Shape shape = new Shape(3, 2, 4);
        byte[] labels = new byte[24];
        float[] values = new float[24];
        labels[shape.index(2, 0, 0)] = 1;
        labels[shape.index(2, 1, 3)] = (byte) Batch.UNKNOWN;
        values[shape.index(2, 1, 3)] = 1;
        assertEquals(2, SlicePicture.busiest(shape, labels));
        assertEquals(1, SlicePicture.busiest(shape, new byte[24]));
        BufferedImage picture = SlicePicture.draw(shape, values, 2, new byte[24], labels);
        assertEquals(8, picture.getWidth());
        assertEquals(2, picture.getHeight());
        // x grows to the patient's right, which is on the left of the picture; y grows upwards.
        assertEquals(0xffffffff, picture.getRGB(0, 0));
        assertEquals(0xff808080, picture.getRGB(4, 0), Integer.toHexString(picture.getRGB(4, 0)));
        int organ = picture.getRGB(7, 1);
        assertTrue(organ != 0xff000000 && (organ >> 16 & 255) != (organ & 255), Integer.toHexString(organ));
        assertEquals(0xff000000, picture.getRGB(3, 1));
    }
}

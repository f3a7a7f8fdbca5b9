// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;
import javax.imageio.ImageIO;

/**
 * The log of a run as TensorBoard reads it: records of {@code tensorflow.Event} messages, framed and checked as in
 * TensorFlow's {@code record_writer.h}. A run that is taken up writes a further file, which says from which step on it
 * replaces what the earlier ones hold. Not thread-safe.
 */
final class EventFile implements AutoCloseable {

    private static final int MASK_DELTA = 0xa282ead8;
    private static final int START = 1;
    private static final int RGB = 3;

    private final OutputStream out;

    private EventFile(OutputStream out) {
        this.out = out;
    }

    /**
     * Begins a file.
     *
     * @param directory of the run
     * @param firstStep the first step that will be told
     */
    static EventFile open(Path directory, int firstStep) throws IOException {
        String name = "events.out.tfevents." + System.currentTimeMillis() / 1000 + ".step-" + firstStep;
        EventFile file = new EventFile(Files.newOutputStream(
                directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING));
        file.write(event(0).text(3, "brain.Event:2"));
        file.write(event(firstStep).message(7, new Message().number(1, START)));
        return file;
    }

    /** Tells some values. */
    void scalars(int step, Map<String, Double> values) throws IOException {
        Message summary = new Message();
        values.forEach((tag, value) -> {
            if (!Double.isNaN(value)) {
                summary.message(1, new Message().text(1, tag).single(2, value.floatValue()));
            }
        });
        write(event(step).message(5, summary));
    }

    /** Shows a picture. */
    void picture(int step, String tag, BufferedImage image) throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        Message encoded = new Message()
                .number(1, image.getHeight())
                .number(2, image.getWidth())
                .number(3, RGB)
                .bytes(4, png.toByteArray());
        Message value = new Message().text(1, tag).message(4, encoded);
        write(event(step).message(5, new Message().message(1, value)));
    }

    private static Message event(int step) {
        return new Message().real(1, System.currentTimeMillis() / 1e3).number(2, step);
    }

    private void write(Message message) throws IOException {
        byte[] data = message.toBytes();
        ByteBuffer frame = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        frame.putLong(data.length);
        frame.putInt(maskedCrc(frame.array(), 8));
        frame.put(data);
        frame.putInt(maskedCrc(data, data.length));
        out.write(frame.array());
        out.flush();
    }

    private static int maskedCrc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    /** A protocol buffer message, as far as events need it. */
    private static final class Message {
        private static final int VARINT = 0;
        private static final int EIGHT_BYTES = 1;
        private static final int LENGTH = 2;
        private static final int FOUR_BYTES = 5;

        private final ByteArrayOutputStream content = new ByteArrayOutputStream();

        Message number(int field, long value) {
            tag(field, VARINT);
            varint(value);
            return this;
        }

        Message real(int field, double value) {
            tag(field, EIGHT_BYTES);
            content.writeBytes(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putDouble(value)
                    .array());
            return this;
        }

        Message single(int field, float value) {
            tag(field, FOUR_BYTES);
            content.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putFloat(value)
                    .array());
            return this;
        }

        Message text(int field, String value) {
            return bytes(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message value) {
            return bytes(field, value.toBytes());
        }

        Message bytes(int field, byte[] value) {
            tag(field, LENGTH);
            varint(value.length);
            content.writeBytes(value);
            return this;
        }

        private void tag(int field, int type) {
            varint((long) field << 3 | type);
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7fL) != 0) {
                content.write((int) (rest & 0x7f | 0x80));
                rest >>>= 7;
            }
            content.write((int) rest);
        }

        byte[] toBytes() {
            return content.toByteArray();
        }
    }
}

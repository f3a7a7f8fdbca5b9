// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes pickles instruction by instruction, right and wrong ones, and archives around them. */
final class PickleAssembler {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PickleAssembler() {
        raw(0x80, 2);
    }

    PickleAssembler raw(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    PickleAssembler raw(String latin) {
        out.writeBytes(latin.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PickleAssembler global(String module, String name) {
        return raw("c" + module + "\n" + name + "\n");
    }

    PickleAssembler text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        raw("X").int32(bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    PickleAssembler number(int number) {
        return raw("J").int32(number);
    }

    PickleAssembler number(long number) {
        raw(0x8a, 8);
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(number)
                .array());
        return this;
    }

    PickleAssembler number(double number) {
        raw("G");
        out.writeBytes(ByteBuffer.allocate(8).putDouble(number).array());
        return this;
    }

    PickleAssembler int32(int number) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(number)
                .array());
        return this;
    }

    PickleAssembler tuple(int... numbers) {
        raw("(");
        for (int number : numbers) {
            number(number);
        }
        return raw("t");
    }

    /** The persistent id of a storage of floats. */
    PickleAssembler storage(String key, long elements) {
        return raw("(").text("storage")
                .global("torch", "FloatStorage")
                .text(key)
                .text("cpu")
                .number(elements)
                .raw("tQ");
    }

    /** An entry of a dictionary: a tensor of floats. */
    PickleAssembler view(String name, String key, long elements, int offset, int[] shape, int[] stride) {
        return text(name)
                .global("torch._utils", "_rebuild_tensor_v2")
                .raw("(")
                .storage(key, elements)
                .number(offset)
                .tuple(shape)
                .tuple(stride)
                .raw(0x89)
                .global("collections", "OrderedDict")
                .raw(")RtR");
    }

    /** A dictionary and the end. */
    PickleAssembler bare(Consumer<PickleAssembler> items) {
        raw("}(");
        items.accept(this);
        return raw("u.");
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    /** A stream like torch.save's before archives, with one storage of floats, named 0. */
    static byte[] stream(byte[] pickle, int elements) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        stream.writeBytes(HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e"));
        stream.writeBytes(new PickleAssembler().number(1001).raw(".").bytes());
        stream.writeBytes(new PickleAssembler()
                .raw("}")
                .text("little_endian")
                .raw(0x88)
                .raw("s.")
                .bytes());
        stream.writeBytes(pickle);
        stream.writeBytes(new PickleAssembler().raw("](").text("0").raw("e.").bytes());
        stream.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(elements)
                .array());
        stream.writeBytes(new byte[4 * elements]);
        return stream.toByteArray();
    }

    /** An archive like torch.save's, its folder named x. */
    static byte[] zip(Map<String, byte[]> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> entry : new TreeMap<>(entries).entrySet()) {
                CRC32 crc = new CRC32();
                crc.update(entry.getValue());
                ZipEntry header = new ZipEntry("x/" + entry.getKey());
                header.setMethod(ZipEntry.STORED);
                header.setSize(entry.getValue().length);
                header.setCrc(crc.getValue());
                zip.putNextEntry(header);
                zip.write(entry.getValue());
            }
        }
        return bytes.toByteArray();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes DICOM files in little endian, sequences and items with their lengths (DICOM PS3.10 section 7). The
 * values of the data set must be little endian, as {@link DataSet.Builder} makes them.
 */
public final class DicomWriter {

    private static final int SHORTEST_LONG = 1 << 16;

    private final OutputStream out;
    private final boolean implicit;

    private DicomWriter(OutputStream out, boolean implicit) {
        this.out = out;
        this.implicit = implicit;
    }

    /** Writes pixel bytes. */
    @FunctionalInterface
    public interface Pixels {
        /** @param out not to be closed */
        void write(OutputStream out) throws IOException;
    }

    /**
     * Writes a file.
     *
     * @param meta the file meta information without its length
     * @param dataSet all attributes before the pixel data
     * @param pixelBytes how many bytes {@code pixels} writes; below 2³²-1
     * @throws IOException if it cannot be written
     */
    public static void write(OutputStream out, DataSet meta, DataSet dataSet, long pixelBytes, Pixels pixels)
            throws IOException {
        if (pixelBytes >= PixelLocation.UNDEFINED - 1) {
            throw new IllegalArgumentException(pixelBytes + " bytes of pixels do not fit into one DICOM attribute");
        }
        DicomWriter explicit = new DicomWriter(out, false);
        explicit.begin(meta);
        explicit.write(dataSet);
        explicit.header(Tag.PIXEL_DATA, Vr.OB, pixelBytes + (pixelBytes & 1));
        pixels.write(out);
        if ((pixelBytes & 1) != 0) {
            out.write(0);
        }
    }

    /**
     * Writes a file without pixels as Implicit VR Little Endian, where texts may be longer than 64 KiB.
     *
     * @param meta the file meta information without its length
     * @param dataSet all attributes
     * @throws IOException if it cannot be written
     */
    public static void writeImplicit(OutputStream out, DataSet meta, DataSet dataSet) throws IOException {
        new DicomWriter(out, false).begin(meta);
        new DicomWriter(out, true).write(dataSet);
    }

    private void begin(DataSet meta) throws IOException {
        out.write(new byte[128]);
        out.write("DICM".getBytes(StandardCharsets.US_ASCII));
        write(DataSet.builder()
                .integers(Tag.FILE_META_INFORMATION_GROUP_LENGTH, Math.toIntExact(length(meta)))
                .build());
        write(meta);
    }

    private void write(DataSet dataSet) throws IOException {
        for (Element element : dataSet.elements()) {
            header(element.tag(), vr(element), valueLength(element));
            if (element.vr() == Vr.SQ) {
                for (DataSet item : element.items()) {
                    out.write(little(8)
                            .putShort((short) (Tag.ITEM >>> 16))
                            .putShort((short) Tag.ITEM)
                            .putInt((int) length(item))
                            .array());
                    write(item);
                }
            } else {
                out.write(element.value());
                if ((element.value().length & 1) != 0) {
                    out.write(element.vr().padding());
                }
            }
        }
    }

    private void header(int tag, Vr vr, long length) throws IOException {
        ByteBuffer header =
                little(headerLength(vr)).putShort((short) (tag >>> 16)).putShort((short) tag);
        if (implicit) {
            out.write(header.putInt((int) length).array());
            return;
        }
        header.put((byte) vr.name().charAt(0)).put((byte) vr.name().charAt(1));
        if (vr.hasLongLength()) {
            header.putShort((short) 0).putInt((int) length);
        } else {
            header.putShort((short) length);
        }
        out.write(header.array());
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int headerLength(Vr vr) {
        return !implicit && vr.hasLongLength() ? 12 : 8;
    }

    private long length(DataSet dataSet) {
        long length = 0;
        for (Element element : dataSet.elements()) {
            length += headerLength(vr(element)) + valueLength(element);
        }
        return length;
    }

    private long valueLength(Element element) {
        if (element.vr() != Vr.SQ) {
            return element.value().length + (element.value().length & 1L);
        }
        long length = 0;
        for (DataSet item : element.items()) {
            length += 8 + length(item);
        }
        return length;
    }

    /** PS3.5 section 6.2.2: what is too long for a length of 16 bits is written as UN. */
    private static Vr vr(Element element) {
        boolean tooLong = !element.vr().hasLongLength() && element.value().length > SHORTEST_LONG - 2;
        return tooLong ? Vr.UN : element.vr();
    }
}

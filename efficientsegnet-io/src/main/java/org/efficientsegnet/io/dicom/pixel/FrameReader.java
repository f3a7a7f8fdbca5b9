// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipException;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.PixelLocation;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.dicom.dataset.TransferSyntax;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.TruncatedFileException;

/**
 * Reads the frames of one file, each when it is asked for. Holds no open file; thread-safe.
 */
public final class FrameReader {

    private static final int FRAGMENT_COST = 32;
    private static final int CHUNK = 1 << 16;
    private static final String FIELD = Tag.describe(Tag.PIXEL_DATA);
    private static final String REPAIR = "Export the file again; what is there cannot be trusted.";

    private final DicomFile file;
    private final PixelFormat format;
    private final int frames;
    private final PixelLocation location;
    private final List<List<Fragment>> fragments;
    private byte[] inflated;

    private record Fragment(long offset, int length) {}

    private FrameReader(
            DicomFile file, PixelFormat format, int frames, PixelLocation location, List<List<Fragment>> fragments) {
        this.file = file;
        this.format = format;
        this.frames = frames;
        this.location = location;
        this.fragments = fragments;
    }

    /**
     * Holds what the data set declares against the pixel data; reads no pixels yet.
     *
     * @throws FormatException if there is no pixel data, too little or too much of it, or more than the limits allow
     * @throws IOException if the operating system fails
     */
    public static FrameReader of(DicomFile file, PixelFormat format, int frames, ReadLimits limits) throws IOException {
        PixelLocation location = file.pixels()
                .orElseThrow(() ->
                        new TruncatedFileException(file.path(), FIELD, "the file ends before its pixel data", REPAIR));
        if (!file.dataSet().contains(Tag.PIXEL_DATA)) {
            throw new FormatException(
                    file.path(), FIELD, "floating-point pixel data is not read here", "Export 16-bit CT images.");
        }
        int bytes = format.bitsAllocated() / 8;
        long pixels = limits.checkGrid(
                file.path(),
                "(0028,0008) Number of Frames x (0028,0010) Rows x (0028,0011) Columns",
                bytes,
                frames,
                format.rows(),
                format.columns());
        boolean undefined = location.length() == PixelLocation.UNDEFINED;
        if (undefined != file.syntax().isEncapsulated()) {
            throw new FormatException(
                    file.path(),
                    FIELD,
                    (undefined ? "fragments" : "a length of " + location.length() + " bytes")
                            + ", which does not go with the transfer syntax " + file.syntax(),
                    REPAIR);
        }
        if (undefined) {
            return new FrameReader(file, format, frames, location, frameFragments(file, location, frames, limits));
        }
        long needed = pixels * bytes;
        if (location.length() < needed) {
            throw new TruncatedFileException(
                    file.path(),
                    FIELD,
                    location.length() + " bytes, but " + frames + " frame(s) of " + format.rows() + " x "
                            + format.columns() + " pixels take " + needed,
                    REPAIR);
        }
        // Padding after the pixels is allowed (PS3.5 section 8.1.1); as much as a frame may be one that was not
        // declared.
        if (location.length() - needed >= format.pixels() * bytes) {
            throw new FormatException(
                    file.path(),
                    FIELD,
                    location.length() + " bytes, more than the " + needed + " that " + frames + " frame(s) of "
                            + format.rows() + " x " + format.columns() + " pixels take",
                    REPAIR);
        }
        return new FrameReader(file, format, frames, location, List.of());
    }

    /** How the pixels are stored. */
    public PixelFormat format() {
        return format;
    }

    /**
     * The stored values of a frame, row by row, to be read as signed or unsigned as the format says.
     *
     * @param frame counted from 0
     * @throws FormatException if it cannot be decoded
     * @throws IOException if the operating system fails
     */
    public short[] stored(int frame) throws IOException {
        short[] pixels;
        try {
            pixels = raw(frame);
        } catch (CodecException e) {
            throw new FormatException(
                    file.path(),
                    FIELD + (frames > 1 ? ", frame " + (frame + 1) : ""),
                    e.getMessage() + " [" + file.syntax() + "]",
                    "Convert the file to Explicit VR Little Endian with another program, or export it again.",
                    e);
        } catch (EOFException e) {
            throw new TruncatedFileException(file.path(), FIELD, "the file ends within its pixels", REPAIR);
        } catch (ZipException e) {
            throw new FormatException(file.path(), FIELD, "cannot be inflated: " + e.getMessage(), REPAIR, e);
        }
        format.toStored(pixels);
        return pixels;
    }

    private short[] raw(int frame) throws IOException, CodecException {
        if (!file.syntax().isEncapsulated()) {
            return nativePixels(nativeBytes(frame));
        }
        byte[] bytes = encapsulatedBytes(fragments.get(frame));
        return switch (file.syntax()) {
            case RLE -> Rle.decode(bytes, format);
            case JPEG_LOSSLESS, JPEG_LOSSLESS_SV1 -> JpegLossless.decode(bytes, format);
            case JPEG_LS, JPEG_LS_NEAR -> JpegLs.decode(bytes, format);
            case JPEG_2000_LOSSLESS, JPEG_2000 -> Jpeg2000.decode(bytes, format);
            case JPEG_BASELINE -> JpegBaseline.decode(bytes, format);
            default -> throw new CodecException("no decoder");
        };
    }

    private byte[] nativeBytes(int frame) throws IOException {
        long bytes = format.pixels() * (format.bitsAllocated() / 8);
        if (file.syntax() == TransferSyntax.DEFLATED && frames > 1) {
            byte[] all = inflated(bytes * frames);
            int from = Math.toIntExact(frame * bytes);
            return Arrays.copyOfRange(all, from, from + (int) bytes);
        }
        try (InputStream in = file.open(location.offset() + frame * bytes)) {
            return read(in, Math.toIntExact(bytes));
        }
    }

    /** All frames of a deflated file, which can only be inflated from the beginning. */
    private synchronized byte[] inflated(long bytes) throws IOException {
        if (inflated == null) {
            try (InputStream in = file.open(location.offset())) {
                inflated = read(in, Math.toIntExact(bytes));
            }
        }
        return inflated;
    }

    private short[] nativePixels(byte[] bytes) {
        short[] pixels = new short[(int) format.pixels()];
        boolean big = file.syntax().isBigEndian();
        if (format.bitsAllocated() == 16) {
            ByteBuffer.wrap(bytes)
                    .order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN)
                    .asShortBuffer()
                    .get(pixels);
        } else {
            int swap = big && location.words() ? 1 : 0;
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = bytes[Math.min(i ^ swap, bytes.length - 1)];
            }
        }
        return pixels;
    }

    private byte[] encapsulatedBytes(List<Fragment> parts) throws IOException, CodecException {
        long total = 0;
        for (Fragment part : parts) {
            total += part.length;
        }
        // No codec of the standard makes noise much longer than it is; what is longer is an attack or damaged.
        if (total > 4 * (format.pixels() * 2 + CHUNK)) {
            throw new CodecException(
                    "a compressed frame of " + total + " bytes for " + format.pixels() + " pixels is absurd");
        }
        byte[] bytes = new byte[(int) total];
        int to = 0;
        for (Fragment part : parts) {
            try (InputStream in = file.open(part.offset)) {
                if (in.readNBytes(bytes, to, part.length) < part.length) {
                    throw new EOFException();
                }
            }
            to += part.length;
        }
        return bytes;
    }

    /** Reads exactly so many bytes; memory grows with what has come, as the declared length may be a lie. */
    private static byte[] read(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return bytes;
    }

    /** Which fragments belong to which frame (PS3.5 section A.4). */
    private static List<List<Fragment>> frameFragments(
            DicomFile file, PixelLocation location, int frames, ReadLimits limits) throws IOException {
        List<Fragment> all = new ArrayList<>();
        long size = file.source().size();
        long at = location.offset();
        try (InputStream in = new BufferedInputStream(file.open(at), CHUNK)) {
            while (true) {
                byte[] header = in.readNBytes(8);
                if (header.length < 8) {
                    throw new TruncatedFileException(
                            file.path(), FIELD, "the file ends before the last fragment", REPAIR);
                }
                ByteBuffer values = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
                int tag = (values.getShort(0) & 0xffff) << 16 | values.getShort(2) & 0xffff;
                long length = values.getInt(4) & 0xffffffffL;
                at += 8;
                if (tag == Tag.SEQUENCE_DELIMITATION) {
                    break;
                }
                if (tag != Tag.ITEM) {
                    throw new FormatException(
                            file.path(),
                            FIELD,
                            "the tag " + Tag.describe(tag) + " where a fragment should begin, at byte " + (at - 8),
                            REPAIR);
                }
                if (length > size - at) {
                    throw new TruncatedFileException(
                            file.path(),
                            FIELD,
                            "a fragment of " + length + " bytes, but the file ends after " + (size - at),
                            REPAIR);
                }
                if (length > Integer.MAX_VALUE || (all.size() + 1L) * FRAGMENT_COST > limits.maxHeaderBytes()) {
                    throw new LimitExceededException(
                            file.path(),
                            FIELD,
                            "more or larger fragments than any scan needs",
                            "Raise ReadLimits.maxHeaderBytes if the file is genuine.");
                }
                all.add(new Fragment(at, (int) length));
                in.skipNBytes(length);
                at += length;
            }
        }
        if (all.size() < 2) {
            throw new FormatException(file.path(), FIELD, "no fragment after the offset table", REPAIR);
        }
        Fragment table = all.get(0);
        return assign(file, table, all.subList(1, all.size()), frames);
    }

    private static List<List<Fragment>> assign(DicomFile file, Fragment table, List<Fragment> parts, int frames)
            throws IOException {
        if (frames == 1) {
            return List.of(List.copyOf(parts));
        }
        List<List<Fragment>> result = new ArrayList<>();
        if (parts.size() == frames) {
            parts.forEach(part -> result.add(List.of(part)));
            return result;
        }
        if (table.length != 4L * frames) {
            throw new FormatException(
                    file.path(),
                    FIELD,
                    parts.size() + " fragments for " + frames + " frames and an offset table of " + table.length
                            + " bytes, which do not say where the frames begin",
                    REPAIR);
        }
        byte[] offsets;
        try (InputStream in = file.open(table.offset)) {
            offsets = read(in, table.length);
        }
        ByteBuffer starts = ByteBuffer.wrap(offsets).order(ByteOrder.LITTLE_ENDIAN);
        long base = parts.get(0).offset;
        int next = 0;
        for (int frame = 0; frame < frames; frame++) {
            long end = frame + 1 < frames ? starts.getInt(4 * frame + 4) & 0xffffffffL : Long.MAX_VALUE;
            long start = starts.getInt(4 * frame) & 0xffffffffL;
            List<Fragment> own = new ArrayList<>();
            while (next < parts.size() && parts.get(next).offset - base < end) {
                own.add(parts.get(next++));
            }
            if (own.isEmpty() || own.get(0).offset - base != start) {
                throw new FormatException(
                        file.path(), FIELD, "the offset table does not point at fragment starts", REPAIR);
            }
            result.add(own);
        }
        return result;
    }
}

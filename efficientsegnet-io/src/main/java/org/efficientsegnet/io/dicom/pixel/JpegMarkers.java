// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

/** Walks over the marker segments of the JPEG family up to the entropy-coded data; every access is bounds-checked. */
final class JpegMarkers {

    static final int SOI = 0xd8;
    static final int EOI = 0xd9;
    static final int SOS = 0xda;

    private final byte[] data;
    private int at;
    private int segmentEnd;

    JpegMarkers(byte[] data) throws CodecException {
        this.data = data;
        if (data.length < 4 || (data[0] & 0xff) != 0xff || (data[1] & 0xff) != SOI) {
            throw new CodecException("the frame does not begin with the marker SOI of JPEG");
        }
        at = 2;
        segmentEnd = 2;
    }

    /** Moves past the current segment to the next one and returns its marker; {@link #u8} reads what is in it. */
    int next() throws CodecException {
        at = segmentEnd;
        if (at + 2 > data.length || (data[at] & 0xff) != 0xff) {
            throw new CodecException("no JPEG marker at byte " + at + " of the frame");
        }
        while (at < data.length && (data[at] & 0xff) == 0xff) {
            at++;
        }
        if (at >= data.length) {
            throw new CodecException("the frame ends within a JPEG marker");
        }
        int marker = data[at++] & 0xff;
        segmentEnd = at;
        if (marker == EOI || marker == SOI) {
            throw new CodecException("the frame has no JPEG scan");
        }
        segmentEnd = data.length;
        int length = u16();
        segmentEnd = at - 2 + length;
        if (length < 2 || segmentEnd > data.length) {
            throw new CodecException(
                    String.format("the JPEG marker segment %02x declares %d bytes at byte %d", marker, length, at - 2));
        }
        return marker;
    }

    int u8() throws CodecException {
        if (at >= segmentEnd) {
            throw new CodecException("a JPEG marker segment is too short");
        }
        return data[at++] & 0xff;
    }

    int u16() throws CodecException {
        int high = u8();
        return high << 8 | u8();
    }

    int remaining() {
        return segmentEnd - at;
    }

    /** Where the bytes after the current segment begin. */
    int end() {
        return segmentEnd;
    }

    /** Checks what a frame header declares against the data set, before anything is allocated. */
    static void checkFrame(PixelFormat format, int precision, int rows, int columns, int components)
            throws CodecException {
        if (rows != format.rows() || columns != format.columns()) {
            throw new CodecException("the compressed frame has " + rows + " rows and " + columns
                    + " columns, the data set says " + format.rows() + " and " + format.columns());
        }
        if (components != 1) {
            throw new CodecException("the compressed frame has " + components + " components, not one");
        }
        if (precision < 2 || precision > format.bitsAllocated()) {
            throw new CodecException("the compressed frame has " + precision + " bits a pixel, the data set allocates "
                    + format.bitsAllocated());
        }
    }
}

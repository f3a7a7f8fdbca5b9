// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

/** Reads the values of one stretch of a JPEG 2000 codestream, such as a marker segment; every access is bounds-checked. */
final class Jpeg2000Segment {

    private final byte[] data;
    private final int end;
    private int at;

    /** The bytes from {@code from} to {@code to}, or to the end of the data. */
    Jpeg2000Segment(byte[] data, int from, int to) {
        this.data = data;
        this.at = from;
        this.end = Math.min(to, data.length);
    }

    int at() {
        return at;
    }

    int remaining() {
        return Math.max(0, end - at);
    }

    int u8() throws CodecException {
        if (at >= end) {
            throw new CodecException("the frame ends within a JPEG 2000 header");
        }
        return data[at++] & 0xff;
    }

    int u16() throws CodecException {
        int high = u8();
        return high << 8 | u8();
    }

    long u32() throws CodecException {
        long high = u16();
        return high << 16 | u16();
    }
}

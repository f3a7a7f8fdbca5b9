// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** DICOM's run-length encoding (PS3.5 annex G): one PackBits segment for each byte of the pixels, the highest first. */
final class Rle {

    private static final int HEADER = 64;

    private Rle() {}

    static short[] decode(byte[] frame, PixelFormat format) throws CodecException {
        int planes = format.bitsAllocated() / 8;
        if (frame.length < HEADER) {
            throw new CodecException("an RLE frame of " + frame.length + " bytes has no room for its header");
        }
        ByteBuffer header = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
        int segments = header.getInt(0);
        if (segments != planes) {
            throw new CodecException("an RLE frame of " + Integer.toUnsignedString(segments) + " segments where "
                    + planes + " are needed");
        }
        short[] pixels = new short[(int) format.pixels()];
        for (int s = 0; s < planes; s++) {
            long from = header.getInt(4 + 4 * s) & 0xffffffffL;
            long to = s + 1 < planes ? header.getInt(8 + 4 * s) & 0xffffffffL : frame.length;
            if (from < HEADER || to < from || to > frame.length) {
                throw new CodecException(
                        "RLE segment " + s + " lies at bytes " + from + " to " + to + " of a frame of " + frame.length);
            }
            unpack(frame, (int) from, (int) to, pixels, 8 * (planes - 1 - s), s);
        }
        return pixels;
    }

    private static void unpack(byte[] frame, int from, int to, short[] pixels, int shift, int segment)
            throws CodecException {
        int out = 0;
        int in = from;
        while (out < pixels.length) {
            if (in >= to) {
                throw new CodecException(
                        "RLE segment " + segment + " ends after " + out + " of " + pixels.length + " pixels");
            }
            int count = frame[in++];
            if (count >= 0) {
                int n = Math.min(count + 1, pixels.length - out);
                if (in + n > to) {
                    throw new CodecException("RLE segment " + segment + " ends within a run of literals");
                }
                for (int i = 0; i < n; i++) {
                    pixels[out++] |= (short) ((frame[in + i] & 0xff) << shift);
                }
                in += count + 1;
            } else if (count != -128) {
                if (in >= to) {
                    throw new CodecException("RLE segment " + segment + " ends within a run");
                }
                short value = (short) ((frame[in++] & 0xff) << shift);
                for (int n = Math.min(1 - count, pixels.length - out); n > 0; n--) {
                    pixels[out++] |= value;
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.Arrays;

/**
 * JPEG-LS, lossless and near-lossless, one component of 2 to 16 bits (ITU-T T.87 annexes A to D). The variables keep the
 * names of the standard.
 */
final class JpegLs {

    private static final int SOF55 = 0xf7;
    private static final int LSE = 0xf8;
    private static final int DRI = 0xdd;

    /** Code order of run lengths, table A.5's J. */
    private static final int[] J = {
        0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15
    };

    private static final int RUN_CONTEXTS = 365;

    private final byte[] data;
    private final PixelFormat format;

    private int precision;
    private int maxVal;
    private int t1;
    private int t2;
    private int t3;
    private int reset;
    private int near;
    private int range;
    private int qbpp;
    private int limit;
    private byte[] quantized;

    private final int[] a = new int[RUN_CONTEXTS + 2];
    private final int[] b = new int[RUN_CONTEXTS];
    private final int[] c = new int[RUN_CONTEXTS];
    private final int[] n = new int[RUN_CONTEXTS + 2];
    private final int[] nn = new int[2];
    private int runIndex;

    private int at;
    private long bits;
    private int bitCount;
    private int beyond;
    private boolean afterFf;

    private JpegLs(byte[] data, PixelFormat format) {
        this.data = data;
        this.format = format;
    }

    static short[] decode(byte[] frame, PixelFormat format) throws CodecException {
        return new JpegLs(frame, format).decode();
    }

    private short[] decode() throws CodecException {
        JpegMarkers markers = new JpegMarkers(data);
        while (true) {
            int marker = markers.next();
            if (marker == SOF55) {
                precision = markers.u8();
                JpegMarkers.checkFrame(format, precision, markers.u16(), markers.u16(), markers.u8());
            } else if (marker == LSE) {
                presets(markers);
            } else if (marker == DRI && markers.u16() != 0) {
                throw new CodecException("JPEG-LS restart intervals are not decoded here");
            } else if (marker >= 0xc0 && marker <= 0xcf) {
                throw new CodecException(
                        String.format("the JPEG marker SOF%d is not the one of JPEG-LS", marker - 0xc0));
            } else if (marker == JpegMarkers.SOS) {
                return scan(markers);
            }
        }
    }

    private void presets(JpegMarkers markers) throws CodecException {
        int id = markers.u8();
        if (id != 1) {
            throw new CodecException("JPEG-LS mapping tables (LSE " + id + ") are not decoded here");
        }
        maxVal = markers.u16();
        t1 = markers.u16();
        t2 = markers.u16();
        t3 = markers.u16();
        reset = markers.u16();
    }

    private short[] scan(JpegMarkers markers) throws CodecException {
        if (precision == 0) {
            throw new CodecException("the JPEG-LS scan comes before the frame header");
        }
        if (markers.u8() != 1) {
            throw new CodecException("the JPEG-LS scan has other than one component");
        }
        markers.u8();
        if (markers.u8() != 0) {
            throw new CodecException("JPEG-LS mapping tables are not decoded here");
        }
        near = markers.u8();
        markers.u8();
        if ((markers.u8() & 15) != 0) {
            throw new CodecException("JPEG-LS point transforms are not decoded here");
        }
        parameters();
        at = markers.end();
        return rows();
    }

    /** Defaults and checks of annex C.2.4.1.1. */
    private void parameters() throws CodecException {
        int full = (1 << precision) - 1;
        maxVal = maxVal == 0 ? full : maxVal;
        if (maxVal > full) {
            throw new CodecException("JPEG-LS MAXVAL " + maxVal + " does not fit into " + precision + " bits");
        }
        if (near > Math.min(255, maxVal / 2)) {
            throw new CodecException("JPEG-LS NEAR " + near + " is too large for MAXVAL " + maxVal);
        }
        int factor = maxVal >= 128 ? (Math.min(maxVal, 4095) + 128) / 256 : 256 / (maxVal + 1);
        if (maxVal >= 128) {
            t1 = t1 == 0 ? clamp(factor + 2 + 3 * near, near + 1) : t1;
            t2 = t2 == 0 ? clamp(factor * 4 + 3 + 5 * near, t1) : t2;
            t3 = t3 == 0 ? clamp(factor * 17 + 4 + 7 * near, t2) : t3;
        } else {
            t1 = t1 == 0 ? clamp(Math.max(2, 3 / factor + 3 * near), near + 1) : t1;
            t2 = t2 == 0 ? clamp(Math.max(3, 7 / factor + 5 * near), t1) : t2;
            t3 = t3 == 0 ? clamp(Math.max(4, 21 / factor + 7 * near), t2) : t3;
        }
        reset = reset == 0 ? 64 : reset;
        if (t1 < near + 1 || t2 < t1 || t3 < t2 || t3 > maxVal || reset < 3) {
            throw new CodecException("the JPEG-LS parameters T1 " + t1 + ", T2 " + t2 + ", T3 " + t3 + ", RESET "
                    + reset + " are no set");
        }
        range = (maxVal + 2 * near) / (2 * near + 1) + 1;
        qbpp = 32 - Integer.numberOfLeadingZeros(range - 1);
        int bpp = Math.max(2, 32 - Integer.numberOfLeadingZeros(maxVal));
        limit = 2 * (bpp + Math.max(8, bpp));
        Arrays.fill(a, Math.max(2, (range + 32) / 64));
        Arrays.fill(n, 1);
        quantized = new byte[2 * maxVal + 1];
        for (int d = -maxVal; d <= maxVal; d++) {
            quantized[d + maxVal] = (byte) quantize(d);
        }
    }

    private int clamp(int value, int least) {
        return value > maxVal || value < least ? least : value;
    }

    private int quantize(int d) {
        int size = Math.abs(d);
        int level = size <= near ? 0 : size < t1 ? 1 : size < t2 ? 2 : size < t3 ? 3 : 4;
        return d < 0 ? -level : level;
    }

    private short[] rows() throws CodecException {
        int columns = format.columns();
        short[] pixels = new short[(int) format.pixels()];
        // One column more on each side: the neighbours that the standard assumes beyond the image.
        int[] above = new int[columns + 2];
        int[] line = new int[columns + 2];
        for (int y = 0; y < format.rows(); y++) {
            above[columns + 1] = above[columns];
            line[0] = above[1];
            row(above, line, columns);
            for (int x = 0; x < columns; x++) {
                pixels[y * columns + x] = (short) line[x + 1];
            }
            int[] swap = above;
            above = line;
            line = swap;
        }
        checkUsed();
        return pixels;
    }

    private void row(int[] above, int[] line, int columns) throws CodecException {
        for (int x = 1; x <= columns; ) {
            int ra = line[x - 1];
            int rb = above[x];
            int rc = above[x - 1];
            int rd = above[x + 1];
            int context =
                    81 * quantized[rd - rb + maxVal] + 9 * quantized[rb - rc + maxVal] + quantized[rc - ra + maxVal];
            if (context == 0) {
                x = run(above, line, x, columns);
            } else {
                line[x] = regular(context, ra, rb, rc);
                x++;
            }
        }
    }

    private int regular(int context, int ra, int rb, int rc) throws CodecException {
        int sign = context < 0 ? -1 : 1;
        int q = Math.abs(context);
        int px = rc >= Math.max(ra, rb) ? Math.min(ra, rb) : rc <= Math.min(ra, rb) ? Math.max(ra, rb) : ra + rb - rc;
        px = Math.max(0, Math.min(maxVal, px + sign * c[q]));
        int k = 0;
        while (n[q] << k < a[q]) {
            k++;
        }
        int mapped = golomb(k, limit);
        int error;
        if (near == 0 && k == 0 && 2 * b[q] <= -n[q]) {
            error = (mapped & 1) != 0 ? mapped >> 1 : -(mapped >> 1) - 1;
        } else {
            error = (mapped & 1) == 0 ? mapped >> 1 : -(mapped + 1 >> 1);
        }
        b[q] += error * (2 * near + 1);
        a[q] += Math.abs(error);
        if (n[q] == reset) {
            a[q] >>= 1;
            b[q] >>= 1;
            n[q] >>= 1;
        }
        n[q]++;
        if (b[q] <= -n[q]) {
            b[q] = Math.max(b[q] + n[q], 1 - n[q]);
            c[q] = Math.max(c[q] - 1, -128);
        } else if (b[q] > 0) {
            b[q] = Math.min(b[q] - n[q], 0);
            c[q] = Math.min(c[q] + 1, 127);
        }
        return reconstruct(px, sign * error);
    }

    private int reconstruct(int px, int error) {
        int step = 2 * near + 1;
        int rx = px + error * step;
        if (rx < -near) {
            rx += range * step;
        } else if (rx > maxVal + near) {
            rx -= range * step;
        }
        return Math.max(0, Math.min(maxVal, rx));
    }

    /** A run from {@code x} on and the pixel that ends it; returns where to go on. */
    private int run(int[] above, int[] line, int x, int columns) throws CodecException {
        int value = line[x - 1];
        int next = x;
        while (bit() == 1) {
            int length = Math.min(1 << J[runIndex], columns + 1 - next);
            Arrays.fill(line, next, next + length, value);
            next += length;
            if (length == 1 << J[runIndex] && runIndex < 31) {
                runIndex++;
            }
            if (next > columns) {
                return next;
            }
        }
        int rest = J[runIndex] == 0 ? 0 : read(J[runIndex]);
        if (rest > columns - next) {
            throw new CodecException("a JPEG-LS run reaches beyond its row, before byte " + at);
        }
        Arrays.fill(line, next, next + rest, value);
        next += rest;
        line[next] = interruption(value, above[next]);
        if (runIndex > 0) {
            runIndex--;
        }
        return next + 1;
    }

    private int interruption(int ra, int rb) throws CodecException {
        int type = Math.abs(ra - rb) <= near ? 1 : 0;
        int q = RUN_CONTEXTS + type;
        int temp = type == 0 ? a[q] : a[q] + (n[q] >> 1);
        int k = 0;
        while (n[q] << k < temp) {
            k++;
        }
        int mapped = golomb(k, limit - J[runIndex] - 1);
        int odd = mapped + type & 1;
        int size = mapped + type + odd >> 1;
        boolean negative = (k != 0 || 2 * nn[type] >= n[q]) == (odd == 1);
        int error = negative ? -size : size;
        if (error < 0) {
            nn[type]++;
        }
        a[q] += mapped + 1 - type >> 1;
        if (n[q] == reset) {
            a[q] >>= 1;
            n[q] >>= 1;
            nn[type] >>= 1;
        }
        n[q]++;
        int px = type == 1 ? ra : rb;
        return reconstruct(px, type == 0 && ra > rb ? -error : error);
    }

    /** Annex A.5.3: a Golomb code whose unary part is limited. */
    private int golomb(int k, int codeLimit) throws CodecException {
        int most = codeLimit - qbpp - 1;
        int high = 0;
        while (bit() == 0) {
            if (++high > most) {
                throw new CodecException("a JPEG-LS code is longer than its limit, before byte " + at);
            }
        }
        int value = high == most ? read(qbpp) + 1 : k == 0 ? high : high << k | read(k);
        if (value > 2 * range) {
            throw new CodecException("a JPEG-LS prediction error is out of range, before byte " + at);
        }
        return value;
    }

    private int bit() throws CodecException {
        if (bitCount == 0) {
            fill();
        }
        bitCount--;
        return (int) (bits >>> bitCount) & 1;
    }

    private int read(int count) throws CodecException {
        if (bitCount < count) {
            fill();
        }
        bitCount -= count;
        return (int) (bits >>> bitCount) & (1 << count) - 1;
    }

    /** Makes 33 bits available; after a byte of all ones only seven bits count. Zeros stand for what is beyond. */
    private void fill() throws CodecException {
        while (bitCount <= 32) {
            int width = afterFf ? 7 : 8;
            int value = 0;
            boolean marker = at < data.length && data[at] == -1 && (at + 1 >= data.length || data[at + 1] < 0);
            if (at >= data.length || marker) {
                beyond += width;
                afterFf = false;
            } else {
                value = data[at++] & 0xff;
                afterFf = value == 0xff;
            }
            bits = bits << width | value;
            bitCount += width;
            checkUsed();
        }
    }

    /** Whether no bit was used that is not there. */
    private void checkUsed() throws CodecException {
        if (beyond > bitCount) {
            throw new CodecException("the JPEG-LS scan ends before its last row");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

/**
 * Lossless JPEG, Huffman coded: process 14 with any of the seven predictors (ITU-T T.81 annex H), one component, 2 to 16
 * bits.
 */
final class JpegLossless {

    private static final int DHT = 0xc4;
    private static final int SOF3 = 0xc3;
    private static final int DRI = 0xdd;
    private static final int FIRST_RESTART = 0xd0;
    private static final int LOOKUP_BITS = 9;

    private final byte[] data;
    private final PixelFormat format;
    private final int[][] lookups = new int[4][];
    private final HuffmanTable[] tables = new HuffmanTable[4];
    private int precision;
    private int restartRows;

    private int at;
    private long bits;
    private int bitCount;
    private int beyond;

    /** Canonical codes of each length (T.81 annex F.2.2.3). */
    private record HuffmanTable(int[] maxCode, int[] firstIndex, int[] firstCode, int[] values) {}

    private JpegLossless(byte[] data, PixelFormat format) {
        this.data = data;
        this.format = format;
    }

    static short[] decode(byte[] frame, PixelFormat format) throws CodecException {
        return new JpegLossless(frame, format).decode();
    }

    private short[] decode() throws CodecException {
        JpegMarkers markers = new JpegMarkers(data);
        while (true) {
            int marker = markers.next();
            if (marker == DHT) {
                while (markers.remaining() > 0) {
                    huffman(markers);
                }
            } else if (marker == SOF3) {
                precision = markers.u8();
                JpegMarkers.checkFrame(format, precision, markers.u16(), markers.u16(), markers.u8());
            } else if (marker == DRI) {
                int interval = markers.u16();
                if (interval % format.columns() != 0) {
                    throw new CodecException("a JPEG restart interval of " + interval + " pixels is no multiple of "
                            + format.columns() + " columns");
                }
                restartRows = interval / format.columns();
            } else if (marker >= 0xc0 && marker <= 0xcf) {
                throw new CodecException(
                        String.format("the JPEG process SOF%d is not the lossless one, SOF3", marker - 0xc0));
            } else if (marker == JpegMarkers.SOS) {
                return scan(markers);
            }
        }
    }

    private void huffman(JpegMarkers markers) throws CodecException {
        int id = markers.u8();
        if (id > 3) {
            throw new CodecException("the JPEG Huffman table has the number " + id + "; 0 to 3 are possible");
        }
        int[] counts = new int[17];
        int total = 0;
        for (int length = 1; length <= 16; length++) {
            counts[length] = markers.u8();
            total += counts[length];
        }
        int[] values = new int[total];
        for (int i = 0; i < total; i++) {
            values[i] = markers.u8();
            if (values[i] > 16) {
                throw new CodecException("the JPEG Huffman table holds the size " + values[i] + "; 16 is the largest");
            }
        }
        int[] maxCode = new int[17];
        int[] firstIndex = new int[17];
        int[] firstCode = new int[17];
        int[] lookup = new int[1 << LOOKUP_BITS];
        int code = 0;
        int index = 0;
        for (int length = 1; length <= 16; length++) {
            firstCode[length] = code;
            firstIndex[length] = index;
            if (code + counts[length] > 1 << length) {
                throw new CodecException("the JPEG Huffman table has more codes of " + length + " bits than there are");
            }
            for (int i = 0; i < counts[length] && length <= LOOKUP_BITS; i++) {
                int first = code + i << LOOKUP_BITS - length;
                for (int j = 0; j < 1 << LOOKUP_BITS - length; j++) {
                    lookup[first + j] = length << 8 | values[index + i];
                }
            }
            code += counts[length];
            index += counts[length];
            maxCode[length] = counts[length] == 0 ? -1 : code - 1;
            code <<= 1;
        }
        lookups[id] = lookup;
        tables[id] = new HuffmanTable(maxCode, firstIndex, firstCode, values);
    }

    private short[] scan(JpegMarkers markers) throws CodecException {
        if (precision == 0) {
            throw new CodecException("the JPEG scan comes before the frame header");
        }
        if (markers.u8() != 1) {
            throw new CodecException("the JPEG scan has other than one component");
        }
        markers.u8();
        int table = markers.u8() >> 4;
        int predictor = markers.u8();
        markers.u8();
        int shift = markers.u8() & 15;
        if (predictor < 1 || predictor > 7) {
            throw new CodecException("the JPEG predictor " + predictor + " is none of 1 to 7");
        }
        if (shift >= precision) {
            throw new CodecException("the JPEG point transform " + shift + " leaves nothing of " + precision + " bits");
        }
        if (table > 3 || tables[table] == null) {
            throw new CodecException("the JPEG scan uses the Huffman table " + table + ", which is not defined");
        }
        at = markers.end();
        return rows(tables[table], lookups[table], predictor, shift);
    }

    private short[] rows(HuffmanTable table, int[] lookup, int predictor, int shift) throws CodecException {
        int columns = format.columns();
        int rows = format.rows();
        short[] pixels = new short[(int) format.pixels()];
        int[] above = new int[columns];
        int[] line = new int[columns];
        boolean first = true;
        for (int y = 0; y < rows; y++) {
            if (restartRows > 0 && y > 0 && y % restartRows == 0) {
                restart(y / restartRows - 1);
                first = true;
            }
            int left = first ? 1 << precision - shift - 1 : above[0];
            for (int x = 0; x < columns; x++) {
                int prediction;
                if (first || x == 0) {
                    prediction = left;
                } else {
                    int b = above[x];
                    int c = above[x - 1];
                    prediction = switch (predictor) {
                        case 1 -> left;
                        case 2 -> b;
                        case 3 -> c;
                        case 4 -> left + b - c;
                        case 5 -> left + (b - c >> 1);
                        case 6 -> b + (left - c >> 1);
                        default -> left + b >> 1;
                    };
                }
                left = prediction + difference(table, lookup) & 0xffff;
                line[x] = left;
                pixels[y * columns + x] = (short) (left << shift);
            }
            int[] swap = above;
            above = line;
            line = swap;
            first = false;
        }
        checkUsed();
        return pixels;
    }

    private int difference(HuffmanTable table, int[] lookup) throws CodecException {
        fill();
        int entry = lookup[(int) (bits >>> bitCount - LOOKUP_BITS) & (1 << LOOKUP_BITS) - 1];
        int size;
        if (entry != 0) {
            size = entry & 0xff;
            bitCount -= entry >> 8;
        } else {
            size = longCode(table);
        }
        if (size == 0) {
            return 0;
        }
        if (size == 16) {
            return 1 << 15;
        }
        bitCount -= size;
        int value = (int) (bits >>> bitCount) & (1 << size) - 1;
        return value < 1 << size - 1 ? value - (1 << size) + 1 : value;
    }

    private int longCode(HuffmanTable table) throws CodecException {
        for (int length = 1; length <= 16; length++) {
            int code = (int) (bits >>> bitCount - length) & (1 << length) - 1;
            if (code <= table.maxCode[length] && code >= table.firstCode[length]) {
                bitCount -= length;
                return table.values[table.firstIndex[length] + code - table.firstCode[length]];
            }
        }
        if (beyond > 0) {
            throw ended();
        }
        throw new CodecException("the JPEG scan holds bits that are no Huffman code, before byte " + at);
    }

    /** Makes 33 bits available; zeros stand for what is beyond the scan, and using them up is an error. */
    private void fill() throws CodecException {
        while (bitCount <= 32) {
            int b = 0;
            if (at >= data.length) {
                beyond += 8;
            } else if (data[at] != -1) {
                b = data[at++] & 0xff;
            } else if (at + 1 < data.length && data[at + 1] == 0) {
                b = 0xff;
                at += 2;
            } else {
                beyond += 8;
            }
            bits = bits << 8 | b;
            bitCount += 8;
            checkUsed();
        }
    }

    /** Whether no bit was used that is not there. */
    private void checkUsed() throws CodecException {
        if (beyond > bitCount) {
            throw ended();
        }
    }

    /** @param count how many restarts there were before */
    private void restart(int count) throws CodecException {
        checkUsed();
        bitCount = 0;
        bits = 0;
        beyond = 0;
        // More bytes of ones may stand before a marker.
        while (at + 1 < data.length && data[at] == -1 && data[at + 1] == -1) {
            at++;
        }
        if (at + 1 >= data.length || data[at] != -1 || (data[at + 1] & 0xff) != FIRST_RESTART + (count & 7)) {
            throw new CodecException("the JPEG restart marker " + count + " is missing, at byte " + at);
        }
        at += 2;
    }

    private static CodecException ended() {
        return new CodecException("the JPEG scan ends before its last row");
    }
}

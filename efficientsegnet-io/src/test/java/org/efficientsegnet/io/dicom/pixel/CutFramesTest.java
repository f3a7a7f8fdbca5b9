// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames whose data ends before the image does, with and without a marker put where they end. JPEG 2000: Jpeg2000Test. */
class CutFramesTest {

    private static final PixelFormat SMALL = new PixelFormat(6, 8, 16, 16, 15, true, false, 0, 0);
    private static final PixelFormat BASELINE = new PixelFormat(40, 48, 8, 8, 7, false, false, 0, 0);
    private static final int ROWS = 24;
    private static final int COLUMNS = 10;
    private static final PixelFormat LOSSLESS = new PixelFormat(ROWS, COLUMNS, 16, 16, 15, true, false, 0, 0);

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = CutFramesTest.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    private static short[] decode(String codec, byte[] frame) throws CodecException {
        return switch (codec) {
            case "rle" -> Rle.decode(frame, SMALL);
            case "jpegLossless" -> JpegLossless.decode(frame, SMALL);
            default -> JpegLs.decode(frame, SMALL);
        };
    }

    private static byte[] ended(byte[] whole, int length) {
        byte[] cut = Arrays.copyOf(whole, length + 2);
        cut[length] = (byte) 0xff;
        cut[length + 1] = (byte) 0xd9;
        return cut;
    }

    /** Up to where bytes are needed: what follows is the marker of the end and padding. */
    private static int needed(byte[] whole) {
        int length = whole.length;
        while (whole[length - 2] != (byte) 0xff || whole[length - 1] != (byte) 0xd9) {
            length--;
        }
        return length - 2;
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpegLossless", "jpegLs"})
    void everyByteOfAScanIsNeeded(String codec) throws IOException, CodecException {
        byte[] whole = resource("CodecFuzzTestInputs/" + codec + "/frame");
        int needed = needed(whole);
        short[] pixels = decode(codec, whole);
        for (int length = 0; length < needed; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            byte[] ended = ended(whole, length);
            assertThrows(CodecException.class, () -> decode(codec, cut), () -> cut.length + " bytes");
            assertThrows(CodecException.class, () -> decode(codec, ended), () -> cut.length + " bytes and an end");
        }
        assertArrayEquals(pixels, decode(codec, Arrays.copyOf(whole, needed)));
    }

    @Test
    void everyByteOfRunsIsNeeded() throws IOException, CodecException {
        byte[] whole = resource("CodecFuzzTestInputs/rle/frame");
        int needed = whole.length - (whole[whole.length - 1] == 0 ? 1 : 0);
        for (int length = 0; length < needed; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(CodecException.class, () -> decode("rle", cut), () -> cut.length + " bytes");
        }
        assertArrayEquals(decode("rle", whole), decode("rle", Arrays.copyOf(whole, needed)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"baseline_whole.jpg", "baseline_restarts.jpg"})
    void aBaselineScanThatEndsEarlyIsRefused(String name) throws IOException, CodecException {
        byte[] whole = resource(name);
        int needed = needed(whole);
        JpegBaseline.decode(whole, BASELINE);
        for (int length = needed - 1; length > 0; length -= length > needed - 12 ? 1 : 7) {
            byte[] cut = Arrays.copyOf(whole, length);
            byte[] ended = ended(whole, length);
            assertThrows(CodecException.class, () -> JpegBaseline.decode(cut, BASELINE), () -> cut.length + " bytes");
            assertThrows(
                    CodecException.class,
                    () -> JpegBaseline.decode(ended, BASELINE),
                    () -> cut.length + " bytes and an end");
        }
    }

    @Test
    void aBaselineScanWithoutOneOfItsIntervalsIsRefused() throws IOException {
        byte[] whole = resource("baseline_restarts.jpg");
        List<Integer> restarts = new ArrayList<>();
        for (int i = 0; i + 1 < whole.length; i++) {
            if (whole[i] == (byte) 0xff && (whole[i + 1] & 0xf8) == 0xd0) {
                restarts.add(i);
            }
        }
        assertEquals(4, restarts.size());
        for (int i = 0; i + 1 < restarts.size(); i++) {
            byte[] less = without(whole, restarts.get(i), restarts.get(i + 1));
            assertThrows(CodecException.class, () -> JpegBaseline.decode(less, BASELINE));
        }
    }

    private static byte[] without(byte[] whole, int from, int to) {
        byte[] less = Arrays.copyOf(whole, whole.length - (to - from));
        System.arraycopy(whole, to, less, from, whole.length - to);
        return less;
    }

    private static short[] lines() {
        short[] pixels = new short[ROWS * COLUMNS];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (short) (i * i * 31 % 4001 - 1000);
        }
        return pixels;
    }

    /** Lossless JPEG with predictor 1, all codes of five bits, and a restart after every row. */
    private static byte[] losslessWithRestarts(short[] pixels) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {-1, (byte) 0xd8, -1, (byte) 0xc3, 0, 11, 16, 0, ROWS, 0, COLUMNS, 1, 1, 0x11, 0});
        out.writeBytes(new byte[] {-1, (byte) 0xc4, 0, 19 + 17, 0, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        for (int size = 0; size <= 16; size++) {
            out.write(size);
        }
        out.writeBytes(new byte[] {-1, (byte) 0xdd, 0, 4, 0, COLUMNS});
        out.writeBytes(new byte[] {-1, (byte) 0xda, 0, 8, 1, 1, 0, 1, 0, 0});
        for (int y = 0; y < ROWS; y++) {
            StringBuilder bits = new StringBuilder();
            int left = 1 << 15;
            for (int x = 0; x < COLUMNS; x++) {
                int value = pixels[y * COLUMNS + x] & 0xffff;
                int difference = (short) (value - left);
                int size = difference == -32768 ? 16 : 32 - Integer.numberOfLeadingZeros(Math.abs(difference));
                bits.append(binary(size, 5));
                if (size > 0 && size < 16) {
                    bits.append(binary(difference < 0 ? difference + (1 << size) - 1 : difference, size));
                }
                left = value;
            }
            while (bits.length() % 8 != 0) {
                bits.append('1');
            }
            for (int i = 0; i < bits.length(); i += 8) {
                int b = Integer.parseInt(bits.substring(i, i + 8), 2);
                out.write(b);
                if (b == 0xff) {
                    out.write(0);
                }
            }
            out.write(0xff);
            out.write(y == ROWS - 1 ? 0xd9 : 0xd0 + y % 8);
        }
        return out.toByteArray();
    }

    private static String binary(int value, int width) {
        String digits = Integer.toBinaryString(value);
        return "0".repeat(width - digits.length()) + digits;
    }

    /** Where each of the rows begins, and where the last ends, without the markers between them. */
    private static int[][] rows(byte[] frame) {
        int[][] rows = new int[ROWS][];
        int at = 0;
        while (frame[at] != -1 || frame[at + 1] != (byte) 0xda) {
            at++;
        }
        at += 10;
        for (int y = 0; y < ROWS; y++) {
            int from = at;
            while (frame[at] != -1 || frame[at + 1] == 0) {
                at++;
            }
            rows[y] = new int[] {from, at};
            at += 2;
        }
        return rows;
    }

    @Test
    void losslessIntervalsAreReadAndEachIsNeeded() throws CodecException {
        byte[] whole = losslessWithRestarts(lines());
        assertArrayEquals(lines(), JpegLossless.decode(whole, LOSSLESS));
        int[][] rows = rows(whole);
        for (int y = 0; y < ROWS; y++) {
            byte[] shorter = without(whole, rows[y][1] - 1, rows[y][1]);
            CodecException e = assertThrows(CodecException.class, () -> JpegLossless.decode(shorter, LOSSLESS));
            assertTrue(e.getMessage().contains("ends before"), e.getMessage());
            if (y > 0) {
                byte[] less = without(whole, rows[y - 1][1], rows[y][1]);
                assertThrows(CodecException.class, () -> JpegLossless.decode(less, LOSSLESS));
            }
        }
    }

    @Test
    void moreBytesOfOnesMayStandBeforeARestart() throws CodecException {
        byte[] whole = losslessWithRestarts(lines());
        int at = rows(whole)[3][1];
        byte[] more = Arrays.copyOf(whole, whole.length + 1);
        System.arraycopy(whole, at, more, at + 1, whole.length - at);
        assertArrayEquals(lines(), JpegLossless.decode(more, LOSSLESS));
    }
}

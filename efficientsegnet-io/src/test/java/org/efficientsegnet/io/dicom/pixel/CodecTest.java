// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CodecTest {

    private static final int ROWS = 6;
    private static final int COLUMNS = 8;
    private static final PixelFormat FORMAT = new PixelFormat(ROWS, COLUMNS, 16, 16, 15, true, false, 0, 0);

    private static byte[] seed(String name) throws IOException {
        try (InputStream in = CodecTest.class.getResourceAsStream("CodecFuzzTestInputs/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    private static short[] decode(String codec, byte[] frame, PixelFormat format) throws CodecException {
        return switch (codec) {
            case "rle" -> Rle.decode(frame, format);
            case "jpegLossless" -> JpegLossless.decode(frame, format);
            case "jpegLs" -> JpegLs.decode(frame, format);
            case "jpeg2000" -> Jpeg2000.decode(frame, format);
            case "jpegBaseline" -> JpegBaseline.decode(frame, format);
            default -> throw new IllegalArgumentException(codec);
        };
    }

    /** As make_seeds.py has them. */
    private static short[] expected() {
        short[] values = new short[ROWS * COLUMNS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) (i / COLUMNS == 2 || i / COLUMNS == 3 ? 500 : i * 37 % 1000);
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(strings = {"rle", "jpegLossless", "jpegLs", "jpeg2000"})
    void losslessCodecsGiveEveryPixelBack(String codec) throws IOException, CodecException {
        assertArrayEquals(expected(), decode(codec, seed(codec + "/frame"), FORMAT));
    }

    @Test
    void baselineIsNear() throws IOException, CodecException {
        short[] pixels = decode("jpegBaseline", seed("jpegBaseline/frame"), FORMAT);
        double sum = 0;
        for (int i = 0; i < pixels.length; i++) {
            sum += Math.abs((expected()[i] / 4 & 0xff) - (pixels[i] & 0xff));
        }
        assertTrue(sum / pixels.length < 8, "mean error " + sum / pixels.length);
    }

    @ParameterizedTest
    @CsvSource({
        "rle, ends",
        "jpegLossless, 6 rows and 8 columns",
        "jpegLs, 6 rows and 8 columns",
        "jpeg2000, 6 rows and 8 columns",
        "jpegBaseline, 6 rows and 8 columns"
    })
    void framesOfAnotherSizeAreRefusedBeforeTheyAreDecoded(String codec, String message) throws IOException {
        byte[] frame = seed(codec + "/frame");
        PixelFormat larger = new PixelFormat(60000, 8, 16, 16, 15, true, false, 0, 0);
        CodecException e = assertThrows(CodecException.class, () -> decode(codec, frame, larger));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rle", "jpegLossless", "jpegLs", "jpeg2000", "jpegBaseline"})
    void damageIsRefusedOrDecodedButNothingElse(String codec) throws IOException {
        byte[] whole = seed(codec + "/frame");
        Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 600; i++) {
            byte[] frame = i < whole.length ? Arrays.copyOf(whole, i) : whole.clone();
            for (int hits = i < whole.length ? 0 : 1 + random.nextInt(4); hits > 0; hits--) {
                frame[random.nextInt(frame.length)] = (byte) random.nextInt();
            }
            try {
                assertEquals(ROWS * COLUMNS, decode(codec, frame, FORMAT).length);
            } catch (CodecException e) {
                assertFalse(e.getMessage().isEmpty());
                refused++;
            }
        }
        assertTrue(refused > 100, refused + " refused");
    }
}

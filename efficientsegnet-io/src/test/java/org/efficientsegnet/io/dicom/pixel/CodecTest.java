package org.efficientsegnet.io.dicom.pixel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
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
            case "jpeg2000" -> ImageIoCodecs.jpeg2000(frame, format);
            case "jpegBaseline" -> ImageIoCodecs.jpegBaseline(frame, format);
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

    /**
     * Found by fuzzing: JJ2000 throws errors, not exceptions, for what it does not implement, and reads on for ever after
     * the end of a codestream whose packet headers are damaged.
     */
    @ParameterizedTest
    @ValueSource(strings = {"tile_longer_than_supported", "endless_packet_header"})
    void jpeg2000ThatOnceBrokeTheDecoder(String name) throws IOException {
        byte[] frame = seed("jpeg2000/" + name);
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            assertThrows(CodecException.class, () -> decode("jpeg2000", frame, FORMAT));
            for (Thread thread : decoders()) {
                thread.join();
            }
        });
    }

    private static List<Thread> decoders() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(ImageIoCodecs.THREAD))
                .toList();
    }

    @Test
    void whoIsInterruptedDecodesNothing() throws IOException {
        byte[] frame = seed("jpeg2000/frame");
        Thread.currentThread().interrupt();
        CodecException e = assertThrows(CodecException.class, () -> decode("jpeg2000", frame, FORMAT));
        assertTrue(e.getMessage().contains("interrupted"), e.getMessage());
        assertTrue(Thread.interrupted());
    }

    /** The decoder waits for what never comes, so that the interrupt finds it at work. */
    @Test
    void aDecoderThatIsGivenUpEnds() {
        AtomicReference<Thread> decoder = new AtomicReference<>();
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            Thread waiting = Thread.currentThread();
            CodecException e = assertThrows(
                    CodecException.class,
                    () -> ImageIoCodecs.withinTime(() -> {
                        decoder.set(Thread.currentThread());
                        waiting.interrupt();
                        new CountDownLatch(1).await();
                        return new short[0];
                    }));
            assertTrue(e.getMessage().contains("interrupted"), e.getMessage());
            assertTrue(Thread.interrupted());
            decoder.get().join();
        });
    }

    @Test
    void whoReadsAfterHavingBeenGivenUpIsStopped() throws IOException {
        AtomicBoolean givenUp = new AtomicBoolean();
        try (BoundedInput in = new BoundedInput(new byte[] {1, 2, 3}, givenUp::get)) {
            assertEquals(1, in.read());
            givenUp.set(true);
            assertThrows(IllegalStateException.class, in::read);
            assertThrows(IllegalStateException.class, () -> in.read(new byte[2], 0, 2));
        }
    }

    @ParameterizedTest
    @CsvSource({"layers, 2, 255, layers", "levels, 5, 30, levels", "tiles, 0, 0, tiles"})
    void jpeg2000HeadersThatWouldKeepTheDecoderBusyAreRefused(String what, int offset, int value, String message)
            throws IOException {
        byte[] frame = seed("jpeg2000/frame");
        int cod = 0;
        while (frame[cod] != (byte) 0xff || frame[cod + 1] != 0x52) {
            cod++;
        }
        if (what.equals("tiles")) {
            // Width and height of a tile: one pixel each.
            Arrays.fill(frame, 24, 32, (byte) 0);
            frame[27] = 1;
            frame[31] = 1;
        } else {
            frame[cod + 4 + offset] = (byte) value;
        }
        CodecException e = assertThrows(CodecException.class, () -> decode("jpeg2000", frame, FORMAT));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x60, 0x61})
    void jpeg2000PacketHeadersApartFromTheirPacketsAreRefused(int marker) throws IOException {
        byte[] frame = seed("jpeg2000/frame");
        int qcd = 0;
        while (frame[qcd] != (byte) 0xff || frame[qcd + 1] != 0x5c) {
            qcd++;
        }
        frame[qcd + 1] = (byte) marker;
        CodecException e = assertThrows(CodecException.class, () -> decode("jpeg2000", frame, FORMAT));
        assertTrue(e.getMessage().contains("packet headers"), e.getMessage());
    }
}

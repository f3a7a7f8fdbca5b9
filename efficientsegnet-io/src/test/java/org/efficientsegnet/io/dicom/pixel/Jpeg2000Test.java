// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against what OpenJPEG wrote and read; make_jpeg2000.py has its options. */
class Jpeg2000Test {

    private static final int ROWS = 37;
    private static final int COLUMNS = 53;

    private static final Map<String, byte[]> FILES = new TreeMap<>();

    @BeforeAll
    static void unpack() throws IOException {
        try (ZipInputStream in = new ZipInputStream(
                Objects.requireNonNull(Jpeg2000Test.class.getResourceAsStream("jpeg2000.zip"), "jpeg2000.zip"))) {
            for (var entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                FILES.put(entry.getName(), in.readAllBytes());
            }
        }
    }

    private static List<String> streams() {
        return FILES.keySet().stream()
                .filter(name -> name.endsWith(".j2k"))
                .map(name -> name.substring(0, name.length() - 4))
                .toList();
    }

    private static byte[] stream(String name) {
        return Objects.requireNonNull(FILES.get(name + ".j2k"), name).clone();
    }

    private static boolean isSigned(String name) {
        return name.endsWith("s");
    }

    private static PixelFormat format(String name) {
        return new PixelFormat(ROWS, COLUMNS, 16, 16, 15, isSigned(name), false, 0, 0);
    }

    private static short[] decode(String name, byte[] stream) throws CodecException {
        return Jpeg2000.decode(stream, format(name));
    }

    /** What OpenJPEG reads. */
    private static short[] expected(String name) {
        byte[] raw = FILES.getOrDefault(
                name + ".raw", FILES.get("source_" + name.substring(name.lastIndexOf('_') + 1) + ".raw"));
        short[] pixels = new short[ROWS * COLUMNS];
        ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(pixels);
        return pixels;
    }

    /** OpenJPEG computes 9/7 in 32 bits, as is done here, but in another order. */
    private static int tolerance(String name) {
        return !name.startsWith("irreversible") ? 0 : name.contains("16") ? 2 : 1;
    }

    private static void assertEqualPixels(String name, short[] found) {
        short[] expected = expected(name);
        for (int i = 0; i < expected.length; i++) {
            int e = isSigned(name) ? expected[i] : expected[i] & 0xffff;
            int f = isSigned(name) ? found[i] : found[i] & 0xffff;
            if (Math.abs(e - f) > tolerance(name)) {
                assertEquals(e, f, name + " at pixel " + i);
            }
        }
    }

    @Test
    void everyStreamIsReadAsOpenJpegReadsIt() throws CodecException {
        assertEquals(230, streams().size());
        for (String name : streams()) {
            assertEqualPixels(name, decode(name, stream(name)));
        }
    }

    /** Where the parts of tiles begin. */
    private static List<Integer> parts(byte[] stream) {
        List<Integer> starts = new ArrayList<>();
        int at = 0;
        while ((stream[at] & 0xff) != 0xff || (stream[at + 1] & 0xff) != 0x90) {
            at++;
        }
        while ((stream[at + 1] & 0xff) == 0x90) {
            starts.add(at);
            at += ByteBuffer.wrap(stream).getInt(at + 6);
        }
        return starts;
    }

    @Test
    void encodersNeedNotSayHowManyPartsATileHas() throws CodecException {
        int several = 0;
        for (String name : streams()) {
            byte[] stream = stream(name);
            List<Integer> parts = parts(stream);
            for (int start : parts) {
                stream[start + 11] = 0;
            }
            assertEqualPixels(name, decode(name, stream));
            several += parts.size() > 1 ? 1 : 0;
        }
        assertTrue(several > 40, several + " streams of several parts");
    }

    @Test
    void theLastPartMayReachToTheEndWithoutSayingHowLongItIs() throws CodecException {
        for (String name : streams()) {
            byte[] stream = stream(name);
            List<Integer> parts = parts(stream);
            ByteBuffer.wrap(stream).putInt(parts.get(parts.size() - 1) + 6, 0);
            assertEqualPixels(name, decode(name, Arrays.copyOf(stream, stream.length + 1)));
        }
    }

    @Test
    void aStreamThatEndsBeforeItsLastPacketIsRefused() throws CodecException {
        for (String name : List.of("plain_16s", "tiles_12u", "markers_12s", "headers_in_front_12u", "mode5_12u")) {
            byte[] whole = stream(name);
            for (int length = 0; length < whole.length - 2; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThrows(CodecException.class, () -> decode(name, cut), name);
            }
            // Only the marker at the end is missing.
            assertEqualPixels(name, decode(name, Arrays.copyOf(whole, whole.length - 2)));
        }
    }

    /** The last part of a tile without its last bytes, as if it had been written so. */
    private static byte[] shortened(byte[] whole, int bytes) {
        int part = parts(whole).get(parts(whole).size() - 1);
        byte[] cut = Arrays.copyOf(whole, whole.length - bytes);
        ByteBuffer.wrap(cut).putInt(part + 6, cut.length - 2 - part);
        cut[cut.length - 2] = (byte) 0xff;
        cut[cut.length - 1] = (byte) 0xd9;
        return cut;
    }

    @Test
    void aCutStreamWhoseLengthsFitIsRefused() {
        for (String name : streams()) {
            byte[] whole = stream(name);
            List<Integer> parts = parts(whole);
            int body = whole.length - 2 - parts.get(parts.size() - 1);
            for (int bytes : new int[] {1, 2, body / 4, body / 2, body - 14}) {
                byte[] cut = shortened(whole, Math.max(1, Math.min(bytes, body - 14)));
                if (name.startsWith("headers")) {
                    // Markers of packets without bodies may be all that is cut off.
                    assertRefusedOrEqual(name, cut);
                } else {
                    assertThrows(CodecException.class, () -> decode(name, cut), () -> name + " without " + bytes);
                }
            }
        }
    }

    private static void assertRefusedOrEqual(String name, byte[] stream) {
        short[] pixels;
        try {
            pixels = decode(name, stream);
        } catch (CodecException e) {
            return;
        }
        assertEqualPixels(name, pixels);
    }

    @Test
    void aTileOrAPartOfItThatIsMissingIsRefused() {
        for (String name : streams()) {
            byte[] whole = stream(name);
            List<Integer> parts = parts(whole);
            for (int i = 0; i < parts.size(); i++) {
                int from = parts.get(i);
                int to = i + 1 < parts.size() ? parts.get(i + 1) : whole.length - 2;
                byte[] less = new byte[whole.length - (to - from)];
                System.arraycopy(whole, 0, less, 0, from);
                System.arraycopy(whole, to, less, from, whole.length - to);
                assertThrows(CodecException.class, () -> decode(name, less), name);
            }
        }
    }

    @Test
    void bytesThatBelongToNoPacketAreRefused() {
        byte[] stream = stream("plain_12u");
        byte[] more = Arrays.copyOf(stream, stream.length + 1);
        int part = parts(stream).get(0);
        ByteBuffer.wrap(more).putInt(part + 6, more.length - 2 - part);
        more[more.length - 2] = (byte) 0xff;
        more[more.length - 1] = (byte) 0xd9;
        CodecException e = assertThrows(CodecException.class, () -> decode("plain_12u", more));
        assertTrue(e.getMessage().contains("belong to none"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"mode32_12u, 150", "mode63_12u, 60"})
    void damageThatASegmentationSymbolShowsIsRefused(String name, int least) {
        int refused = 0;
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] stream = stream(name);
            stream[stream.length - 3 - random.nextInt(stream.length / 2)] ^= (byte) (1 << random.nextInt(8));
            try {
                assertEquals(ROWS * COLUMNS, decode(name, stream).length);
            } catch (CodecException e) {
                refused++;
            }
        }
        assertTrue(refused > least, refused + " of 200 refused");
    }

    @ParameterizedTest
    @CsvSource({
        "cod, 5, 9, progression order",
        "cod, 6, 255, quality layers|packets",
        "cod, 9, 33, levels",
        "cod, 10, 9, code blocks",
        "cod, 12, 64, High-Throughput",
        "cod, 13, 2, wavelet",
        "qcd, 4, 31, quantisation",
        "siz, 41, 2, components",
        "siz, 43, 2, subsampled",
        "siz, 24, 0, ''"
    })
    void headersThatCannotBeAreRefused(String segment, int offset, int value, String message) {
        byte[] stream = stream("plain_12u");
        int at = 2;
        if (!segment.equals("siz")) {
            int marker = segment.equals("cod") ? 0x52 : 0x5c;
            while ((stream[at + 1] & 0xff) != marker) {
                at += 2 + ByteBuffer.wrap(stream).getShort(at + 2);
            }
        } else {
            at = 0;
        }
        if (segment.equals("siz") && offset == 24) {
            ByteBuffer.wrap(stream).putInt(24, 1).putInt(28, 1);
        } else {
            stream[at + offset] = (byte) value;
        }
        CodecException e = assertThrows(CodecException.class, () -> decode("plain_12u", stream));
        assertTrue(
                Arrays.stream(message.split("\\|")).anyMatch(m -> e.getMessage().contains(m)), e.getMessage());
    }

    private static byte[] box(int length, String kind, byte[] content) {
        return ByteBuffer.allocate(8 + content.length)
                .putInt(length)
                .put(kind.getBytes(StandardCharsets.US_ASCII))
                .put(content)
                .array();
    }

    private static byte[] jp2(int lengthOfLast, byte[] stream) {
        ByteBuffer file = ByteBuffer.allocate(12 + 8 + 40 + 8 + stream.length);
        file.put(box(12, "jP  ", new byte[] {13, 10, (byte) 0x87, 10}));
        file.put(box(48, "jp2h", new byte[40]));
        return file.put(box(lengthOfLast, "jp2c", stream)).array();
    }

    @Test
    void theCodestreamOfAJp2FileIsRead() throws CodecException {
        byte[] stream = stream("tiles_12s");
        assertEqualPixels("tiles_12s", decode("tiles_12s", jp2(8 + stream.length, stream)));
        assertEqualPixels("tiles_12s", decode("tiles_12s", jp2(0, stream)));
        byte[] large = ByteBuffer.allocate(8 + stream.length)
                .putLong(16 + stream.length)
                .put(stream)
                .array();
        assertEqualPixels("tiles_12s", decode("tiles_12s", jp2(1, large)));
        for (int length : new int[] {2, 7, 9, 8 + stream.length / 2, 9 + stream.length, -1}) {
            assertThrows(CodecException.class, () -> decode("tiles_12s", jp2(length, stream)), "length " + length);
        }
        byte[] whole = jp2(0, stream);
        for (int length = 12; length < whole.length - 2; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(CodecException.class, () -> decode("tiles_12s", cut));
        }
    }

    @Test
    void highThroughputIsRefusedByName() {
        byte[] stream = stream("plain_12u");
        // The first marker segment after SIZ becomes CAP.
        stream[4 + ByteBuffer.wrap(stream).getShort(4) + 1] = 0x50;
        CodecException e = assertThrows(CodecException.class, () -> decode("plain_12u", stream));
        assertTrue(e.getMessage().contains("High-Throughput"), e.getMessage());
    }

    @Test
    void whoeverIsInterruptedStopsDecoding() {
        Thread.currentThread().interrupt();
        CodecException e = assertThrows(CodecException.class, () -> decode("plain_12u", stream("plain_12u")));
        assertTrue(e.getMessage().contains("interrupted"), e.getMessage());
        assertTrue(Thread.interrupted());
    }

    @Test
    void damageEndsSoonInPixelsOrARefusal() {
        Random random = new Random(11);
        List<String> names = streams();
        assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
            int refused = 0;
            for (int i = 0; i < 4000; i++) {
                String name = names.get(i % names.size());
                byte[] stream = stream(name);
                int first = parts(stream).get(0);
                for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
                    // Half of them in the headers.
                    stream[random.nextInt(random.nextBoolean() ? first + 20 : stream.length)] = (byte) random.nextInt();
                }
                try {
                    assertEquals(ROWS * COLUMNS, decode(name, stream).length);
                } catch (CodecException e) {
                    assertTrue(!e.getMessage().isEmpty());
                    refused++;
                }
            }
            assertTrue(refused > 2000, refused + " refused");
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.gzip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.testing.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GunzipStreamTest {

    private static final Path FILE = Path.of("some.gz");

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65535, 65536, 1_000_003})
    void readsWhatTheJdkWrites(int length) throws IOException {
        byte[] content = content(length);
        assertArrayEquals(content, gunzip(Bytes.gzip(content)));
    }

    @Test
    void membersFollowEachOther() throws IOException {
        byte[] a = content(100_000);
        byte[] b = content(70_001);
        assertArrayEquals(Bytes.join(a, b), gunzip(Bytes.join(Bytes.gzip(a), Bytes.gzip(new byte[0]), Bytes.gzip(b))));
    }

    @Test
    void zerosMayFollowButNothingElse() throws IOException {
        byte[] content = content(1000);
        assertArrayEquals(content, gunzip(Bytes.join(Bytes.gzip(content), new byte[512])));
        assertThrows(FormatException.class, () -> gunzip(Bytes.join(Bytes.gzip(content), new byte[] {0, 0, 7})));
    }

    @Test
    void optionalFieldsOfTheHeader() throws IOException {
        byte[] content = content(1000);
        byte[] plain = Bytes.gzip(content);
        byte[] header = Arrays.copyOf(plain, 10);
        header[3] = 2 | 4 | 8 | 16;
        byte[] fields = {3, 0, 1, 2, 3, 'n', 0, 'c', 'c', 0, 9, 9};
        byte[] rest = Arrays.copyOfRange(plain, 10, plain.length);
        assertArrayEquals(content, gunzip(Bytes.join(header, fields, rest)));
    }

    @Test
    void overlongNameIsRefused() throws IOException {
        byte[] plain = Bytes.gzip(content(10));
        byte[] header = Arrays.copyOf(plain, 10);
        header[3] = 8;
        byte[] name = new byte[1 << 20];
        Arrays.fill(name, (byte) 'n');
        FormatException e = assertThrows(FormatException.class, () -> gunzip(Bytes.join(header, name, new byte[] {0})));
        assertEquals("gzip file name", e.field());
    }

    @Test
    void truncatedAtEveryByte() throws IOException {
        byte[] whole = Bytes.gzip(content(300));
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(TruncatedFileException.class, () -> gunzip(cut), "cut to " + length);
        }
    }

    @Test
    void checksumAndLengthAreVerified() throws IOException {
        byte[] whole = Bytes.gzip(content(300));
        for (int at = whole.length - 8; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 0x10;
            String field =
                    assertThrows(FormatException.class, () -> gunzip(changed)).field();
            assertEquals(at < whole.length - 4 ? "gzip checksum" : "gzip length", field);
        }
    }

    @Test
    void otherMethodsAndReservedFlags() throws IOException {
        byte[] whole = Bytes.gzip(content(300));
        byte[] method = whole.clone();
        method[2] = 7;
        assertThrows(UnsupportedFormatException.class, () -> gunzip(method));
        byte[] flags = whole.clone();
        flags[3] = (byte) 0x80;
        assertThrows(FormatException.class, () -> gunzip(flags));
    }

    static byte[] content(int length) {
        byte[] content = new byte[length];
        Random random = new Random(length);
        for (int i = 0; i < length; i++) {
            content[i] = (byte) (random.nextInt(8) == 0 ? random.nextInt() : i >> 4);
        }
        return content;
    }

    static byte[] gunzip(byte[] compressed) throws IOException {
        try (GunzipStream in = new GunzipStream(FILE, new ByteArrayInputStream(compressed))) {
            return in.readAllBytes();
        }
    }
}

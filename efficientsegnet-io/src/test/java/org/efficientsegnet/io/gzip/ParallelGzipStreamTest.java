// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.gzip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.efficientsegnet.parallel.Parallelism;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelGzipStreamTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 262143, 262144, 262145, 2097152, 5_000_011})
    void oneOrdinaryMemberWhateverTheThreads(int length) throws IOException {
        byte[] content = GunzipStreamTest.content(length);
        byte[] single = compress(content, Parallelism.SINGLE, 6);
        assertArrayEquals(content, new GZIPInputStream(new ByteArrayInputStream(single)).readAllBytes());
        assertArrayEquals(content, GunzipStreamTest.gunzip(single));
        assertArrayEquals(single, compress(content, Parallelism.common(), 6));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 9})
    void levels(int level) throws IOException {
        byte[] content = GunzipStreamTest.content(700_000);
        assertArrayEquals(content, GunzipStreamTest.gunzip(compress(content, Parallelism.common(), level)));
    }

    @Test
    void combinedChecksumIsThatOfTheWhole() {
        byte[] content = GunzipStreamTest.content(10_000);
        long whole = crc(content, 0, content.length);
        for (int cut : new int[] {0, 1, 7, 255, 4096, 9999, 10_000}) {
            long first = crc(content, 0, cut);
            long second = crc(content, cut, content.length - cut);
            assertEquals(whole, Crc32Combination.combine(first, second, content.length - cut), "cut at " + cut);
        }
    }

    private static long crc(byte[] bytes, int offset, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, offset, length);
        return crc.getValue();
    }

    private static byte[] compress(byte[] content, Parallelism parallelism, int level) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ParallelGzipStream out = new ParallelGzipStream(bytes, parallelism, level)) {
            int half = content.length / 2;
            out.write(content, 0, half);
            out.write(content, half, content.length - half);
        }
        return bytes.toByteArray();
    }
}

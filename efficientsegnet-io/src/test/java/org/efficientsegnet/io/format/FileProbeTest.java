// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.efficientsegnet.io.testing.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileProbeTest {

    @TempDir
    Path directory;

    @Test
    void plainFile() throws IOException {
        FileProbe probe = FileProbe.of(Files.writeString(directory.resolve("a"), "NRRD0004\n"));
        assertTrue(probe.hasAscii(0, "NRRD000"));
        assertTrue(probe.hasAscii(4, "0004\n"));
        assertFalse(probe.hasAscii(4, "0004\n "));
        assertFalse(probe.isGzip());
    }

    @Test
    void gzipIsLookedInto() throws IOException {
        byte[] content = new byte[10_000];
        Arrays.fill(content, (byte) 'x');
        FileProbe probe = FileProbe.of(Files.write(directory.resolve("a.gz"), Bytes.gzip(content)));
        assertTrue(probe.isGzip());
        assertArrayEquals(Arrays.copyOf(content, FileProbe.LENGTH), probe.head());
    }

    @Test
    void damagedGzipKeepsWhatCameBefore() throws IOException {
        byte[] whole = Bytes.gzip("NRRD0004 and what follows".getBytes(StandardCharsets.US_ASCII));
        for (int length = 0; length < whole.length; length++) {
            Path file = Files.write(directory.resolve("a.gz"), Arrays.copyOf(whole, length));
            FileProbe probe = FileProbe.of(file);
            assertEquals(length >= 2, probe.isGzip());
        }
    }

    @Test
    void directoryAndNothing() throws IOException {
        assertTrue(FileProbe.of(directory).isDirectory());
        assertThrows(NoSuchFileException.class, () -> FileProbe.of(directory.resolve("absent")));
    }
}

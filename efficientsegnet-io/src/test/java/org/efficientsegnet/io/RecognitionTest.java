// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are of no format. */
class RecognitionTest {

    @TempDir
    Path folder;

    @Test
    void emptyFilesAreCalledSo() throws IOException {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        new GZIPOutputStream(gzip).close();
        refused("plain.nii", new byte[0], "an empty file");
        refused("gzip.nii.gz", gzip.toByteArray(), "an empty file");
        refused("text.nii", "no scan".getBytes(StandardCharsets.UTF_8), "content that is none of the known formats");
    }

    private void refused(String name, byte[] content, String found) throws IOException {
        Path file = Files.write(folder.resolve(name), content);
        UnsupportedFormatException scan = assertThrows(UnsupportedFormatException.class, () -> Volumes.read(file));
        assertEquals(found, scan.found());
        UnsupportedFormatException map = assertThrows(UnsupportedFormatException.class, () -> LabelMaps.read(file));
        assertEquals(found, map.found().replace(" of label maps", ""));
    }
}

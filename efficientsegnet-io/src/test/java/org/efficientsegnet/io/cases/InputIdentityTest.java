// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputIdentityTest {

    @TempDir
    Path folder;

    private static BatchCase caseOf(Path input) {
        return new BatchCase("case", input, Optional.empty());
    }

    private Path write(String name, int bytes) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[bytes]);
        return Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
    }

    @Test
    void sizeAndTimeOfAFileCount() throws IOException {
        Path file = write("a.nii", 10);
        InputIdentity identity = InputIdentity.of(caseOf(file));
        assertEquals(identity, InputIdentity.of(caseOf(file)));
        assertEquals(10, identity.bytes());
        write("a.nii", 11);
        assertNotEquals(identity, InputIdentity.of(caseOf(file)));
        write("a.nii", 10);
        assertEquals(identity, InputIdentity.of(caseOf(file)));
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_001_000L));
        assertNotEquals(identity, InputIdentity.of(caseOf(file)));
    }

    @Test
    void aFoldersFilesAndTheSeriesCount() throws IOException {
        write("dicom/1", 10);
        write("dicom/sub/2", 20);
        Path dicom = folder.resolve("dicom");
        InputIdentity identity = InputIdentity.of(caseOf(dicom));
        assertEquals(2, identity.files());
        assertEquals(30, identity.bytes());
        assertNotEquals(identity, InputIdentity.of(new BatchCase("case", dicom, Optional.of("1.2"))));
        Files.move(dicom.resolve("1"), dicom.resolve("3"));
        assertNotEquals(identity, InputIdentity.of(caseOf(dicom)));
    }

    @Test
    void theVoxelsOfADetachedHeaderCount() throws IOException {
        Path header = write("a.mhd", 10);
        write("b.raw", 10);
        write("a.raw", 10);
        InputIdentity identity = InputIdentity.of(caseOf(header));
        assertEquals(2, identity.files());
        write("a.raw", 12);
        assertNotEquals(identity, InputIdentity.of(caseOf(header)));
    }
}

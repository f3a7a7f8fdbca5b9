// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {

    @TempDir
    Path folder;

    @Test
    void onlyWhereABatchHasBeenIsItsLitterCleared() throws IOException {
        String name = ".01234567-89ab-cdef-0123-456789abcdef.case.nii.gz";
        Path strange = Files.createFile(folder.resolve(name));
        try (OutputFolder first = OutputFolder.open(folder)) {
            assertEquals(folder, first.path());
        }
        assertTrue(Files.exists(strange), "somebody else's file is gone");
        try (OutputFolder second = OutputFolder.open(folder)) {
            assertEquals(folder, second.path());
        }
        assertFalse(Files.exists(strange));
    }
}

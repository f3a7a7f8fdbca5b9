// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadLimitsTest {

    private static final Path FILE = Path.of("scan.nii");

    @Test
    void countsVoxels() throws Exception {
        assertEquals(24, ReadLimits.DEFAULT.checkGrid(FILE, "dim", 8, 2, 3, 4));
    }

    @ParameterizedTest
    @CsvSource({
        "65536, 65536, 1",
        "65536, 65536, 65536",
        "2147483647, 2147483647, 2147483647",
        "4294967296, 4294967296, 1",
        "9223372036854775807, 2, 1",
        "1, 1, 1073741825"
    })
    void refusesProductsThatOverflowOrExceed(long x, long y, long z) {
        LimitExceededException e =
                assertThrows(LimitExceededException.class, () -> ReadLimits.DEFAULT.checkGrid(FILE, "dim", 1, x, y, z));
        assertTrue(e.getMessage().contains("scan.nii: dim: "), e.getMessage());
    }

    @Test
    void refusesBytes() {
        ReadLimits limits = ReadLimits.DEFAULT.withMaxDataBytes(79);
        assertThrows(LimitExceededException.class, () -> limits.checkGrid(FILE, "dim", 8, 10, 1, 1));
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "-9223372036854775808"})
    void refusesExtentsBelowOne(long extent) {
        FormatException e = assertThrows(
                FormatException.class, () -> ReadLimits.DEFAULT.checkGrid(FILE, "dim[2]", 1, 5, extent, 5));
        assertEquals("dim[2]", e.field());
    }
}

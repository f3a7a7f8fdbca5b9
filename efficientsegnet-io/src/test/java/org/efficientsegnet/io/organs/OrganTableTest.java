// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.organs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrganTableTest {

    @TempDir
    Path folder;

    /** L*, a*, b* (D50) of the corners of sRGB, from Lindbloom's calculator, to a hundredth. */
    @Test
    void coloursInLabAreThoseOfTheLiterature() {
        assertLab(new OrganColor(255, 255, 255), 100, 0, 0);
        assertLab(new OrganColor(0, 0, 0), 0, 0, 0);
        assertLab(new OrganColor(255, 0, 0), 54.29, 80.81, 69.89);
        assertLab(new OrganColor(0, 0, 255), 29.57, 68.30, -112.03);
        assertLab(new OrganColor(128, 128, 128), 53.59, 0, 0);
    }

    private static void assertLab(OrganColor color, double l, double a, double b) {
        int[] lab = color.dicomCieLab();
        assertEquals(l, lab[0] / 655.35, 0.02);
        assertEquals(a, lab[1] * 255 / 65535.0 - 128, 0.03);
        assertEquals(b, lab[2] * 255 / 65535.0 - 128, 0.03);
    }

    @Test
    void anOrganHasOneColourWhateverItsLabel() {
        assertEquals("#ff7a59", OrganTable.color(1, "liver").hex());
        assertEquals(OrganTable.color(1, "liver"), OrganTable.color(9, "Liver"));
        assertEquals(OrganTable.find("left_kidney").orElseThrow().snomed(), "18639004");
        assertEquals(OrganTable.color(2, "kidneys"), OrganTable.color(1, "right kidney"));
        assertEquals(OrganTable.color(3, ""), OrganTable.color(15, "unheard of"));
        assertThrows(IllegalArgumentException.class, () -> new OrganColor(256, 0, 0));
    }

    @Test
    void tablesAreThoseOfTheViewers() throws IOException {
        TreeMap<Integer, String> names = new TreeMap<>(Map.of(1, "liver", 2, "left kidney"));
        Path snap = folder.resolve("labels.label");
        LabelTable.write(names, snap);
        assertTrue(Files.readString(snap).contains("    2  90 162 255   1  1  1    \"left kidney\""));
        Path slicer = folder.resolve("labels.ctbl");
        LabelTable.write(names, slicer);
        assertArrayEquals(
                new String[] {
                    "# Color table file",
                    "0 background 0 0 0 0",
                    "1 liver 255 122 89 255",
                    "2 left_kidney 90 162 255 255"
                },
                Files.readAllLines(slicer).toArray());
        assertThrows(IllegalArgumentException.class, () -> LabelTable.write(names, folder.resolve("labels.txt")));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.efficientsegnet.io.dicom.SliceContours.Vertex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SliceContoursTest {

    /** Even-odd rule along the row of a pixel's centre, which vertices never lie on the way of: those in between count. */
    static boolean encloses(List<double[]> polygon, double row, double column) {
        boolean inside = false;
        for (int i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
            double[] a = polygon.get(i);
            double[] b = polygon.get(j);
            if (a[0] > row != b[0] > row && column < (b[1] - a[1]) * (row - a[0]) / (b[0] - a[0]) + a[1]) {
                inside = !inside;
            }
        }
        return inside;
    }

    private static int winding(List<double[]> polygon, double row, double column) {
        int winding = 0;
        for (int i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
            double[] a = polygon.get(j);
            double[] b = polygon.get(i);
            double side = (b[1] - a[1]) * (row - a[0]) - (column - a[1]) * (b[0] - a[0]);
            if (a[0] <= row && b[0] > row && side > 0) {
                winding++;
            } else if (a[0] > row && b[0] <= row && side < 0) {
                winding--;
            }
        }
        return winding;
    }

    private static List<double[]> points(List<Vertex> contour) {
        return contour.stream()
                .map(v -> new double[] {v.row2() / 2.0, v.column2() / 2.0})
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1",
        "1, 9, 0.5",
        "9, 1, 0.5",
        "12, 17, 0.3",
        "12, 17, 0.5",
        "30, 30, 0.8",
        "40, 25, 0.95",
        "6, 6, 1"
    })
    void contoursEncloseTheCentresOfThePixelsByEitherRule(int rows, int columns, double density) {
        Random random = new Random(rows);
        for (int run = 0; run < 20; run++) {
            boolean[][] inside = new boolean[rows][columns];
            for (boolean[] row : inside) {
                for (int c = 0; c < columns; c++) {
                    row[c] = random.nextDouble() < density;
                }
            }
            List<List<double[]>> contours = SliceContours.of(inside).stream()
                    .map(SliceContoursTest::points)
                    .toList();
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    int enclosing = 0;
                    int winding = 0;
                    for (List<double[]> contour : contours) {
                        // A little off the row, on which channels to holes run.
                        enclosing += encloses(contour, r + 1e-4, c) ? 1 : 0;
                        winding += winding(contour, r + 1e-4, c);
                    }
                    assertEquals(inside[r][c] ? 1 : 0, enclosing);
                    assertEquals(inside[r][c] ? 1 : 0, Math.abs(winding));
                }
            }
        }
    }

    @Test
    void aRingIsOneContour() {
        boolean[][] ring = new boolean[5][5];
        for (int r = 0; r < 5; r++) {
            for (int c = 0; c < 5; c++) {
                ring[r][c] = r % 4 == 0 || c % 4 == 0;
            }
        }
        List<List<Vertex>> contours = SliceContours.of(ring);
        assertEquals(1, contours.size());
        assertTrue(contours.get(0).size() >= 8 + 8 + 2);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SurfaceElementsTest {

    /** Corners are numbered 4x + 2z + y; the areas in a unit cell are sums of triangles worked out by hand. */
    @ParameterizedTest
    @CsvSource({
        // none, all
        "0, 0",
        "255, 0",
        // one corner; two along an edge, across a face, across the cell
        "1, 0.2165063509461097",
        "3, 0.7071067811865476",
        "9, 0.4330127018922193",
        "129, 0.4330127018922193",
        // three around a corner: one triangle of a corner, one of twice that, half a face
        "7, 1.149519052838329",
        // four: a face, a corner with its three neighbours, a chain, two edges across the cell
        "15, 1",
        "23, 1.299038105676658",
        "139, 1.5731321849709863",
        "195, 1.414213562373095"
    })
    void areaInAUnitCell(int code, double area) {
        double[] areas = SurfaceElements.areas(1, 1, 1);
        assertEquals(area, areas[code], 1e-12);
        assertEquals(area, areas[~code & 0xff], 1e-12);
    }

    @Test
    void facesScaleWithTheSpacingAcrossThem() {
        double[] areas = SurfaceElements.areas(5, 0.7, 0.9);
        assertEquals(5 * 0.7, areas[0b00001111], 1e-12, "across x");
        assertEquals(0.7 * 0.9, areas[0b00110011], 1e-12, "across z");
        assertEquals(5 * 0.9, areas[0b01010101], 1e-12, "across y");
    }
}

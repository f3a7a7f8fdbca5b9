// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrientationTest {

    @Test
    void thereAreFortyEight() {
        List<Orientation> all = Orientation.all();
        assertEquals(48, all.size());
        assertEquals(48, new HashSet<>(all).size());
        for (Orientation orientation : all) {
            assertEquals(orientation, Orientation.of(orientation.toString()));
            for (Axis axis : Axis.values()) {
                assertEquals(axis, orientation.axisAlong(orientation.direction(axis)));
            }
        }
    }

    @Test
    void lettersNameWhereAnAxisGrowsTo() {
        Orientation orientation = Orientation.of("pIr");
        assertEquals("PIR", orientation.toString());
        assertEquals(1, orientation.worldAxis(Axis.X));
        assertEquals(-1, orientation.sign(Axis.X));
        assertEquals(2, orientation.worldAxis(Axis.Y));
        assertEquals(-1, orientation.sign(Axis.Y));
        assertEquals(0, orientation.worldAxis(Axis.Z));
        assertEquals(1, orientation.sign(Axis.Z));
        assertEquals(Axis.X, orientation.axisAlong('A'));
        assertEquals(Axis.Y, orientation.axisAlong('S'));
    }

    @Test
    void oppositeGrowsTheOtherWayAlongTheSameAxes() {
        for (Orientation orientation : Orientation.all()) {
            for (Axis axis : Axis.values()) {
                assertEquals(-orientation.sign(axis), orientation.opposite().sign(axis));
                assertEquals(orientation.worldAxis(axis), orientation.opposite().worldAxis(axis));
            }
        }
    }

    @Test
    void facesLookToBothEndsOfTheirAxis() {
        Orientation orientation = Orientation.of("PIR");
        assertEquals('P', Face.X_HIGH.direction(orientation));
        assertEquals('A', Face.X_LOW.direction(orientation));
        assertEquals('I', Face.Y_HIGH.direction(orientation));
        assertEquals('S', Face.Y_LOW.direction(orientation));
        assertEquals('R', Face.Z_HIGH.direction(orientation));
        assertEquals('L', Face.Z_LOW.direction(orientation));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "RA", "RASS", "RRA", "RLA", "RAX", "R S", "123", "ras ", "RÄS"})
    void refusesWhatIsNoCode(String code) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Orientation.of(code));
        assertEquals(true, e.getMessage().contains('"' + code + '"'), e.getMessage());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VolumeTest {

    private static final Geometry GEOMETRY = Geometry.of(Orientation.of("LPS"), 1, 1, 1);
    private static final Shape SHAPE = new Shape(2, 3, 4);

    @Test
    void hounsfieldUnitsAreSlopeTimesStoredPlusIntercept() {
        short[] stored = new short[24];
        stored[SHAPE.index(1, 2, 3)] = 100;
        Volume volume = new Volume(SHAPE, GEOMETRY, new Voxels.Shorts(stored, false), 0.5, -1000);
        assertEquals(-950, volume.hu(1, 2, 3));
        assertEquals(-1000, volume.hu(0, 0, 0));
        Layout ras = volume.oriented(Orientation.RAS);
        assertEquals(100, volume.voxels().get(ras.index(1, 0, 0)));
        assertThrows(IndexOutOfBoundsException.class, () -> volume.hu(2, 0, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> volume.hu(0, 3, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> volume.hu(0, 0, -1));
    }

    @ParameterizedTest
    @CsvSource({"23, 1, 0", "25, 1, 0", "24, 0, 0", "24, NaN, 0", "24, 1, Infinity"})
    void refusesWhatIsNoScan(int voxels, double slope, double intercept) {
        Voxels values = new Voxels.Floats(new float[voxels]);
        assertThrows(IllegalArgumentException.class, () -> new Volume(SHAPE, GEOMETRY, values, slope, intercept));
    }

    @Test
    void labelsAreUnsignedAndNamesAreCopied() {
        byte[] labels = new byte[24];
        labels[SHAPE.index(0, 1, 2)] = (byte) 200;
        TreeMap<Integer, String> names = new TreeMap<>(Map.of(200, "spleen"));
        LabelMap map = new LabelMap(SHAPE, GEOMETRY, labels, names);
        names.clear();
        assertEquals(200, map.label(0, 1, 2));
        assertEquals(0, map.label(0, 0, 0));
        assertEquals(Map.of(200, "spleen"), map.names());
        assertThrows(UnsupportedOperationException.class, () -> map.names().clear());
        assertThrows(IndexOutOfBoundsException.class, () -> map.label(0, 0, 4));
        assertThrows(IllegalArgumentException.class, () -> LabelMap.of(SHAPE, GEOMETRY, new byte[23]));
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1", "1, 0, 1", "1, 1, 0", "-1, 1, 1"})
    void aShapeHasVoxels(int z, int y, int x) {
        assertThrows(IllegalArgumentException.class, () -> new Shape(z, y, x));
    }

    @Test
    void aShapeThatOverflowsAnArraySaysSo() {
        Shape huge = new Shape(2000, 2000, 2000);
        assertEquals(8_000_000_000L, huge.voxels());
        assertThrows(IllegalArgumentException.class, huge::arrayLength);
        assertEquals(8_000_000_000L, new Shape(80_000, 100_000, 1).voxels());
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 0, 1, 1, 1", "0, 0, 0, 0, 1, 1", "0, 2, 0, 1, 2, 1", "0, 0, 5, 1, 1, 3"})
    void aBoxHasVoxels(int z0, int y0, int x0, int z1, int y1, int x1) {
        assertThrows(IllegalArgumentException.class, () -> new Box(z0, y0, x0, z1, y1, x1));
    }

    @Test
    void aBoxTouchesTheFacesItReaches() {
        assertEquals(Set.of(Face.values()), Face.touchedBy(Box.of(SHAPE), SHAPE));
        assertEquals(Set.of(Face.Z_HIGH, Face.X_LOW), Face.touchedBy(new Box(1, 1, 0, 2, 2, 3), SHAPE));
        assertEquals(Set.of(), Face.touchedBy(new Box(1, 1, 1, 2, 2, 2), Shape.cube(3)));
    }

    @Test
    void organsOfALabelMapAreTakenByName() {
        Geometry geometry = Geometry.of(Orientation.RAS, 1, 1, 1);
        byte[] labels = {0, 1, 2, 3, (byte) 200};
        LabelMap map = new LabelMap(
                new Shape(1, 1, 5), geometry, labels, new TreeMap<>(Map.of(1, "liver", 3, "spleen", 200, "x")));
        assertArrayEquals(new byte[] {0, 0, 0, 0, 1}, map.mask("x"));
        LabelMap only = map.only(List.of("spleen", "x"));
        assertArrayEquals(new byte[] {0, 0, 0, 3, (byte) 200}, only.labels());
        assertEquals(Map.of(3, "spleen", 200, "x"), only.names());
        IllegalArgumentException unknown = assertThrows(IllegalArgumentException.class, () -> map.mask("kidney"));
        assertEquals("no label is named \"kidney\"; there are liver, spleen, x", unknown.getMessage());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.anatomy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A body of 30 columns in air, its midline between columns 16 and 17 towards the right; kidneys of 4 x 4 x 4 voxels. */
class KidneySidesTest {

    private static final Shape RAS = new Shape(12, 20, 40);
    private static final int BODY_START = 2;
    private static final int BODY_END = 32;

    private final byte[] labels = new byte[RAS.arrayLength()];

    private void block(int label, int x0, int x1) {
        for (int z = 4; z < 8; z++) {
            for (int y = 8; y < 12; y++) {
                for (int x = x0; x < x1; x++) {
                    labels[RAS.index(z, y, x)] = (byte) label;
                }
            }
        }
    }

    /** The kidneys' sides, in RAS order, of a scan stored in some orientation. */
    private byte[] split(String orientation) {
        Orientation stored = Orientation.of(orientation);
        Layout layout = Layout.contiguous(RAS).reorient(Orientation.RAS, stored);
        Shape shape = layout.shape();
        short[] hu = new short[shape.arrayLength()];
        byte[] map = new byte[hu.length];
        Layout back = Layout.contiguous(shape).reorient(stored, Orientation.RAS);
        for (int z = 0; z < RAS.z(); z++) {
            for (int y = 0; y < RAS.y(); y++) {
                for (int x = 0; x < RAS.x(); x++) {
                    boolean body = x >= BODY_START && x < BODY_END && y > 1;
                    hu[back.index(z, y, x)] = (short) (body ? 40 : -1000);
                    map[back.index(z, y, x)] = labels[RAS.index(z, y, x)];
                }
            }
        }
        Geometry geometry = Geometry.of(stored, 2, 2, 2);
        TreeMap<Integer, String> names = new TreeMap<>(Map.of(1, "liver", 2, "kidney", 4, "pancreas"));
        LabelMap divided = KidneySides.split(
                Volume.ofHu(shape, geometry, hu), new LabelMap(shape, geometry, map, names), Parallelism.SINGLE);
        assertEquals(Map.of(1, "liver", 2, KidneySides.RIGHT, 4, "pancreas", 5, KidneySides.LEFT), divided.names());
        byte[] result = new byte[map.length];
        for (int z = 0; z < RAS.z(); z++) {
            for (int y = 0; y < RAS.y(); y++) {
                for (int x = 0; x < RAS.x(); x++) {
                    result[RAS.index(z, y, x)] = divided.labels()[back.index(z, y, x)];
                }
            }
        }
        return result;
    }

    @ParameterizedTest
    @CsvSource({
        "RAS, 22, 26, 6, 10",
        "LPS, 22, 26, 6, 10",
        "SLP, 22, 26, 6, 10",
        "AIR, 18, 22, 12, 16",
        // One that reaches over the midline a little stays whole.
        "LAS, 16, 26, 6, 10"
    })
    void eachKidneyLiesOnItsSide(String orientation, int r0, int r1, int l0, int l1) {
        block(1, 28, 30);
        block(2, r0, r1);
        block(2, l0, l1);
        byte[] expected = labels.clone();
        for (int i = 0; i < expected.length; i++) {
            int x = i % RAS.x();
            expected[i] = expected[i] == 2 && x >= l0 && x < l1 ? 5 : expected[i];
        }
        assertArrayEquals(expected, split(orientation));
    }

    @ParameterizedTest
    @CsvSource({"22, 26, 2", "6, 10, 5"})
    void aSingleKidneyIsOnTheSideOfTheBodyThatItLiesOn(int x0, int x1, int label) {
        block(2, x0, x1);
        byte[] result = split("LPS");
        for (int i = 0; i < result.length; i++) {
            assertEquals(labels[i] == 0 ? 0 : label, result[i]);
        }
    }

    @Test
    void kidneysThatTouchAreDividedAtTheMidline() {
        block(2, 8, 26);
        byte[] result = split("LPS");
        for (int i = 0; i < result.length; i++) {
            int x = i % RAS.x();
            assertEquals(labels[i] == 0 ? 0 : x <= 16 ? 5 : 2, result[i]);
        }
    }

    @Test
    void withoutAKidneysNameNothingChanges() {
        Geometry geometry = Geometry.of(Orientation.RAS, 1, 1, 1);
        LabelMap map = LabelMap.of(RAS, geometry, labels);
        Volume scan = Volume.ofHu(RAS, geometry, new short[labels.length]);
        assertSame(map, KidneySides.split(scan, map, Parallelism.SINGLE));
        Volume other = Volume.ofHu(Shape.cube(1), geometry, new short[1]);
        assertThrows(IllegalArgumentException.class, () -> KidneySides.split(other, map, Parallelism.SINGLE));
    }
}

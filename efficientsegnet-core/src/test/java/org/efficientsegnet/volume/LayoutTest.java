// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LayoutTest {

    private static final Shape SHAPE = new Shape(2, 3, 4);

    static List<Orientation> orientations() {
        return Orientation.all();
    }

    /** A voxel is known by its place in the patient, whatever the axes. */
    @ParameterizedTest
    @MethodSource("orientations")
    void everyOrientationShowsEveryVoxelWhereItIs(Orientation from) {
        Geometry geometry = Geometry.of(from, 1, 10, 100);
        Layout layout = Layout.contiguous(SHAPE);
        Map<List<Long>, Integer> arrayIndexByPlace = new HashMap<>();
        int n = 0;
        for (int z = 0; z < SHAPE.z(); z++) {
            for (int y = 0; y < SHAPE.y(); y++) {
                for (int x = 0; x < SHAPE.x(); x++) {
                    arrayIndexByPlace.put(place(geometry, x, y, z), n++);
                }
            }
        }
        for (Orientation to : Orientation.all()) {
            Layout turned = layout.reorient(from, to);
            Geometry turnedGeometry = geometry.reorient(SHAPE, to);
            assertEquals(to, turnedGeometry.orientation());
            assertEquals(SHAPE.voxels(), turned.shape().voxels());
            for (int z = 0; z < turned.shape().z(); z++) {
                for (int y = 0; y < turned.shape().y(); y++) {
                    for (int x = 0; x < turned.shape().x(); x++) {
                        assertEquals(
                                arrayIndexByPlace.get(place(turnedGeometry, x, y, z)),
                                turned.index(z, y, x),
                                from + " to " + to);
                    }
                }
            }
            assertEquals(layout, turned.reorient(to, from), "back");
            assertEquals(geometry, turnedGeometry.reorient(turned.shape(), from), "back");
        }
    }

    private static List<Long> place(Geometry geometry, int x, int y, int z) {
        double[] world = geometry.toWorld(x, y, z);
        return List.of(Math.round(world[0]), Math.round(world[1]), Math.round(world[2]));
    }

    /** Directions and extents by hand: the slices of a sagittal scan are columns of the axial view. */
    @Test
    void aSagittalScanTurnedToAxial() {
        // x grows backwards, y downwards, z to the right
        Layout turned = Layout.contiguous(new Shape(2, 3, 4)).reorient(Orientation.of("PIR"), Orientation.RAS);
        assertEquals(new Shape(3, 4, 2), turned.shape());
        assertEquals(new Layout(new Shape(3, 4, 2), 11, -4, -1, 12), turned);
    }

    @ParameterizedTest
    @MethodSource("orientations")
    void croppingAndTurningCommute(Orientation to) {
        Box box = new Box(0, 1, 2, 2, 3, 3);
        Layout layout = Layout.contiguous(SHAPE);
        assertEquals(
                layout.crop(box).reorient(Orientation.RAS, to),
                layout.reorient(Orientation.RAS, to).crop(box.reorient(SHAPE, Orientation.RAS, to)));
    }

    @ParameterizedTest
    @CsvSource({"3, 3, 4", "2, 4, 4", "2, 3, 5"})
    void aCropStaysInside(int z, int y, int x) {
        Layout layout = Layout.contiguous(SHAPE);
        assertThrows(IndexOutOfBoundsException.class, () -> layout.crop(new Box(0, 0, 0, z, y, x)));
        assertEquals(layout, layout.crop(Box.of(SHAPE)));
    }

    @Test
    void stridesByAxis() {
        Layout layout = Layout.contiguous(SHAPE);
        assertArrayEquals(
                new int[] {12, 4, 1}, new int[] {layout.stride(Axis.Z), layout.stride(Axis.Y), layout.stride(Axis.X)});
        assertThrows(IllegalArgumentException.class, () -> Layout.contiguous(Shape.cube(1300)));
    }
}

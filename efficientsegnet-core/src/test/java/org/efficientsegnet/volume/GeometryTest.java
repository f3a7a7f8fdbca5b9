// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.apache.commons.math3.geometry.euclidean.threed.Rotation;
import org.apache.commons.math3.geometry.euclidean.threed.RotationConvention;
import org.apache.commons.math3.geometry.euclidean.threed.Vector3D;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeometryTest {

    private static final double[] IDENTITY = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.volume.LayoutTest#orientations")
    void anAxisParallelGridHasItsOrientationAndSpacing(Orientation orientation) {
        Geometry geometry = Geometry.of(orientation, 0.5, 0.75, 5);
        assertEquals(orientation, geometry.orientation());
        assertEquals(0.5, geometry.spacing(Axis.X));
        assertEquals(0.75, geometry.spacing(Axis.Y));
        assertEquals(5, geometry.spacing(Axis.Z));
        assertEquals(0.5 * 0.75 * 5, geometry.voxelVolume(), 1e-12);
        assertTrue(geometry.isAxisParallel());
        double[] world = geometry.toWorld(1, 0, 0);
        assertEquals(orientation.sign(Axis.X) * 0.5, world[orientation.worldAxis(Axis.X)]);
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.volume.LayoutTest#orientations")
    void turningAnObliqueGridKeepsEveryVoxelInPlace(Orientation to) {
        Shape shape = new Shape(5, 7, 9);
        Geometry oblique = rotated(Orientation.of("LSP"), 0.3);
        Layout layout = Layout.contiguous(shape).reorient(oblique.orientation(), to);
        Geometry turned = oblique.reorient(shape, to);
        assertEquals(to, turned.orientation());
        assertEquals(oblique.voxelVolume(), turned.voxelVolume(), 1e-12);
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            int x = random.nextInt(layout.shape().x());
            int y = random.nextInt(layout.shape().y());
            int z = random.nextInt(layout.shape().z());
            int stored = layout.index(z, y, x);
            int slice = stored / 63;
            assertArrayEquals(oblique.toWorld(stored % 9, stored / 9 % 7, slice), turned.toWorld(x, y, z), 1e-10);
        }
        assertTrue(oblique.isCloseTo(turned.reorient(layout.shape(), oblique.orientation()), 1e-10));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.2, 0.5})
    void anObliqueGridIsNamedByItsNearestAxes(double angle) {
        for (Orientation orientation : Orientation.all()) {
            Geometry geometry = rotated(orientation, angle);
            assertEquals(orientation, geometry.orientation());
            assertFalse(geometry.isAxisParallel());
            assertEquals(0.8, geometry.spacing(Axis.X), 1e-12);
            assertEquals(0.7 * 0.8 * 2.5, geometry.voxelVolume(), 1e-12);
        }
    }

    /** A grid of 0.8 × 0.7 × 2.5 mm, turned about an axis that lies along none of the patient's. */
    private static Geometry rotated(Orientation orientation, double angle) {
        double[] affine = Geometry.of(orientation, 0.8, 0.7, 2.5).affine();
        Rotation rotation = new Rotation(new Vector3D(1, 2, -1.5), angle, RotationConvention.VECTOR_OPERATOR);
        for (int axis = 0; axis < 3; axis++) {
            Vector3D column = rotation.applyTo(new Vector3D(affine[axis], affine[4 + axis], affine[8 + axis]));
            affine[axis] = column.getX();
            affine[4 + axis] = column.getY();
            affine[8 + axis] = column.getZ();
        }
        affine[3] = -120.5;
        affine[7] = 33;
        affine[11] = 1000.25;
        return Geometry.ofAffine(affine);
    }

    @Test
    void aCropBeginsAtItsFirstVoxel() {
        Geometry geometry = rotated(Orientation.of("LPS"), 0.4);
        Geometry crop = geometry.crop(new Box(3, 1, 2, 9, 9, 9));
        assertArrayEquals(geometry.toWorld(2 + 5, 1 + 6, 3 + 7), crop.toWorld(5, 6, 7), 1e-10);
    }

    @Test
    void indexAndWorldAreInverse() {
        for (Orientation orientation : Orientation.all()) {
            Geometry geometry = rotated(orientation, 0.4);
            double[] world = geometry.toWorld(3.25, -7, 11.5);
            assertArrayEquals(new double[] {3.25, -7, 11.5}, geometry.toIndex(world[0], world[1], world[2]), 1e-10);
        }
        Geometry tiny = Geometry.of(Orientation.RAS, 1e-6, 1e-6, 1e-6);
        assertArrayEquals(new double[] {1, 2, 3}, tiny.toIndex(1e-6, 2e-6, 3e-6), 1e-9);
    }

    @Test
    void closenessCountsEveryNumber() {
        Geometry geometry = Geometry.ofAffine(IDENTITY);
        for (int i = 0; i < 12; i++) {
            double[] moved = IDENTITY.clone();
            moved[i] += 1e-3;
            Geometry other = Geometry.ofAffine(moved);
            assertFalse(geometry.isCloseTo(other, 1e-4));
            assertTrue(geometry.isCloseTo(other, 2e-3));
        }
    }

    @Test
    void takesTheFourthRowIfItIsOne() {
        double[] affine = {2, 0, 0, 7, 0, 3, 0, 8, 0, 0, 4, 9, 0, 0, 0, 1};
        assertArrayEquals(
                new double[] {2, 0, 0, 7, 0, 3, 0, 8, 0, 0, 4, 9},
                Geometry.ofAffine(affine).affine());
        affine[12] = 1;
        assertThrows(InvalidGeometryException.class, () -> Geometry.ofAffine(affine));
    }

    @Test
    void refusesWhatIsNoPlace() {
        assertThrows(InvalidGeometryException.class, () -> Geometry.ofAffine(1, 2, 3));
        for (int i = 0; i < 12; i++) {
            for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
                double[] affine = IDENTITY.clone();
                affine[i] = bad;
                assertThrows(InvalidGeometryException.class, () -> Geometry.ofAffine(affine));
            }
        }
        double[] noSpacing = IDENTITY.clone();
        noSpacing[5] = 0;
        assertThrows(InvalidGeometryException.class, () -> Geometry.ofAffine(noSpacing));
        double[] plane = {1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0};
        assertThrows(InvalidGeometryException.class, () -> Geometry.ofAffine(plane));
        double[] huge = {1e200, 0, 0, 0, 0, 1e200, 0, 0, 0, 0, 1e200, 0};
        assertThrows(InvalidGeometryException.class, () -> Geometry.ofAffine(huge));
        for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThrows(InvalidGeometryException.class, () -> Geometry.of(Orientation.RAS, 1, bad, 1));
        }
    }

    /** Worked out by hand from PS3.3 equation C.7.6.2.1-1, then the first two axes turned round. */
    @Test
    void ofDicomFollowsTheStandardsEquation() {
        double[] orientation = {0, 1, 0, 0, 0, -1};
        Geometry sagittal = Geometry.ofDicom(orientation, new double[] {-30, -120, 400}, new double[] {0.6, 0.8}, 5);
        // x along rows: Posterior at 0.8 mm; y along columns: Inferior at 0.6 mm; z along (0,1,0)x(0,0,-1) = (-1,0,0):
        // Right.
        assertEquals("PIR", sagittal.orientation().toString());
        assertArrayEquals(new double[] {30, 120, 400}, sagittal.toWorld(0, 0, 0));
        assertArrayEquals(
                new double[] {30 + 2 * 5, 120 - 10 * 0.8, 400 - 20 * 0.6}, sagittal.toWorld(10, 20, 2), 1e-12);
        Geometry back = Geometry.ofDicom(orientation, new double[] {-30, -120, 400}, new double[] {0.6, 0.8}, -5);
        assertEquals("PIL", back.orientation().toString());
    }

    @Test
    void ofDicomRefusesWhatIsNoGrid() {
        double[] axial = {1, 0, 0, 0, 1, 0};
        double[] origin = {0, 0, 0};
        double[] spacing = {1, 1};
        assertThrows(
                InvalidGeometryException.class,
                () -> Geometry.ofDicom(new double[] {1, 0, 0, 1, 0, 0}, origin, spacing, 1));
        assertThrows(
                InvalidGeometryException.class,
                () -> Geometry.ofDicom(new double[] {2, 0, 0, 0, 1, 0}, origin, spacing, 1));
        assertThrows(InvalidGeometryException.class, () -> Geometry.ofDicom(axial, origin, new double[] {0, 1}, 1));
        assertThrows(InvalidGeometryException.class, () -> Geometry.ofDicom(axial, origin, spacing, 0));
        assertThrows(InvalidGeometryException.class, () -> Geometry.ofDicom(axial, origin, new double[3], 1));
        assertThrows(
                InvalidGeometryException.class,
                () -> Geometry.ofDicom(axial, new double[] {Double.NaN, 0, 0}, spacing, 1));
    }
}

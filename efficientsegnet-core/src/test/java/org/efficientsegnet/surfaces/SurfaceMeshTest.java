// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.surfaces;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.efficientsegnet.surfaces.SurfaceMesh.Smoothing;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SurfaceMeshTest {

    /** A ball of 20 mm around the middle. */
    private static LabelMap ball(Geometry geometry, Shape shape) {
        byte[] labels = new byte[shape.arrayLength()];
        double[] centre = geometry.toWorld((shape.x() - 1) / 2.0, (shape.y() - 1) / 2.0, (shape.z() - 1) / 2.0);
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    double[] p = geometry.toWorld(x, y, z);
                    double r = Math.hypot(Math.hypot(p[0] - centre[0], p[1] - centre[1]), p[2] - centre[2]);
                    labels[shape.index(z, y, x)] = (byte) (r < 20 ? 3 : 0);
                }
            }
        }
        return LabelMap.of(shape, geometry, labels);
    }

    private static double voxelVolume(LabelMap map, int label) {
        long n = 0;
        for (byte value : map.labels()) {
            n += value == label ? 1 : 0;
        }
        return n * map.geometry().voxelVolume();
    }

    /** Every edge is passed as often in the one direction as in the other. */
    private static void assertClosed(SurfaceMesh mesh) {
        Map<Long, Integer> edges = new HashMap<>();
        int[] t = mesh.triangles();
        for (int i = 0; i < t.length; i++) {
            int from = t[i];
            int to = t[i % 3 == 2 ? i - 2 : i + 1];
            edges.merge((long) Math.min(from, to) << 32 | Math.max(from, to), from < to ? 1 : -1, Integer::sum);
        }
        edges.values().forEach(balance -> assertEquals(0, balance));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RAS", "LPS", "SRA", "ILP"})
    void aBallIsRoundAndKeepsItsVolume(String orientation) {
        Geometry geometry = Geometry.of(Orientation.of(orientation), 1, 1.5, 2.5);
        LabelMap map = ball(geometry, new Shape(22, 33, 48));
        SurfaceMesh mesh = SurfaceMesh.of(map, 3, Smoothing.USUAL);
        assertClosed(mesh);
        double voxels = voxelVolume(map, 3);
        assertEquals(voxels, mesh.volumeMm3(), 0.002 * voxels);
        double[] centre = geometry.toWorld(23.5, 16, 10.5);
        for (int v = 0; v < mesh.points().length; v += 3) {
            double r = Math.hypot(
                    Math.hypot(mesh.points()[v] - centre[0], mesh.points()[v + 1] - centre[1]),
                    mesh.points()[v + 2] - centre[2]);
            assertEquals(20, r, 1.2);
        }
    }

    @Test
    void noiseAndWhatTouchesTheEdgeIsClosedTooAndKeepsItsVolume() {
        Random random = new Random(4);
        Shape shape = new Shape(9, 10, 11);
        Geometry geometry = Geometry.of(Orientation.RAS, 1, 1, 1);
        for (double density : new double[] {0.1, 0.5, 0.9, 1}) {
            byte[] labels = new byte[shape.arrayLength()];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = (byte) (random.nextDouble() < density ? 1 : 2);
            }
            LabelMap map = LabelMap.of(shape, geometry, labels);
            SurfaceMesh plain = SurfaceMesh.of(map, 1, Smoothing.NONE);
            assertClosed(plain);
            assertEquals(voxelVolume(map, 1), plain.volumeMm3(), 0.01 * voxelVolume(map, 1));
        }
    }

    @Test
    void whatIsNotThereHasNoSurface() {
        LabelMap map = LabelMap.of(Shape.cube(2), Geometry.of(Orientation.RAS, 1, 1, 1), new byte[8]);
        assertEquals(0, SurfaceMesh.of(map, 1, Smoothing.USUAL).size());
    }

    @Test
    void aCubeUnsmoothedHasItsSidesWhereTheVoxelsEnd() {
        byte[] labels = new byte[1000];
        Shape shape = Shape.cube(10);
        for (int z = 2; z < 8; z++) {
            for (int y = 2; y < 8; y++) {
                for (int x = 2; x < 8; x++) {
                    labels[shape.index(z, y, x)] = 1;
                }
            }
        }
        SurfaceMesh mesh =
                SurfaceMesh.of(LabelMap.of(shape, Geometry.of(Orientation.RAS, 1, 1, 1), labels), 1, Smoothing.NONE);
        assertEquals(216, mesh.volumeMm3(), 0.5);
        for (float p : mesh.points()) {
            assertTrue(p > 1 && p < 8);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.mesh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two blocks of 6 x 5 x 4 voxels (x, y, z) of 1 x 2 x 3 mm. */
class MeshFilesTest {

    @TempDir
    Path folder;

    private static LabelMap blocks() {
        Shape shape = new Shape(8, 8, 20);
        byte[] labels = new byte[shape.arrayLength()];
        for (int z = 2; z < 6; z++) {
            for (int y = 1; y < 6; y++) {
                for (int x = 1; x < 7; x++) {
                    labels[shape.index(z, y, x)] = 1;
                    labels[shape.index(z, y, x + 10)] = 2;
                }
            }
        }
        Geometry geometry = Geometry.ofAffine(1, 0, 0, 100, 0, 2, 0, 0, 0, 0, 3, 0);
        assertEquals(Orientation.RAS.toString(), geometry.orientation().toString());
        return new LabelMap(
                shape, geometry, labels, new TreeMap<>(Map.of(1, "liver", 2, "left kidney", 3, "not there")));
    }

    /** Six times the volume under triangles, outward ones counted positive. */
    private static double volume(List<double[]> triangle) {
        double[] a = triangle.get(0);
        double[] b = triangle.get(1);
        double[] c = triangle.get(2);
        return a[0] * (b[1] * c[2] - b[2] * c[1])
                + a[1] * (b[2] * c[0] - b[0] * c[2])
                + a[2] * (b[0] * c[1] - b[1] * c[0]);
    }

    @Test
    void stlHasTheVolumeOfTheVoxelsAndLiesInLps() throws IOException {
        Path file = folder.resolve("organs.stl");
        MeshFiles.write(blocks(), file);
        ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int triangles = b.getInt(80);
        assertEquals(84 + 50L * triangles, b.capacity());
        double six = 0;
        for (int t = 0; t < triangles; t++) {
            List<double[]> corners = new ArrayList<>();
            for (int v = 0; v < 3; v++) {
                int at = 84 + 50 * t + 12 + 12 * v;
                corners.add(new double[] {b.getFloat(at), b.getFloat(at + 4), b.getFloat(at + 8)});
                assertTrue(corners.get(v)[0] < -99 && corners.get(v)[1] < 0);
            }
            six += volume(corners);
        }
        assertEquals(2 * 6 * 5 * 4 * 6, six / 6, 14.4);
    }

    @Test
    void objHasAGroupAndAColourForEveryOrgan() throws IOException {
        Path file = folder.resolve("organs.obj");
        MeshFiles.write(blocks(), file);
        List<double[]> points = new ArrayList<>();
        double six = 0;
        List<String> groups = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "v" ->
                    points.add(new double[] {
                        Double.parseDouble(words[1]), Double.parseDouble(words[2]), Double.parseDouble(words[3])
                    });
                case "f" ->
                    six += volume(List.of(
                            points.get(Integer.parseInt(words[1]) - 1),
                            points.get(Integer.parseInt(words[2]) - 1),
                            points.get(Integer.parseInt(words[3]) - 1)));
                case "g" -> groups.add(words[1]);
                default -> {
                    // A remark or a material.
                }
            }
        }
        assertEquals(2 * 6 * 5 * 4 * 6, six / 6, 14.4);
        assertEquals(List.of("liver", "left_kidney"), groups);
        String materials = Files.readString(folder.resolve("organs.mtl"));
        assertTrue(materials.contains("newmtl left_kidney\nKd 0.3529 0.6353 1.0000"));
    }

    @Test
    void otherEndingsAreRefused() {
        Path file = folder.resolve("organs.ply");
        assertThrows(IllegalArgumentException.class, () -> MeshFiles.write(blocks(), file));
        assertFalse(Files.exists(file));
    }
}

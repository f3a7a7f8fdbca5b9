// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.labels.Grids.Placing;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Bounds;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConnectedComponentsTest {

    private static final Parallelism FOUR = Parallelism.of(ForkJoinPool.commonPool(), 4);

    /** Shape, density, labels, size of blobs. */
    static List<Arguments> volumes() {
        List<Arguments> volumes = new ArrayList<>();
        for (int[] extent : new int[][] {
            {1, 1, 1},
            {1, 1, 40},
            {40, 1, 1},
            {1, 37, 1},
            {1, 17, 23},
            {33, 7, 1},
            {18, 11, 65},
            {17, 8, 30},
            {64, 5, 9}
        }) {
            for (double density : new double[] {0, 0.1, 0.3, 0.5, 0.8, 1}) {
                for (int labels : new int[] {1, 2, 5}) {
                    volumes.add(Arguments.of(new Shape(extent[0], extent[1], extent[2]), density, labels, 1));
                }
            }
            volumes.add(Arguments.of(new Shape(extent[0], extent[1], extent[2]), 0.5, 3, 3));
        }
        return volumes;
    }

    @ParameterizedTest
    @MethodSource("volumes")
    void agreesWithAFloodFillWhateverTypeLayoutAndThreads(Shape shape, double density, int labels, int blob) {
        int[] values = Grids.random(shape, density, labels, blob, shape.x() + 31L * labels);
        for (Connectivity connectivity : Connectivity.values()) {
            int[] expected = FloodFill.components(shape, values, 0, connectivity, false);
            for (int bits : labels == 1 ? new int[] {1, 8, 16, 32} : new int[] {8, 16, 32}) {
                for (Placing placing : Placing.values()) {
                    LabelGrid grid = Grids.place(shape, values, bits, placing, 7 * bits + shape.y());
                    for (Parallelism p : List.of(Parallelism.SINGLE, FOUR)) {
                        ConnectedComponents found = ConnectedComponents.of(grid, connectivity, p);
                        assertArrayEquals(expected, Grids.values(found.numbers(p)), connectivity + " " + placing);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("volumes")
    void foregroundIsOneLabel(Shape shape, double density, int labels, int blob) {
        int[] values = Grids.random(shape, density, labels, blob, 5);
        int[] binary = Arrays.stream(values).map(v -> Math.min(v, 1)).toArray();
        int[] expected = FloodFill.components(shape, binary, 0, Connectivity.EDGES, false);
        for (int bits : new int[] {8, 32}) {
            for (Placing placing : Placing.values()) {
                LabelGrid grid = Grids.place(shape, values, bits, placing, bits);
                ConnectedComponents found = ConnectedComponents.ofForeground(grid, Connectivity.EDGES, FOUR);
                assertArrayEquals(expected, Grids.values(found.numbers(FOUR)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("volumes")
    void statisticsMasksAndRunsAreThoseOfTheVoxels(Shape shape, double density, int labels, int blob) {
        int[] values = Grids.random(shape, density, labels, blob, 3);
        int[] numbers = FloodFill.components(shape, values, 0, Connectivity.CORNERS, false);
        for (Placing placing : Placing.values()) {
            LabelGrid grid = Grids.place(shape, values, 16, placing, shape.z());
            ConnectedComponents found = ConnectedComponents.of(grid, Connectivity.CORNERS, FOUR);
            List<ConnectedComponent> list = found.list();
            assertEquals(Arrays.stream(numbers).max().orElseThrow(), list.size());
            for (ConnectedComponent component : list) {
                assertEquals(expected(shape, values, numbers, component.number()), component);
                assertEquals(component.voxels(), found.voxels(component.number()));
                assertEquals(component.label(), found.label(component.number()));
            }
            for (int number = 1; number <= Math.min(3, found.count()); number++) {
                byte[] mask = found.mask(number, FOUR);
                byte[] fromRuns = new byte[mask.length];
                for (Run run : found.runs(number)) {
                    for (int x = run.start(); x < run.end(); x++) {
                        fromRuns[shape.index(run.z(), run.y(), x)]++;
                    }
                }
                for (int i = 0; i < mask.length; i++) {
                    assertEquals(numbers[i] == number ? 1 : 0, mask[i]);
                }
                assertArrayEquals(mask, fromRuns);
            }
        }
    }

    private static ConnectedComponent expected(Shape shape, int[] values, int[] numbers, int number) {
        Bounds bounds = new Bounds();
        long voxels = 0;
        double[] sum = new double[3];
        int label = 0;
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] == number) {
                int z = i / (shape.y() * shape.x());
                int y = i / shape.x() % shape.y();
                int x = i % shape.x();
                bounds.add(z, y, x, x + 1);
                voxels++;
                sum[0] += z;
                sum[1] += y;
                sum[2] += x;
                label = values[i];
            }
        }
        return new ConnectedComponent(
                number, label, voxels, bounds.box().orElseThrow(), sum[0] / voxels, sum[1] / voxels, sum[2] / voxels);
    }

    @ParameterizedTest
    @MethodSource("volumes")
    void contactsAreTheSharedFaces(Shape shape, double density, int labels, int blob) {
        int[] values = Grids.random(shape, density, labels, blob, 11);
        int[] numbers = FloodFill.components(shape, values, 0, Connectivity.FACES, false);
        Geometry geometry = Geometry.of(Orientation.of("LPS"), 0.5, 2, 3);
        Map<List<Integer>, Double> expected = new TreeMap<>((a, b) ->
                a.get(0).equals(b.get(0)) ? Integer.compare(a.get(1), b.get(1)) : Integer.compare(a.get(0), b.get(0)));
        int[][] steps = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
        double[] area = {1, 1.5, 6};
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    for (int axis = 0; axis < 3; axis++) {
                        int[] step = steps[axis];
                        if (FloodFill.inside(shape, z + step[0], y + step[1], x + step[2])) {
                            int a = numbers[shape.index(z, y, x)];
                            int b = numbers[shape.index(z + step[0], y + step[1], x + step[2])];
                            if (a != b && a > 0 && b > 0) {
                                expected.merge(List.of(Math.min(a, b), Math.max(a, b)), area[axis], Double::sum);
                            }
                        }
                    }
                }
            }
        }
        List<Contact> list = new ArrayList<>();
        expected.forEach((pair, mm2) -> list.add(new Contact(pair.get(0), pair.get(1), mm2)));
        for (Placing placing : Placing.values()) {
            LabelGrid grid = Grids.place(shape, values, 8, placing, shape.z());
            ConnectedComponents found = ConnectedComponents.of(grid, Connectivity.FACES, FOUR);
            assertEquals(list, found.contacts(geometry));
        }
    }

    @Test
    void facesOfObliqueGridsAreMeasured() {
        // Columns (x, y, z) of 2, 3 and 4 mm, turned by 30 degrees about z.
        double c = Math.sqrt(0.75);
        Geometry geometry = Geometry.ofAffine(2 * c, -1.5, 0, 0, 1, 3 * c, 0, 0, 0, 0, 4, 0);
        byte[] labels = {1, 2, 1, 1};
        LabelGrid alongX = LabelGrid.of(new Shape(1, 1, 4), new LabelArray.Bytes(labels));
        ConnectedComponents found = ConnectedComponents.of(alongX, Connectivity.FACES, Parallelism.SINGLE);
        List<Contact> contacts = found.contacts(geometry);
        assertEquals(2, contacts.size());
        assertEquals(12, contacts.get(0).areaMm2(), 1e-9);
        LabelGrid alongZ = LabelGrid.of(new Shape(4, 1, 1), new LabelArray.Bytes(labels));
        assertEquals(
                6,
                ConnectedComponents.of(alongZ, Connectivity.FACES, Parallelism.SINGLE)
                        .contacts(geometry)
                        .get(0)
                        .areaMm2(),
                1e-9);
    }

    @Test
    void theLargestOfEachLabelStayAndTheRestIsCleared() {
        byte[] labels = {1, 0, 1, 1, 0, 2, 2, 0, 2, 0, 1, 1, 3};
        LabelGrid grid = LabelGrid.of(new Shape(1, 1, 13), new LabelArray.Bytes(labels));
        ConnectedComponents found = ConnectedComponents.of(grid, Connectivity.CORNERS, Parallelism.SINGLE);
        assertEquals(List.of(2, 3), found.largest(2, 0));
        assertEquals(List.of(2, 3, 5), found.largest(9, 1));
        BitSet kept = found.largestOfEachLabel(label -> label == 3 ? 0 : 1, 0);
        assertEquals("{2, 3}", kept.toString());
        found.clear(number -> !kept.get(number), Parallelism.SINGLE);
        assertArrayEquals(new byte[] {0, 0, 1, 1, 0, 2, 2, 0, 0, 0, 0, 0, 0}, labels);
    }

    @ParameterizedTest
    @MethodSource("volumes")
    void clearingWritesThroughTheLayout(Shape shape, double density, int labels, int blob) {
        int[] values = Grids.random(shape, density, labels, blob, 2);
        int[] numbers = FloodFill.components(shape, values, 0, Connectivity.CORNERS, false);
        int[] expected = values.clone();
        for (int i = 0; i < expected.length; i++) {
            expected[i] = numbers[i] % 2 == 1 ? 0 : expected[i];
        }
        for (int bits : new int[] {8, 16, 32}) {
            for (Placing placing : Placing.values()) {
                LabelGrid grid = Grids.place(shape, values, bits, placing, bits + shape.z());
                ConnectedComponents.of(grid, Connectivity.CORNERS, FOUR).clear(number -> number % 2 == 1, FOUR);
                assertArrayEquals(expected, Grids.values(grid));
            }
        }
    }

    @Test
    void numbersComeInTheSmallestType() {
        assertInstanceOf(LabelArray.Bytes.class, dots(255).numbers(FOUR));
        assertInstanceOf(LabelArray.Shorts.class, dots(256).numbers(FOUR));
        LabelArray many = dots(65_536).numbers(FOUR);
        assertInstanceOf(LabelArray.Ints.class, many);
        assertEquals(65_536, many.get(2 * 65_535));
    }

    private static ConnectedComponents dots(int n) {
        byte[] labels = new byte[2 * n];
        for (int i = 0; i < n; i++) {
            labels[2 * i] = 1;
        }
        LabelGrid grid = LabelGrid.of(new Shape(1, 1, 2 * n), new LabelArray.Bytes(labels));
        return ConnectedComponents.of(grid, Connectivity.FACES, Parallelism.SINGLE);
    }

    @Test
    void wrongArgumentsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Connectivity.of(8));
        assertThrows(
                IllegalArgumentException.class, () -> LabelGrid.of(Shape.cube(2), new LabelArray.Bytes(new byte[7])));
        Layout outside = new Layout(Shape.cube(2), 1, 4, 2, 1);
        assertThrows(IllegalArgumentException.class, () -> new LabelGrid(new LabelArray.Bytes(new byte[8]), outside));
        assertThrows(IllegalArgumentException.class, () -> new LabelArray.MaskBit(new byte[1], 8));
        assertThrows(IllegalArgumentException.class, () -> dots(2).mask(3, FOUR));
        assertThrows(IllegalArgumentException.class, () -> dots(2).runs(0));
        IllegalArgumentException tooLarge = assertThrows(
                IllegalArgumentException.class,
                () -> LabelGrid.of(new Shape(2048, 1024, 1024), new LabelArray.Bytes(new byte[1])));
        assertEquals("a grid of 2048x1024x1024 has 2147483648 voxels, the array 1", tooLarge.getMessage());
    }
}

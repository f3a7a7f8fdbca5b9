// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.efficientsegnet.golden.GoldenArrays;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SurfaceDistancesTest {

    private static final Parallelism FOUR = Parallelism.of(ForkJoinPool.commonPool(), 4);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void agreesWithTheReference(int i) {
        GoldenArrays golden = GoldenArrays.open("postprocess_metrics");
        String name = "metric" + i;
        List<Double> numbers = new ArrayList<>();
        Matcher number = Pattern.compile("(?<![\\w.])\\d+\\.\\d+").matcher(golden.metadata(name));
        while (number.find()) {
            numbers.add(Double.parseDouble(number.group()));
        }
        assertEquals(9, numbers.size(), golden.metadata(name));
        byte[] reference = golden.uint8(name + ".reference");
        byte[] prediction = golden.uint8(name + ".prediction");
        SurfaceDistances surfaces = SurfaceDistances.between(
                reference,
                prediction,
                1,
                golden.shape(name + ".reference"),
                numbers.get(0),
                numbers.get(1),
                numbers.get(2),
                FOUR);
        assertEquals(numbers.get(3), Dice.of(reference, prediction, 1, FOUR), 1e-12, "DSC");
        assertEquals(numbers.get(4), surfaces.surfaceDice(1), 1e-9, "NSD at 1 mm");
        assertEquals(numbers.get(5), surfaces.surfaceDice(3), 1e-9, "NSD at 3 mm");
        assertEquals(numbers.get(6), surfaces.averageFromReference(), 1e-9, "ASSD from reference");
        assertEquals(numbers.get(7), surfaces.averageFromPrediction(), 1e-9, "ASSD from prediction");
        assertEquals(numbers.get(8), surfaces.hausdorff(95), 1e-9, "HD95");
    }

    /** Every surface cell against every other, with masks that reach all edges of the grid. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 1, 1, 1",
        "1, 9, 13, 1, 0.7, 2.5",
        "9, 1, 1, 5, 0.7, 0.7",
        "6, 7, 8, 5, 0.8, 0.8",
        "7, 5, 12, 0.3, 1.1, 4",
        "4, 12, 3, 1, 1, 1"
    })
    void distancesAreThoseOfEveryPair(int z, int y, int x, double sz, double sy, double sx) {
        Shape shape = new Shape(z, y, x);
        Random random = new Random(z * 100 + y);
        for (double density : new double[] {0.02, 0.3, 1}) {
            byte[] a = new byte[shape.arrayLength()];
            byte[] b = new byte[shape.arrayLength()];
            for (int i = 0; i < a.length; i++) {
                a[i] = (byte) (random.nextDouble() < density ? 200 : 0);
                b[i] = (byte) (random.nextDouble() < density ? 200 : 3);
            }
            a[0] = (byte) 200;
            b[b.length - 1] = (byte) 200;
            SurfaceDistances surfaces = SurfaceDistances.between(a, b, 200, shape, sz, sy, sx, FOUR);
            double[][] fromA = allPairs(a, b, shape, sz, sy, sx);
            double[][] fromB = allPairs(b, a, shape, sz, sy, sx);
            assertEquals(average(fromA), surfaces.averageFromReference(), 1e-9);
            assertEquals(average(fromB), surfaces.averageFromPrediction(), 1e-9);
            double farthest = 0;
            for (double[][] side : List.of(fromA, fromB)) {
                for (double[] d : side) {
                    farthest = Math.max(farthest, d[0]);
                }
            }
            assertEquals(farthest, surfaces.hausdorff(100), 1e-9);
            double tolerance = farthest / 2;
            assertEquals(
                    (within(fromA, tolerance) + within(fromB, tolerance)) / (within(fromA, 1e9) + within(fromB, 1e9)),
                    surfaces.surfaceDice(tolerance),
                    1e-9);
            SurfaceDistances single = SurfaceDistances.between(a, b, 200, shape, sz, sy, sx, Parallelism.SINGLE);
            assertEquals(single.averageSymmetric(), surfaces.averageSymmetric(), 0, "threads");
            assertEquals(single.hausdorff(95), surfaces.hausdorff(95), 0, "threads");
        }
    }

    @Test
    void parallelPlatesAreAsFarApartAsTheyAre() {
        // One wall three slices thick and one that is two slices thicker: half of each surface agrees but for the rims.
        Shape shape = new Shape(12, 200, 200);
        byte[] a = new byte[shape.arrayLength()];
        byte[] b = new byte[shape.arrayLength()];
        int slice = 200 * 200;
        Arrays.fill(a, 2 * slice, 5 * slice, (byte) 1);
        Arrays.fill(b, 2 * slice, 7 * slice, (byte) 1);
        SurfaceDistances surfaces = SurfaceDistances.between(a, b, 1, shape, 0.25, 1, 1, FOUR);
        assertEquals(0.5, surfaces.hausdorff(100), 1e-12);
        assertEquals(0.25, surfaces.averageSymmetric(), 0.005);
        assertEquals(0.5, surfaces.surfaceDice(0.49), 0.01);
        assertEquals(1, surfaces.surfaceDice(0.5), 1e-12);
    }

    @Test
    void whatIsMissing() {
        Shape shape = new Shape(3, 4, 5);
        Geometry geometry = Geometry.of(Orientation.RAS, 1, 2, 3);
        LabelMap empty = LabelMap.of(shape, geometry, new byte[60]);
        byte[] labels = new byte[60];
        labels[30] = 2;
        LabelMap one = LabelMap.of(shape, geometry, labels);

        SurfaceDistances none = SurfaceDistances.between(empty, empty, 2, FOUR);
        assertEquals(Double.NaN, none.surfaceDice(1));
        assertEquals(Double.NaN, none.averageFromReference());
        assertEquals(Double.NaN, none.averageFromPrediction());
        assertEquals(Double.NaN, none.averageSymmetric());
        assertEquals(Double.NaN, none.hausdorff(95));
        assertEquals(Double.NaN, Dice.of(empty.labels(), empty.labels(), 2, FOUR));

        SurfaceDistances missed = SurfaceDistances.between(one, empty, 2, FOUR);
        assertEquals(0, missed.surfaceDice(1));
        assertEquals(Double.POSITIVE_INFINITY, missed.averageFromReference());
        assertEquals(Double.NaN, missed.averageFromPrediction());
        assertEquals(Double.POSITIVE_INFINITY, missed.averageSymmetric());
        assertEquals(Double.POSITIVE_INFINITY, missed.hausdorff(95));
        assertEquals(0, Dice.of(one.labels(), empty.labels(), 2, FOUR));

        SurfaceDistances same = SurfaceDistances.between(one, one, 2, FOUR);
        assertEquals(1, same.surfaceDice(0));
        assertEquals(0, same.averageSymmetric());
        assertEquals(0, same.hausdorff(95));
    }

    @Test
    void refusesWhatCannotBeCompared() {
        Shape shape = Shape.cube(2);
        byte[] labels = new byte[8];
        LabelMap map = LabelMap.of(shape, Geometry.of(Orientation.RAS, 1, 1, 1), labels);
        LabelMap elsewhere = LabelMap.of(shape, Geometry.of(Orientation.RAS, 1, 1, 1.1), labels);
        assertThrows(IllegalArgumentException.class, () -> SurfaceDistances.between(map, elsewhere, 1, FOUR));
        assertThrows(
                IllegalArgumentException.class,
                () -> SurfaceDistances.between(labels, new byte[9], 1, shape, 1, 1, 1, FOUR));
        assertThrows(
                IllegalArgumentException.class,
                () -> SurfaceDistances.between(labels, labels, 1, shape, 1, 0, 1, FOUR));
        assertThrows(IllegalArgumentException.class, () -> SurfaceDistances.between(map, map, 256, FOUR));
        SurfaceDistances surfaces = SurfaceDistances.between(map, map, 0, FOUR);
        assertThrows(IllegalArgumentException.class, () -> surfaces.surfaceDice(-1));
        assertThrows(IllegalArgumentException.class, () -> surfaces.hausdorff(0));
    }

    /** Distance and area of every surface cell of {@code a}. */
    private static double[][] allPairs(byte[] a, byte[] b, Shape shape, double sz, double sy, double sx) {
        double[] areas = SurfaceElements.areas(sz, sy, sx);
        List<int[]> cellsA = surface(a, shape);
        List<int[]> cellsB = surface(b, shape);
        double[][] result = new double[cellsA.size()][];
        for (int i = 0; i < result.length; i++) {
            int[] p = cellsA.get(i);
            double least = Double.POSITIVE_INFINITY;
            for (int[] q : cellsB) {
                least = Math.min(
                        least, Math.hypot(Math.hypot(sz * (p[0] - q[0]), sy * (p[1] - q[1])), sx * (p[2] - q[2])));
            }
            result[i] = new double[] {least, areas[p[3]]};
        }
        return result;
    }

    private static List<int[]> surface(byte[] labels, Shape shape) {
        List<int[]> cells = new ArrayList<>();
        for (int z = 0; z <= shape.z(); z++) {
            for (int y = 0; y <= shape.y(); y++) {
                for (int x = 0; x <= shape.x(); x++) {
                    int code = 0;
                    for (int k = 0; k < 8; k++) {
                        int vz = z - 1 + (k >> 1 & 1);
                        int vy = y - 1 + (k & 1);
                        int vx = x - 1 + (k >> 2);
                        boolean inside =
                                vz >= 0 && vy >= 0 && vx >= 0 && vz < shape.z() && vy < shape.y() && vx < shape.x();
                        if (inside && labels[shape.index(vz, vy, vx)] == (byte) 200) {
                            code |= 1 << k;
                        }
                    }
                    if (code != 0 && code != 255) {
                        cells.add(new int[] {z, y, x, code});
                    }
                }
            }
        }
        return cells;
    }

    private static double average(double[][] distances) {
        double sum = 0;
        double area = 0;
        for (double[] d : distances) {
            sum += d[0] * d[1];
            area += d[1];
        }
        return sum / area;
    }

    private static double within(double[][] distances, double tolerance) {
        double area = 0;
        for (double[] d : distances) {
            area += d[0] <= tolerance + 1e-12 ? d[1] : 0;
        }
        return area;
    }
}

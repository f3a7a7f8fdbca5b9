// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.labels.Grids.Placing;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DownsamplingTest {

    private static final Parallelism FOUR = Parallelism.of(ForkJoinPool.commonPool(), 4);

    private static Voxels random(int type, int n) {
        Random random = new Random(n);
        short[] shorts = new short[n];
        byte[] bytes = new byte[n];
        int[] ints = new int[n];
        float[] floats = new float[n];
        random.nextBytes(bytes);
        for (int i = 0; i < n; i++) {
            shorts[i] = (short) random.nextInt();
            ints[i] = random.nextInt();
            floats[i] = random.nextFloat() * 1000 - 500;
        }
        return switch (type) {
            case 0 -> new Voxels.Bytes(bytes, true);
            case 1 -> new Voxels.Bytes(bytes, false);
            case 2 -> new Voxels.Shorts(shorts, true);
            case 3 -> new Voxels.Shorts(shorts, false);
            case 4 -> new Voxels.Ints(ints, true);
            case 5 -> new Voxels.Ints(ints, false);
            default -> new Voxels.Floats(floats);
        };
    }

    private static double exact(Voxels voxels, int i) {
        if (voxels instanceof Voxels.Ints ints) {
            return ints.unsigned() ? Integer.toUnsignedLong(ints.values()[i]) : ints.values()[i];
        }
        return voxels.get(i);
    }

    /** Every voxel of a level is the mean of its block of the original, rounded once; so levels are nested averages. */
    @ParameterizedTest
    @CsvSource({
        "8, 8, 8, 2, 2, 2",
        "7, 9, 11, 2, 2, 2",
        "4, 9, 11, 1, 2, 2",
        "1, 1, 1, 2, 2, 2",
        "5, 5, 50, 3, 1, 4",
        "13, 4, 6, 5, 5, 5",
        "9, 9, 9, 1, 1, 1",
        "3, 10, 17, 1, 1, 2"
    })
    void levelsAreMeansOfTheOriginal(int nz, int ny, int nx, int z, int y, int x) {
        Shape shape = new Shape(nz, ny, nx);
        Downsampling by = new Downsampling(z, y, x);
        Layout turned = new Layout(shape, nx * nz * ny - 1, -ny, -1, -nz * ny);
        for (int type = 0; type < 7; type++) {
            Voxels voxels = random(type, shape.arrayLength());
            for (Layout layout : List.of(Layout.contiguous(shape), turned)) {
                List<Voxels> levels = by.average(voxels, layout, 3, FOUR);
                assertEquals(levels.get(0).typeName(), voxels.typeName());
                int[] block = {1, 1, 1};
                Shape extent = shape;
                for (Voxels level : levels) {
                    extent = by.of(extent);
                    block = new int[] {block[0] * z, block[1] * y, block[2] * x};
                    assertEquals(extent.voxels(), level.length());
                    for (int i = 0; i < level.length(); i++) {
                        double mean = mean(voxels, layout, extent, i, block);
                        double expected = type == 6 ? (float) mean : Math.floor(mean + 0.5);
                        assertEquals(expected, exact(level, i), type == 6 ? Math.abs(mean) * 1e-6 : 0);
                    }
                }
            }
        }
    }

    private static double mean(Voxels voxels, Layout layout, Shape extent, int i, int[] block) {
        int z0 = i / (extent.y() * extent.x()) * block[0];
        int y0 = i / extent.x() % extent.y() * block[1];
        int x0 = i % extent.x() * block[2];
        Shape full = layout.shape();
        double sum = 0;
        long n = 0;
        for (int z = z0; z < Math.min(full.z(), z0 + block[0]); z++) {
            for (int y = y0; y < Math.min(full.y(), y0 + block[1]); y++) {
                for (int x = x0; x < Math.min(full.x(), x0 + block[2]); x++) {
                    sum += exact(voxels, layout.index(z, y, x));
                    n++;
                }
            }
        }
        return sum / n;
    }

    @ParameterizedTest
    @CsvSource({
        "8, 8, 8, 2, 2, 2, 3", "7, 9, 33, 2, 2, 2, 2", "5, 5, 50, 3, 1, 4, 3", "13, 4, 6, 5, 5, 5, 9",
        "1, 1, 1, 2, 2, 2, 2", "16, 16, 64, 2, 2, 2, 1", "9, 9, 300, 2, 2, 2, 2", "4, 4, 90, 1, 1, 2, 2"
    })
    void labelsAreThoseOfTheMajority(int nz, int ny, int nx, int z, int y, int x, int labels) {
        Shape shape = new Shape(nz, ny, nx);
        Downsampling by = new Downsampling(z, y, x);
        for (int blob : new int[] {1, 3, 40}) {
            int[] values = Grids.random(shape, 0.6, labels, blob, nx);
            for (boolean zeroAware : new boolean[] {false, true}) {
                for (int bits : new int[] {8, 16, 32}) {
                    for (Placing placing : Placing.values()) {
                        LabelGrid grid = Grids.place(shape, values, bits, placing, ny);
                        List<LabelGrid> levels = by.majority(grid, 2, zeroAware, FOUR);
                        int[] first = majority(shape, values, by, zeroAware);
                        assertArrayEquals(first, Grids.values(levels.get(0)));
                        assertArrayEquals(majority(by.of(shape), first, by, zeroAware), Grids.values(levels.get(1)));
                    }
                }
            }
        }
    }

    /** Counts a block's labels in order; the first of the most frequent ones wins. */
    private static int[] majority(Shape full, int[] values, Downsampling by, boolean zeroAware) {
        Shape shape = by.of(full);
        int[] result = new int[shape.arrayLength()];
        for (int i = 0; i < result.length; i++) {
            int z0 = i / (shape.y() * shape.x()) * by.z();
            int y0 = i / shape.x() % shape.y() * by.y();
            int x0 = i % shape.x() * by.x();
            Map<Integer, Integer> times = new LinkedHashMap<>();
            for (int z = z0; z < Math.min(full.z(), z0 + by.z()); z++) {
                for (int y = y0; y < Math.min(full.y(), y0 + by.y()); y++) {
                    for (int x = x0; x < Math.min(full.x(), x0 + by.x()); x++) {
                        times.merge(values[full.index(z, y, x)], 1, Integer::sum);
                    }
                }
            }
            if (zeroAware && times.size() > 1) {
                times.remove(0);
            }
            int most = times.values().stream().mapToInt(n -> n).max().orElseThrow();
            result[i] = times.entrySet().stream()
                    .filter(e -> e.getValue() == most)
                    .findFirst()
                    .orElseThrow()
                    .getKey();
        }
        return result;
    }

    /** What tinybrain's mode_pooling_2x2 and, for zero-aware ones, stippled_countless2d make of four labels. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 2, 3, 1, 1",
        "1, 2, 1, 3, 1, 1",
        "2, 1, 1, 3, 1, 1",
        "1, 2, 3, 1, 1, 1",
        "1, 2, 3, 4, 4, 4",
        "1, 1, 2, 2, 1, 1",
        "1, 2, 2, 1, 2, 2",
        "1, 2, 1, 2, 1, 1",
        "0, 0, 0, 5, 0, 5",
        "0, 0, 5, 0, 0, 5",
        "0, 5, 0, 7, 0, 7",
        "5, 0, 0, 0, 0, 5",
        "1, 2, 0, 0, 0, 1",
        "0, 5, 5, 0, 5, 5",
        "0, 0, 0, 0, 0, 0"
    })
    void halvedPlanesBreakTiesAsCountlessDoes(int a, int b, int c, int d, int plain, int zeroAware) {
        int[][] extents = {{1, 2, 2}, {2, 1, 2}, {2, 2, 1}};
        for (int[] e : extents) {
            LabelGrid grid = LabelGrid.of(
                    new Shape(e[0], e[1], e[2]),
                    new LabelArray.Bytes(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d}));
            Downsampling by = new Downsampling(e[0], e[1], e[2]);
            assertEquals(plain, by.majority(grid, 1, false, FOUR).get(0).label(0, 0, 0));
            assertEquals(zeroAware, by.majority(grid, 1, true, FOUR).get(0).label(0, 0, 0));
        }
    }

    @Test
    void oddPlanesEndAsTinybrainsDo() {
        int[] values = {
            1, 2, 3,
            4, 1, 3,
            5, 5, 6
        };
        LabelGrid grid = LabelGrid.of(new Shape(1, 3, 3), new LabelArray.Ints(values));
        LabelGrid level =
                new Downsampling(1, 2, 2).majority(grid, 1, false, FOUR).get(0);
        assertArrayEquals(new int[] {1, 3, 5, 6}, Grids.values(level));
    }

    @Test
    void geometryFollowsExactly() {
        Geometry geometry = Geometry.of(Orientation.of("LPS"), 0.75, 0.5, 5);
        Shape shape = new Shape(5, 7, 9);
        Volume volume = new Volume(shape, geometry, new Voxels.Shorts(new short[5 * 7 * 9], false), 2, -1024);
        List<Volume> levels = new Downsampling(1, 2, 4).average(volume, 2, FOUR);
        Volume last = levels.get(1);
        assertEquals(new Shape(5, 2, 1), last.shape());
        assertEquals(12, last.geometry().spacing(Axis.X));
        assertEquals(2, last.geometry().spacing(Axis.Y));
        assertEquals(5, last.geometry().spacing(Axis.Z));
        assertArrayEquals(geometry.toWorld(7.5, 1.5, 0), last.geometry().toWorld(0, 0, 0));
        assertEquals(2, last.slope());
        LabelMap map = new LabelMap(shape, geometry, new byte[5 * 7 * 9], new TreeMap<>(Map.of(1, "liver")));
        LabelMap small = new Downsampling(1, 2, 4).majority(map, 2, false, FOUR).get(1);
        assertEquals(last.geometry(), small.geometry());
        assertEquals("liver", small.names().get(1));
    }

    @Test
    void impossibleFactorsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Downsampling(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new Downsampling(64, 64, 64));
        LabelGrid grid = LabelGrid.of(Shape.cube(2), new LabelArray.Bytes(new byte[8]));
        assertThrows(IllegalArgumentException.class, () -> new Downsampling(2, 2, 2).majority(grid, 0, false, FOUR));
    }
}

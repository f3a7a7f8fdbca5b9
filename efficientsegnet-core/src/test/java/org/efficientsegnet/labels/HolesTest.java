// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.labels.Grids.Placing;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HolesTest {

    private static final Parallelism FOUR = Parallelism.of(ForkJoinPool.commonPool(), 4);

    @ParameterizedTest
    @CsvSource({
        "9, 11, 17, 0.8, 1",
        "9, 11, 17, 0.9, 2",
        "20, 9, 8, 0.7, 1",
        "1, 30, 30, 0.7, 2",
        "5, 5, 5, 1, 1",
        "5, 5, 5, 0, 1",
        "3, 40, 9, 0.85, 3",
        "33, 6, 20, 0.9, 1"
    })
    void agreesWithAFloodFill(int z, int y, int x, double density, int labels) {
        Shape shape = new Shape(z, y, x);
        int[] values = Grids.random(shape, density, labels, 1, x);
        for (Connectivity connectivity : Connectivity.values()) {
            for (boolean planar : new boolean[] {false, true}) {
                int[] expected = values.clone();
                long filled = fill(shape, expected, connectivity, planar);
                for (Placing placing : Placing.values()) {
                    LabelGrid grid = Grids.place(shape, values, labels == 1 ? 1 : 16, placing, y);
                    assertEquals(
                            filled,
                            planar
                                    ? Holes.fillPerSlice(grid, connectivity, FOUR)
                                    : Holes.fill(grid, connectivity, FOUR));
                    assertArrayEquals(expected, Grids.values(grid));
                }
            }
        }
    }

    private static long fill(Shape shape, int[] values, Connectivity connectivity, boolean planar) {
        Connectivity background = connectivity == Connectivity.FACES ? Connectivity.CORNERS : Connectivity.FACES;
        int[] inverse = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            inverse[i] = values[i] == 0 ? 1 : 0;
        }
        int[] numbers = FloodFill.components(shape, inverse, 0, background, planar);
        int count = Arrays.stream(numbers).max().orElseThrow();
        long filled = 0;
        for (int hole = 1; hole <= count; hole++) {
            Set<Integer> around = new HashSet<>();
            for (int i = 0; i < numbers.length; i++) {
                if (numbers[i] == hole) {
                    lookAround(shape, values, i, planar, around);
                }
            }
            if (around.size() == 1 && !around.contains(-1)) {
                for (int i = 0; i < numbers.length; i++) {
                    if (numbers[i] == hole) {
                        values[i] = around.iterator().next();
                        filled++;
                    }
                }
            }
        }
        return filled;
    }

    private static void lookAround(Shape shape, int[] values, int i, boolean planar, Set<Integer> around) {
        int z = i / (shape.y() * shape.x());
        int y = i / shape.x() % shape.y();
        int x = i % shape.x();
        for (int[] step : List.of(
                new int[] {-1, 0, 0},
                new int[] {1, 0, 0},
                new int[] {0, -1, 0},
                new int[] {0, 1, 0},
                new int[] {0, 0, -1},
                new int[] {0, 0, 1})) {
            if (planar && step[0] != 0) {
                continue;
            }
            if (!FloodFill.inside(shape, z + step[0], y + step[1], x + step[2])) {
                around.add(-1);
            } else {
                int label = values[shape.index(z + step[0], y + step[1], x + step[2])];
                if (label != 0) {
                    around.add(label);
                }
            }
        }
    }

    @Test
    void whatLiesBetweenTwoLabelsIsNoHole() {
        byte[] ring = {
            1, 1, 1, 1, 2,
            1, 0, 1, 0, 2,
            1, 1, 1, 1, 2
        };
        LabelGrid grid = LabelGrid.of(new Shape(1, 3, 5), new LabelArray.Bytes(ring));
        assertEquals(0, Holes.fill(grid, Connectivity.CORNERS, Parallelism.SINGLE));
        assertEquals(1, Holes.fillPerSlice(grid, Connectivity.CORNERS, Parallelism.SINGLE));
        assertEquals(1, ring[6]);
        assertEquals(0, ring[8]);
    }
}

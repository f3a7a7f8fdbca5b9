// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.ArrayDeque;
import java.util.Deque;
import org.efficientsegnet.volume.Shape;

/** The plainest way to components: a flood from every voxel that was not reached yet. */
final class FloodFill {

    private FloodFill() {}

    /** The components of equal values, numbered from 1 in order of their first voxels; those of one value have 0. */
    static int[] components(Shape shape, int[] values, int leftOut, Connectivity connectivity, boolean planar) {
        int[] numbers = new int[values.length];
        int count = 0;
        for (int i = 0; i < values.length; i++) {
            if (values[i] != leftOut && numbers[i] == 0) {
                flood(shape, values, numbers, i, ++count, connectivity, planar);
            }
        }
        return numbers;
    }

    private static void flood(
            Shape shape, int[] values, int[] numbers, int seed, int number, Connectivity connectivity, boolean planar) {
        Deque<Integer> open = new ArrayDeque<>();
        numbers[seed] = number;
        open.add(seed);
        while (!open.isEmpty()) {
            int i = open.remove();
            int z = i / (shape.y() * shape.x());
            int y = i / shape.x() % shape.y();
            int x = i % shape.x();
            for (int dz = planar ? 0 : -1; dz <= (planar ? 0 : 1); dz++) {
                for (int dy = -1; dy <= 1; dy++) {
                    for (int dx = -1; dx <= 1; dx++) {
                        int way = Math.abs(dz) + Math.abs(dy) + Math.abs(dx);
                        if (way > 0 && way <= way(connectivity) && inside(shape, z + dz, y + dy, x + dx)) {
                            int j = shape.index(z + dz, y + dy, x + dx);
                            if (values[j] == values[i] && numbers[j] == 0) {
                                numbers[j] = number;
                                open.add(j);
                            }
                        }
                    }
                }
            }
        }
    }

    private static int way(Connectivity connectivity) {
        return switch (connectivity) {
            case FACES -> 1;
            case EDGES -> 2;
            case CORNERS -> 3;
        };
    }

    static boolean inside(Shape shape, int z, int y, int x) {
        return z >= 0 && z < shape.z() && y >= 0 && y < shape.y() && x >= 0 && x < shape.x();
    }
}

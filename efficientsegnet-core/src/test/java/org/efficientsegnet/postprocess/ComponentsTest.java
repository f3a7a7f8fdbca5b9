// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.efficientsegnet.golden.GoldenArrays;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Face;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ComponentsTest {

    private static final Parallelism FOUR = Parallelism.of(ForkJoinPool.commonPool(), 4);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void agreesWithTheReference(int i) {
        GoldenArrays golden = GoldenArrays.open("postprocess_metrics");
        Matcher says = Pattern.compile("keep (\\d+) largest with more than (\\d+) voxels.*largest \\[(\\d+)")
                .matcher(golden.metadata("components" + i));
        says.find();
        byte[] mask = golden.uint8("components" + i + ".mask");
        List<Component> kept = Components.keepLargest(
                mask,
                0,
                golden.shape("components" + i + ".mask"),
                Integer.parseInt(says.group(1)),
                Double.parseDouble(says.group(2)),
                FOUR);
        assertArrayEquals(golden.uint8("components" + i + ".kept"), mask);
        assertEquals(Integer.parseInt(says.group(3)), kept.get(0).voxels());
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 0.5, 1, 0",
        "1, 1, 40, 0.5, 3, 1",
        "40, 1, 1, 0.5, 3, 1",
        "1, 17, 23, 0.3, 4, 2",
        "33, 7, 9, 0.05, 5, 0",
        "33, 7, 9, 0.1, 5, 2.5",
        "18, 31, 65, 0.08, 8, 3",
        "17, 8, 130, 0.2, 2, 0",
        "50, 20, 20, 0.02, 1000, 0",
        "16, 16, 16, 1, 1, 0",
        "16, 16, 16, 0, 1, 0",
        "20, 12, 14, 0.1, 0, 0"
    })
    void agreesWithAFloodFill(int z, int y, int x, double density, int keep, double minVoxels) {
        Shape shape = new Shape(z, y, x);
        Random random = new Random(x * 7 + z);
        for (int bit : new int[] {0, 5, 7}) {
            byte[] masks = new byte[shape.arrayLength()];
            random.nextBytes(masks);
            for (int i = 0; i < masks.length; i++) {
                masks[i] &= (byte) ~(1 << bit);
                masks[i] |= (byte) (random.nextDouble() < density ? 1 << bit : 0);
            }
            byte[] expected = masks.clone();
            List<Component> expectedKept = floodFill(expected, bit, shape, keep, minVoxels);
            byte[] single = masks.clone();
            assertEquals(expectedKept, Components.keepLargest(single, bit, shape, keep, minVoxels, Parallelism.SINGLE));
            assertArrayEquals(expected, single);
            assertEquals(expectedKept, Components.keepLargest(masks, bit, shape, keep, minVoxels, FOUR));
            assertArrayEquals(expected, masks);
        }
    }

    @Test
    void ofEqualComponentsTheFirstIsKept() {
        Shape shape = new Shape(1, 1, 8);
        byte[] masks = {0, 1, 1, 0, 1, 1, 0, 1};
        assertEquals(
                List.of(new Component(
                        2, new Box(0, 0, 1, 1, 1, 3), Set.of(Face.Z_LOW, Face.Z_HIGH, Face.Y_LOW, Face.Y_HIGH))),
                Components.keepLargest(masks, 0, shape, 1, 1, Parallelism.SINGLE));
        assertArrayEquals(new byte[] {0, 1, 1, 0, 0, 0, 0, 0}, masks);
    }

    @Test
    void theLeastSizeItselfIsTooSmall() {
        byte[] masks = {1, 1, 1};
        assertEquals(List.of(), Components.keepLargest(masks, 0, new Shape(1, 1, 3), 1, 3, Parallelism.SINGLE));
        assertArrayEquals(new byte[3], masks);
    }

    @Test
    void refusesAMaskOfAnotherSize() {
        assertThrows(
                IllegalArgumentException.class,
                () -> Components.keepLargest(new byte[7], 0, Shape.cube(2), 1, 0, Parallelism.SINGLE));
        assertThrows(
                IllegalArgumentException.class,
                () -> Components.keepLargest(new byte[8], 8, Shape.cube(2), 1, 0, Parallelism.SINGLE));
    }

    private static List<Component> floodFill(byte[] masks, int bit, Shape shape, int keep, double minVoxels) {
        List<List<int[]>> components = new ArrayList<>();
        boolean[] seen = new boolean[masks.length];
        for (int i = 0; i < masks.length; i++) {
            if ((masks[i] >> bit & 1) == 0 || seen[i]) {
                continue;
            }
            List<int[]> component = new ArrayList<>();
            Deque<int[]> open = new ArrayDeque<>();
            open.add(new int[] {i / shape.x() / shape.y(), i / shape.x() % shape.y(), i % shape.x()});
            seen[i] = true;
            while (!open.isEmpty()) {
                int[] v = open.remove();
                component.add(v);
                for (int n = 0; n < 27; n++) {
                    int z = v[0] + n / 9 - 1;
                    int y = v[1] + n / 3 % 3 - 1;
                    int x = v[2] + n % 3 - 1;
                    if (z < 0 || y < 0 || x < 0 || z >= shape.z() || y >= shape.y() || x >= shape.x()) {
                        continue;
                    }
                    int at = shape.index(z, y, x);
                    if ((masks[at] >> bit & 1) == 1 && !seen[at]) {
                        seen[at] = true;
                        open.add(new int[] {z, y, x});
                    }
                }
            }
            components.add(component);
        }
        components.sort(Comparator.comparingInt(c -> -c.size()));
        List<Component> kept = new ArrayList<>();
        for (int i = 0; i < components.size(); i++) {
            List<int[]> c = components.get(i);
            if (i < keep && c.size() > minVoxels) {
                Box box = new Box(min(c, 0), min(c, 1), min(c, 2), max(c, 0) + 1, max(c, 1) + 1, max(c, 2) + 1);
                kept.add(new Component(c.size(), box, Face.touchedBy(box, shape)));
            } else {
                c.forEach(v -> masks[shape.index(v[0], v[1], v[2])] &= (byte) ~(1 << bit));
            }
        }
        return kept;
    }

    private static int min(List<int[]> voxels, int axis) {
        return voxels.stream().mapToInt(v -> v[axis]).min().getAsInt();
    }

    private static int max(List<int[]> voxels, int axis) {
        return voxels.stream().mapToInt(v -> v[axis]).max().getAsInt();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.labels.Grids.Placing;
import org.efficientsegnet.labels.Remapping.Missing;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RemappingTest {

    private static final Parallelism FOUR = Parallelism.of(ForkJoinPool.commonPool(), 4);
    private static final Shape SHAPE = new Shape(9, 11, 37);

    private static LabelGrid bytes(int... labels) {
        byte[] values = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            values[i] = (byte) labels[i];
        }
        return LabelGrid.of(new Shape(1, 1, labels.length), new LabelArray.Bytes(values));
    }

    private static LabelGrid ints(int... labels) {
        return LabelGrid.of(new Shape(1, 1, labels.length), new LabelArray.Ints(labels));
    }

    @ParameterizedTest
    @EnumSource(Placing.class)
    void countsAreThoseOfTheVoxels(Placing placing) {
        int[] values = Grids.random(SHAPE, 0.6, 200, 2, 1);
        Map<Integer, Long> expected = new TreeMap<>();
        for (int value : values) {
            expected.merge(value, 1L, Long::sum);
        }
        for (int bits : new int[] {8, 16, 32}) {
            LabelCounts counts = LabelCounts.of(Grids.place(SHAPE, values, bits, placing, bits), FOUR);
            assertArrayEquals(
                    expected.keySet().stream().mapToInt(Integer::intValue).toArray(), counts.labels());
            expected.forEach((label, n) -> assertEquals(n, counts.voxels(label)));
            assertEquals(expected.size(), counts.size());
            assertEquals(0, counts.voxels(12345));
        }
    }

    @Test
    void manyWideLabelsAreCounted() {
        int[] labels = new int[70_000];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % 2 == 0 ? -1_000_003 * i : Integer.MAX_VALUE;
        }
        LabelCounts counts = LabelCounts.of(ints(labels), FOUR);
        assertEquals(35_001, counts.size());
        assertEquals(35_000, counts.voxels(Integer.MAX_VALUE));
        assertEquals(1, counts.voxels(-1_000_003 * 4));
    }

    @ParameterizedTest
    @EnumSource(Placing.class)
    void renumberingAndBackIsTheIdentity(Placing placing) {
        int[] values = Grids.random(SHAPE, 0.6, 90, 2, 1);
        for (int i = 0; i < values.length; i++) {
            values[i] *= 700;
        }
        for (int bits : new int[] {16, 32}) {
            LabelGrid grid = Grids.place(SHAPE, values, bits, placing, 3);
            LabelCounts counts = LabelCounts.of(grid, FOUR);
            for (Remapping numbers : new Remapping[] {Remapping.byValue(counts), Remapping.bySize(counts)}) {
                LabelArray small = numbers.apply(grid, FOUR);
                assertInstanceOf(LabelArray.Bytes.class, small);
                assertEquals(
                        counts.size() - 1,
                        Arrays.stream(Grids.values(small)).max().orElseThrow());
                LabelArray back = numbers.inverse().apply(LabelGrid.of(SHAPE, small), FOUR);
                assertArrayEquals(values, Grids.values(back));
            }
        }
    }

    @Test
    void numbersComeInOrderOfValueOrSize() {
        LabelGrid grid = ints(30, 7, 7, 0, -5, 30, 7);
        LabelCounts counts = LabelCounts.of(grid, FOUR);
        assertArrayEquals(
                new int[] {3, 2, 2, 0, 1, 3, 2},
                Grids.values(Remapping.byValue(counts).apply(grid, FOUR)));
        assertArrayEquals(
                new int[] {2, 1, 1, 0, 3, 2, 1},
                Grids.values(Remapping.bySize(counts).apply(grid, FOUR)));
    }

    @ParameterizedTest
    @EnumSource(Placing.class)
    void tablesDoWhatTheySayInPlaceAndElsewhere(Placing placing) {
        int[] values = Grids.random(SHAPE, 0.7, 9, 1, 4);
        Map<Integer, Integer> table = Map.of(1, 4, 4, 1, 5, 0, 0, 8);
        for (Missing missing : new Missing[] {Missing.KEEP, Missing.ZERO}) {
            int[] expected = new int[values.length];
            for (int i = 0; i < values.length; i++) {
                expected[i] = table.getOrDefault(values[i], missing == Missing.KEEP ? values[i] : 0);
            }
            for (int bits : new int[] {8, 16, 32}) {
                LabelGrid grid = Grids.place(SHAPE, values, bits, placing, 5);
                Remapping remapping = Remapping.of(table, missing);
                assertArrayEquals(expected, Grids.values(remapping.apply(grid, FOUR)));
                LabelGrid narrow = Grids.place(SHAPE, values, 8, Placing.TURNED, 6);
                remapping.apply(grid, narrow, FOUR);
                assertArrayEquals(expected, Grids.values(narrow));
                remapping.apply(grid, grid, FOUR);
                assertArrayEquals(expected, Grids.values(grid));
            }
        }
    }

    @Test
    void masksKeepOrRemove() {
        assertArrayEquals(
                new int[] {0, 2, 0, 3, 0}, Grids.values(Remapping.keeping(2, 3).apply(bytes(0, 2, 5, 3, 255), FOUR)));
        assertArrayEquals(
                new int[] {0, 0, 5, 0, 255},
                Grids.values(Remapping.removing(2, 3).apply(bytes(0, 2, 5, 3, 255), FOUR)));
    }

    @Test
    void overflowIsRefusedBeforeAnythingIsWritten() {
        LabelGrid wide = ints(1, 300, 2);
        LabelGrid target = bytes(9, 9, 9);
        Remapping identity = Remapping.of(Map.of(), Missing.KEEP);
        LabelOverflowException refused =
                assertThrows(LabelOverflowException.class, () -> identity.apply(wide, target, FOUR));
        assertEquals(
                "label 300 does not fit into 8 bits; take a wider type, or renumber the labels first",
                refused.getMessage());
        assertArrayEquals(new int[] {9, 9, 9}, Grids.values(target));
        assertThrows(
                LabelOverflowException.class,
                () -> Remapping.of(Map.of(1, -1), Missing.KEEP).apply(bytes(1), target(1), FOUR));
        assertThrows(LabelOverflowException.class, () -> target.array().set(0, 256));
        // A table may hold labels that do not fit as long as they do not occur.
        Remapping.of(Map.of(7, 300), Missing.KEEP).apply(bytes(1, 2), target(2), FOUR);
    }

    private static LabelGrid target(int n) {
        return bytes(new int[n]);
    }

    @Test
    void whatIsNotInTheTableIsRefusedIfAsked() {
        Remapping strict = Remapping.of(Map.of(0, 0, 1, 2), Missing.ERROR);
        assertArrayEquals(new int[] {2, 0}, Grids.values(strict.apply(bytes(1, 0), FOUR)));
        LabelGrid inPlace = bytes(1, 3);
        assertThrows(IllegalArgumentException.class, () -> strict.apply(inPlace, inPlace, FOUR));
        assertArrayEquals(new int[] {1, 3}, Grids.values(inPlace));
        assertThrows(IllegalArgumentException.class, () -> strict.apply(ints(1, 3), FOUR));
    }

    @Test
    void whatBecomesOneHasNoWayBack() {
        assertThrows(
                IllegalStateException.class,
                () -> Remapping.of(Map.of(1, 3, 2, 3), Missing.KEEP).inverse());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class BoundsTest {

    @Test
    void nothingHasNoBox() {
        Bounds bounds = new Bounds();
        bounds.add(new Bounds());
        assertEquals(Optional.empty(), bounds.box());
        assertEquals(
                Optional.empty(),
                Bounds.ofRows(new int[6], new int[6], new Shape(2, 3, 4)).box());
    }

    @Test
    void runsInAnyOrder() {
        Bounds bounds = new Bounds();
        bounds.add(7, 2, 5, 9);
        assertEquals(Optional.of(new Box(7, 2, 5, 8, 3, 9)), bounds.box());
        bounds.add(3, 4, 6, 7);
        bounds.add(0, 3, 0, 1);
        assertEquals(Optional.of(new Box(0, 2, 0, 8, 5, 9)), bounds.box());
    }

    @Test
    void joinedIsAsIfAddedToOne() {
        Bounds first = new Bounds();
        first.add(1, 1, 1, 2);
        Bounds second = new Bounds();
        second.add(4, 0, 3, 8);
        first.add(second);
        first.add(new Bounds());
        assertEquals(Optional.of(new Box(1, 0, 1, 5, 2, 8)), first.box());
    }

    @Test
    void rowsOfAGrid() {
        int[] start = {4, 4, 1, 4, 2, 4};
        int[] end = {0, 4, 2, 0, 4, 3};
        assertEquals(
                Optional.of(new Box(0, 1, 1, 2, 3, 4)),
                Bounds.ofRows(start, end, new Shape(2, 3, 4)).box());
    }
}

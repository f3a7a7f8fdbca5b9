// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScratchTest {

    private static final Scratch TWO = new Scratch(List.of(new Scratch.Gap(0, 1000), new Scratch.Gap(4096, 3000)));

    @Test
    void blocksGoIntoTheFirstGapWithRoomLeft() {
        assertEquals(Optional.of(List.of(4096L, 0L)), TWO.place(List.of(3000L, 1000L)));
        assertEquals(Optional.of(List.of(0L, 4096L)), TWO.place(List.of(1000L, 1000L)));
        assertEquals(Optional.of(List.of(0L, 512L, 4096L)), TWO.place(List.of(300L, 400L, 300L)));
        assertEquals(Optional.of(List.of()), TWO.place(List.of()));
    }

    @Test
    void allOrNone() {
        assertEquals(Optional.empty(), TWO.place(List.of(3000L, 1001L)));
        assertEquals(Optional.empty(), TWO.place(List.of(3001L)));
        assertEquals(Optional.empty(), new Scratch(List.of()).place(List.of(1L)));
    }
}

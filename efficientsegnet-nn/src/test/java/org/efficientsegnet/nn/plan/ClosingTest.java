// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosingTest {

    @Test
    void allEndAlsoWhenSomeFail() {
        List<String> ended = new ArrayList<>();
        RuntimeException first = new IllegalStateException("first");
        RuntimeException second = new IllegalStateException("second");
        List<Runnable> closings = List.of(
                () -> ended.add("a"),
                () -> {
                    throw first;
                },
                () -> ended.add("b"),
                () -> {
                    throw second;
                },
                () -> ended.add("c"));

        assertSame(first, assertThrows(RuntimeException.class, () -> Closing.all(closings)));
        assertEquals(List.of(second), List.of(first.getSuppressed()));
        assertEquals(List.of("a", "b", "c"), ended);
    }
}

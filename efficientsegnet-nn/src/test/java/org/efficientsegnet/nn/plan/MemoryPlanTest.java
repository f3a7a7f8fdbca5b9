// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlanTest {

    private static final long PAGE = MemoryPlan.ALIGNMENT;

    @Test
    void buffersThatNeverMeetShareTheirPlace() {
        MemoryPlan plan = MemoryPlan.of(List.of(
                new MemoryPlan.Buffer(4 * PAGE, 0, 1),
                new MemoryPlan.Buffer(4 * PAGE, 2, 3),
                new MemoryPlan.Buffer(1, 1, 2)));
        assertEquals(5 * PAGE, plan.bytes());
        assertEquals(List.of(0L, 0L, 4 * PAGE), plan.offsets());
    }

    @Test
    void aSmallBufferFillsAGap() {
        MemoryPlan plan = MemoryPlan.of(List.of(
                new MemoryPlan.Buffer(3 * PAGE, 0, 0),
                new MemoryPlan.Buffer(2 * PAGE, 0, 9),
                new MemoryPlan.Buffer(PAGE, 5, 9)));
        assertEquals(5 * PAGE, plan.bytes());
        assertEquals(0, plan.offsets().get(2));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void buffersThatMeetNeverOverlap(long seed) {
        Random random = new Random(seed);
        List<MemoryPlan.Buffer> buffers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int first = random.nextInt(50);
            buffers.add(new MemoryPlan.Buffer(random.nextInt(100_000), first, first + random.nextInt(20)));
        }
        MemoryPlan plan = MemoryPlan.of(buffers);
        long most = 0;
        for (int moment = 0; moment < 70; moment++) {
            long alive = 0;
            for (MemoryPlan.Buffer buffer : buffers) {
                alive += buffer.first() <= moment && moment <= buffer.last() ? buffer.bytes() : 0;
            }
            most = Math.max(most, alive);
        }
        assertTrue(plan.bytes() >= most);
        assertTrue(plan.bytes() < 2 * most, plan.bytes() + " for at most " + most + " alive");
        for (int i = 0; i < buffers.size(); i++) {
            assertTrue(plan.offsets().get(i) + buffers.get(i).bytes() <= plan.bytes());
            for (int j = 0; j < i; j++) {
                boolean meet = buffers.get(i).first() <= buffers.get(j).last()
                        && buffers.get(j).first() <= buffers.get(i).last();
                boolean apart = plan.offsets().get(i) + buffers.get(i).bytes()
                                <= plan.offsets().get(j)
                        || plan.offsets().get(j) + buffers.get(j).bytes()
                                <= plan.offsets().get(i);
                assertTrue(!meet || apart, "buffers " + i + " and " + j);
            }
        }
    }

    @Test
    void aBufferIsWrittenBeforeItIsRead() {
        assertThrows(IllegalArgumentException.class, () -> new MemoryPlan.Buffer(1, 3, 2));
    }
}

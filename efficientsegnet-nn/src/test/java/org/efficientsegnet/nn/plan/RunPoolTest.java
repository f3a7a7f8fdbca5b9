// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.junit.jupiter.api.Test;

class RunPoolTest {

    private static final class Counted implements RunPool.Resource {
        private int released;
        private int closed;

        @Override
        public void release() {
            released++;
        }

        @Override
        public void close() {
            closed++;
        }
    }

    private final List<Counted> made = new ArrayList<>();

    private RunPool<Counted> pool(Concurrency concurrency, boolean release) {
        return new RunPool<>("toy", new EngineOptions(Precision.AUTO, 1, concurrency, release), () -> {
            Counted one = new Counted();
            made.add(one);
            return one;
        });
    }

    @Test
    void queuedRunsShareOne() throws Exception {
        try (RunPool<Counted> pool = pool(Concurrency.QUEUE, false)) {
            Counted first = pool.take();
            CompletableFuture<Counted> second = CompletableFuture.supplyAsync(pool::take);
            assertThrows(java.util.concurrent.TimeoutException.class, () -> second.get(50, TimeUnit.MILLISECONDS));
            pool.giveBack(first);
            assertSame(first, second.get(10, TimeUnit.SECONDS));
            pool.giveBack(first);
            assertEquals(0, first.released);
        }
        assertEquals(1, made.size());
        assertEquals(1, made.get(0).closed);
    }

    @Test
    void runsSideBySideHaveOneEach() {
        try (RunPool<Counted> pool = pool(Concurrency.SIDE_BY_SIDE, true)) {
            Counted first = pool.take();
            Counted second = pool.take();
            assertNotSame(first, second);
            pool.giveBack(second);
            assertEquals(1, second.released);
            pool.releaseIdle();
            assertEquals(2, second.released);
            assertEquals(0, first.released);
            assertSame(second, pool.with(used -> used));
            pool.giveBack(first);
        }
        assertTrue(made.stream().allMatch(one -> one.closed == 1));
    }

    @Test
    void whatFailsIsGivenBack() {
        try (RunPool<Counted> pool = pool(Concurrency.QUEUE, true)) {
            assertThrows(
                    IllegalStateException.class,
                    () -> pool.with(used -> {
                        throw new IllegalStateException("a run that fails");
                    }));
            assertEquals(1, made.get(0).released);
            assertSame(made.get(0), pool.with(used -> used));
        }
    }

    @Test
    void aFactoryThatFailsLeavesThePoolAsItWas() {
        boolean[] fails = {true};
        RunPool<Counted> pool =
                new RunPool<>("toy", new EngineOptions(Precision.AUTO, 1, Concurrency.QUEUE, false), () -> {
                    if (fails[0]) {
                        throw new SegmentationException("out of memory");
                    }
                    return new Counted();
                });
        assertThrows(SegmentationException.class, pool::take);
        fails[0] = false;
        pool.giveBack(pool.take());
        pool.close();
    }

    @Test
    void closingWaitsForRunsAndTurnsAwayThoseThatWait() throws Exception {
        RunPool<Counted> pool = pool(Concurrency.QUEUE, false);
        Counted used = pool.take();
        CompletableFuture<Counted> waiting = CompletableFuture.supplyAsync(pool::take);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(pool::close);
        CompletionException refusal = assertThrows(CompletionException.class, waiting::join);
        assertInstanceOf(IllegalStateException.class, refusal.getCause());
        assertTrue(refusal.getCause().getMessage().contains("the network toy is closed"), refusal::toString);
        assertFalse(closing.isDone());
        assertEquals(0, used.closed);
        pool.giveBack(used);
        closing.get(10, TimeUnit.SECONDS);
        assertEquals(1, used.closed);
        pool.close();
        assertEquals(1, used.closed);
    }
}

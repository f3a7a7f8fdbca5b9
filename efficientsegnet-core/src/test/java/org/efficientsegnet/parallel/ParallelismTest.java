// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class ParallelismTest {

    private static final Executor REJECTING = task -> {
        throw new RejectedExecutionException("closed");
    };

    @ParameterizedTest
    @CsvSource({"0, 4", "1, 4", "2, 4", "7, 3", "31, 4", "32, 4", "33, 4", "1000, 1", "1000, 2", "999, 16", "3, 100"})
    void everyNumberIsInOneRange(int count, int threads) {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (Executor executor : List.of(pool, ForkJoinPool.commonPool(), REJECTING, Runnable::run)) {
                assertCovered(Parallelism.of(executor, threads), count);
            }
            assertCovered(Parallelism.SINGLE, count);
            assertCovered(Parallelism.common(), count);
        } finally {
            pool.shutdown();
        }
    }

    private static void assertCovered(Parallelism parallelism, int count) {
        AtomicIntegerArray seen = new AtomicIntegerArray(count);
        parallelism.forRange(count, (from, to) -> {
            assertTrue(from < to);
            for (int i = from; i < to; i++) {
                seen.incrementAndGet(i);
            }
        });
        for (int i = 0; i < count; i++) {
            assertEquals(1, seen.get(i), "number " + i);
        }
    }

    @Test
    void aBusyExecutorHoldsNobodyUp() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        ExecutorService busy = Executors.newFixedThreadPool(1);
        try {
            busy.execute(() -> {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            assertCovered(Parallelism.of(busy, 4), 100);
        } finally {
            release.countDown();
            busy.shutdown();
            assertTrue(busy.awaitTermination(10, TimeUnit.SECONDS), "what came too late ends at once");
        }
    }

    @Test
    void aSaturatedPoolThatRejectsIsNoError() {
        ThreadPoolExecutor tiny = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new SynchronousQueue<>());
        try {
            for (int i = 0; i < 100; i++) {
                assertCovered(Parallelism.of(tiny, 8), 50);
            }
        } finally {
            tiny.shutdown();
        }
        assertCovered(Parallelism.of(tiny, 8), 50);
    }

    @Test
    void loopsMayBeNestedOnOneExecutor() {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            Parallelism parallelism = Parallelism.of(pool, 3);
            AtomicInteger sum = new AtomicInteger();
            parallelism.forRange(20, (from, to) -> {
                for (int i = from; i < to; i++) {
                    parallelism.forRange(30, (a, b) -> sum.addAndGet(b - a));
                }
            });
            assertEquals(600, sum.get());
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void noMoreThreadsThanAllowedWorkAtOnce() {
        ExecutorService pool = Executors.newCachedThreadPool();
        try {
            AtomicInteger working = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            Parallelism.of(pool, 3).forRange(200, (from, to) -> {
                most.accumulateAndGet(working.incrementAndGet(), Math::max);
                Thread.yield();
                working.decrementAndGet();
            });
            assertTrue(most.get() <= 3, most + " threads worked at once");
        } finally {
            pool.shutdown();
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "4"})
    void whatARangeThrowsArrivesAfterTheOthersEnded(int threads) {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (Throwable thrown : List.of(new IllegalStateException("bad voxel"), new StackOverflowError())) {
                AtomicInteger working = new AtomicInteger();
                Throwable caught = assertThrows(
                        Throwable.class,
                        () -> Parallelism.of(pool, threads).forRange(100, (from, to) -> {
                            working.incrementAndGet();
                            try {
                                if (from <= 50 && 50 < to) {
                                    sneak(thrown);
                                }
                            } finally {
                                working.decrementAndGet();
                            }
                        }));
                assertSame(thrown, caught);
                assertEquals(0, working.get());
            }
            assertCovered(Parallelism.of(pool, threads), 10);
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void anExecutorThatFailsIsReportedAfterItsThreadsEnded() {
        ExecutorService pool = Executors.newFixedThreadPool(1);
        try {
            AtomicInteger started = new AtomicInteger();
            AtomicInteger working = new AtomicInteger();
            CountDownLatch helping = new CountDownLatch(1);
            Executor failing = task -> {
                if (started.getAndIncrement() == 1) {
                    throw new OutOfMemoryError("unable to create native thread");
                }
                pool.execute(task);
                try {
                    helping.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            };
            assertThrows(
                    OutOfMemoryError.class,
                    () -> Parallelism.of(failing, 4).forRange(100, (from, to) -> {
                        working.incrementAndGet();
                        helping.countDown();
                        try {
                            Thread.sleep(20);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        working.decrementAndGet();
                    }));
            assertEquals(0, working.get());
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void anInterruptIsKeptAndStopsNothing() {
        List<Boolean> status = new ArrayList<>();
        Thread.currentThread().interrupt();
        try {
            assertCovered(Parallelism.of(ForkJoinPool.commonPool(), 4), 100);
        } finally {
            status.add(Thread.interrupted());
        }
        assertEquals(List.of(true), status);
    }

    @Test
    void refusesNoThreads() {
        assertThrows(IllegalArgumentException.class, () -> Parallelism.of(Runnable::run, 0));
    }

    private static void sneak(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) thrown;
    }
}

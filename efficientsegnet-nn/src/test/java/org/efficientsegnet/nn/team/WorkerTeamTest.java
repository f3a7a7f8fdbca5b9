// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.team;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.spi.RunControl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerTeamTest {

    private static final RunControl NONE = RunControl.of(new CancellationToken());

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS), "nobody else came");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 16})
    void everyTaskOfEveryJobIsDoneOnceAndBeforeTheNextJob(int workers) {
        int jobs = 5000;
        AtomicIntegerArray busy = new AtomicIntegerArray(workers);
        AtomicInteger wrong = new AtomicInteger();
        long sum = new WorkerPool(workers).call(workers, NONE, team -> {
            assertEquals(workers, team.size());
            long total = 0;
            for (int job = 0; job < jobs; job++) {
                int tasks = job % 37;
                // Plain numbers: that the leading thread sees them is part of the promise.
                long[] done = new long[tasks];
                int of = job;
                team.run(tasks, 0, (task, worker) -> {
                    if (busy.getAndIncrement(worker) != 0) {
                        wrong.incrementAndGet();
                    }
                    done[task] += of + task;
                    busy.decrementAndGet(worker);
                });
                for (int task = 0; task < tasks; task++) {
                    total += done[task] == job + task ? 1 : -1000;
                }
            }
            return total;
        });
        long expected = 0;
        for (int job = 0; job < jobs; job++) {
            expected += job % 37;
        }
        assertEquals(expected, sum);
        assertEquals(0, wrong.get(), "two tasks on one worker at once");
    }

    @Test
    void allWorkersWorkAtOnceAlsoWhenTheySlept() {
        int workers = 5;
        new WorkerPool(workers).call(workers, NONE, team -> {
            for (int job = 0; job < 3; job++) {
                CountDownLatch all = new CountDownLatch(workers);
                team.run(workers, 0, (task, worker) -> {
                    all.countDown();
                    WorkerTeamTest.await(all);
                });
                pause(20);
            }
            return null;
        });
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void teamsTogetherHaveNoMoreWorkersThanTheirPool() throws Exception {
        WorkerPool pool = new WorkerPool(3);
        AtomicInteger lent = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<CompletableFuture<Void>> runs = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            int threads = 1 + i % 4;
            runs.add(CompletableFuture.runAsync(() -> pool.call(threads, NONE, team -> {
                assertEquals(Math.min(threads, 3), team.size());
                int now = lent.addAndGet(team.size());
                most.accumulateAndGet(now, Math::max);
                team.run(40, 0, (task, worker) -> Thread.onSpinWait());
                lent.addAndGet(-team.size());
                return null;
            })));
        }
        CompletableFuture.allOf(runs.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        assertTrue(most.get() <= 3, most.get() + " workers at once");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void whatATaskThrowsEndsTheRun(int workers) {
        WorkerPool pool = new WorkerPool(workers);
        AtomicInteger begun = new AtomicInteger();
        SegmentationException failure = new SegmentationException("task 3 fails");
        assertSame(
                failure,
                assertThrows(
                        SegmentationException.class,
                        () -> pool.call(workers, NONE, team -> {
                            team.run(1_000, 0, (task, worker) -> {
                                begun.incrementAndGet();
                                if (task == 3) {
                                    throw failure;
                                }
                                pause(1);
                            });
                            return null;
                        })));
        assertTrue(begun.get() < 100, begun + " tasks began");
        StackOverflowError error = new StackOverflowError();
        assertSame(
                error,
                assertThrows(
                        StackOverflowError.class,
                        () -> pool.call(workers, NONE, team -> {
                            team.run(2, 0, (task, worker) -> {
                                throw error;
                            });
                            return null;
                        })));
        SegmentationException wrapped = assertThrows(
                SegmentationException.class,
                () -> pool.call(workers, NONE, team -> {
                    throw new IllegalStateException("the body fails");
                }));
        assertTrue(wrapped.getMessage().contains("the body fails"), wrapped.getMessage());
        assertEquals("done", pool.call(workers, NONE, team -> "done"));
    }

    @Test
    void aCancelledRunDoesNoMoreTasks() {
        CancellationToken token = new CancellationToken();
        AtomicInteger afterwards = new AtomicInteger();
        assertThrows(
                SegmentationCancelledException.class,
                () -> new WorkerPool(2).call(2, RunControl.of(token), team -> {
                    team.run(10_000, 0, (task, worker) -> {
                        if (token.isCancelled()) {
                            afterwards.incrementAndGet();
                        }
                        if (task == 5) {
                            token.cancel();
                        }
                        pause(1);
                    });
                    return null;
                }));
        assertTrue(afterwards.get() <= 1, afterwards + " tasks began after the stop");
    }

    @Test
    void anInterruptedCallerStopsTheRunAndStaysInterrupted() {
        Thread caller = Thread.currentThread();
        assertThrows(
                SegmentationCancelledException.class,
                () -> new WorkerPool(2).call(2, NONE, team -> {
                    team.run(100_000, 0, (task, worker) -> {
                        if (task == 5) {
                            caller.interrupt();
                        }
                        pause(1);
                    });
                    return null;
                }));
        assertTrue(Thread.interrupted());
    }

    /** Hears how much is done, in the thread that it was made in. */
    private static class Listener implements RunControl {
        private final Thread caller = Thread.currentThread();
        private final List<Double> heard = new ArrayList<>();

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public void progress(double done) {
            assertSame(caller, Thread.currentThread());
            heard.add(done);
        }
    }

    @Test
    void progressGrowsWithTheCostOfTasksAndEndsWithOne() {
        Listener listener = new Listener();
        new WorkerPool(2).call(2, listener, team -> {
            team.expect(400);
            team.run(30, 300, (task, worker) -> pause(5));
            team.run(10, 100, (task, worker) -> pause(5));
            return null;
        });
        assertTrue(listener.heard.size() > 2, listener.heard::toString);
        for (int i = 1; i < listener.heard.size(); i++) {
            assertTrue(listener.heard.get(i) >= listener.heard.get(i - 1), listener.heard::toString);
        }
        assertEquals(1, listener.heard.get(listener.heard.size() - 1));
    }

    @Test
    void aListenerThatThrowsStopsTheRunWhichIsOverThen() {
        IllegalStateException thrown = new IllegalStateException("a listener fails");
        AtomicBoolean working = new AtomicBoolean();
        RunControl failing = new Listener() {
            @Override
            public void progress(double done) {
                throw thrown;
            }
        };
        assertSame(
                thrown,
                assertThrows(
                        IllegalStateException.class,
                        () -> new WorkerPool(2).call(2, failing, team -> {
                            team.expect(100_000);
                            working.set(true);
                            try {
                                team.run(100_000, 100_000, (task, worker) -> pause(1));
                            } finally {
                                working.set(false);
                            }
                            return null;
                        })));
        assertTrue(!working.get(), "the run goes on");
    }
}

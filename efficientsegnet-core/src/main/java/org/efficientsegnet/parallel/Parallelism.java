// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.parallel;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The threads a step may use: the caller's executor and how many of its threads at once. The calling thread always
 * works too, so that a step ends even when the executor is busy or closed.
 *
 * <p>Thread-safe. The executor stays the caller's, who closes it.
 */
public final class Parallelism {

    /** The calling thread alone. */
    public static final Parallelism SINGLE = new Parallelism(Runnable::run, 1);

    private final Executor executor;
    private final int threads;

    private Parallelism(Executor executor, int threads) {
        this.executor = executor;
        this.threads = threads;
    }

    /**
     * @param executor runs the work; the common pool, for instance
     * @param threads how many threads work on a step, the calling one among them; at least 1
     */
    public static Parallelism of(Executor executor, int threads) {
        Objects.requireNonNull(executor, "executor");
        if (threads < 1) {
            throw new IllegalArgumentException("at least one thread is needed, not " + threads);
        }
        return threads == 1 ? SINGLE : new Parallelism(executor, threads);
    }

    /** As many threads of the common pool as there are processors. */
    public static Parallelism common() {
        return of(ForkJoinPool.commonPool(), Runtime.getRuntime().availableProcessors());
    }

    /** How many threads work on a step. */
    public int threads() {
        return threads;
    }

    /** Work on the numbers {@code from} to {@code to}, the latter excluded. */
    @FunctionalInterface
    public interface Range {
        /**
         * @param from first number
         * @param to one past the last
         */
        void run(int from, int to);
    }

    /**
     * Divides 0..{@code count} among the threads and returns when all of it is done. Ranges are handed out as threads
     * become free; each number is in exactly one of them.
     *
     * @throws RuntimeException what a range threw, after the others ended
     */
    public void forRange(int count, Range body) {
        int chunk = Math.max(1, count / (threads * 8));
        if (threads == 1 || count <= chunk) {
            if (count > 0) {
                body.run(0, count);
            }
            return;
        }
        int chunks = (count + chunk - 1) / chunk;
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        // Counts chunks, not threads: a thread that the executor starts late finds nothing to do and nobody waits for
        // it.
        CountDownLatch open = new CountDownLatch(chunks);
        Runnable worker = () -> {
            for (int c; (c = next.getAndIncrement()) < chunks; ) {
                try {
                    if (failure.get() == null) {
                        body.run(c * chunk, Math.min(count, (c + 1) * chunk));
                    }
                } catch (RuntimeException | Error e) {
                    failure.compareAndSet(null, e);
                } finally {
                    open.countDown();
                }
            }
        };
        for (int helper = 1; helper < Math.min(threads, chunks); helper++) {
            try {
                executor.execute(worker);
            } catch (RejectedExecutionException e) {
                break;
            } catch (RuntimeException | Error e) {
                // Helpers that did start still write into the caller's arrays: fail only when they ended.
                failure.compareAndSet(null, e);
                break;
            }
        }
        worker.run();
        awaitUninterruptibly(open);
        if (failure.get() instanceof Error error) {
            throw error;
        }
        if (failure.get() instanceof RuntimeException exception) {
            throw exception;
        }
    }

    /** Ranges write into the caller's arrays, so an interrupt must not let it go on before they ended. */
    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

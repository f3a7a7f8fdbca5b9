package org.efficientsegnet.nn.onednn;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.team.OpenMp;

/**
 * The threads on which oneDNN works, shared by all networks of the process: together they never use more than there are
 * processors, however many networks run at once. Work happens on threads of its own, since OpenMP keeps a team of
 * workers for each thread that ever asked for one.
 */
final class NativeThreads {

    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    private static final Semaphore FREE = new Semaphore(PROCESSORS, true);
    private static final ExecutorService MASTERS = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), NativeThreads::thread);

    private NativeThreads() {}

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "onednn");
        thread.setDaemon(true);
        return thread;
    }

    /** How many threads work at most when so many are asked for. */
    static int available(int threads) {
        return Math.min(threads, PROCESSORS);
    }

    /**
     * Waits for free processors and runs the work with that many threads; returns when it has ended.
     *
     * @param threads how many the work may use; more than there are processors count as all of them
     * @param work is told whether the caller was interrupted meanwhile; the caller's interrupt status stays set
     */
    static <T> T call(int threads, Function<BooleanSupplier, T> work) {
        int permits = available(threads);
        FREE.acquireUninterruptibly(permits);
        try {
            AtomicBoolean interrupted = new AtomicBoolean();
            return await(
                    MASTERS.submit(() -> {
                        OpenMp.setThreads(permits);
                        return work.apply(interrupted::get);
                    }),
                    interrupted);
        } finally {
            FREE.release(permits);
        }
    }

    private static <T> T await(Future<T> work, AtomicBoolean interrupted) {
        try {
            while (true) {
                try {
                    return work.get();
                } catch (InterruptedException e) {
                    interrupted.set(true);
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            if (e.getCause() instanceof SegmentationException exception) {
                throw exception;
            }
            throw new SegmentationException("oneDNN failed: " + e.getCause().getMessage(), e.getCause());
        } finally {
            if (interrupted.get()) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

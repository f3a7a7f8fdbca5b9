// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.team;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.spi.RunControl;

/**
 * Lends teams of workers. The teams of {@link #shared}, the pool of all networks of the process, together never have more
 * workers than there are processors, however many runs there are at once: a run waits until it can have its own.
 *
 * <p>Workers are threads of the pool's own, on each of which oneDNN computes serially: OpenMP keeps such a setting for
 * every thread, and the caller's threads are not ours to set. Where it cannot be set ({@link #isSerial}), teams have one
 * worker, and oneDNN divides each primitive among all processors itself.
 *
 * <p>Thread-safe.
 */
public final class WorkerPool {

    /** How often the caller of a run looks how far it is. */
    private static final long LOOK_MILLIS = 20;

    private static final ExecutorService THREADS = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), WorkerPool::thread);
    private static final WorkerPool SHARED = new WorkerPool(Runtime.getRuntime().availableProcessors());

    private final int processors;
    private final boolean serial;
    private final Semaphore free;

    /**
     * A pool beside the shared one, for tests: with more processors than there are, it shows that results do not depend
     * on how many there are.
     *
     * @param processors how many the machine is taken to have
     */
    public WorkerPool(int processors) {
        this(processors, OpenMp.isControllable());
    }

    /** As {@link #WorkerPool(int)}, for a machine where native code is serial on a worker's thread, or is not. */
    public WorkerPool(int processors, boolean serial) {
        this.processors = processors;
        this.serial = serial;
        this.free = new Semaphore(processors, true);
    }

    /** The pool of all networks of this process. */
    public static WorkerPool shared() {
        return SHARED;
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(
                () -> {
                    OpenMp.setThreads(1);
                    work.run();
                },
                "onednn");
        thread.setDaemon(true);
        return thread;
    }

    /** Whether native code is serial on a worker's thread, so that teams can have several. */
    public boolean isSerial() {
        return serial;
    }

    /** How many workers a team has that is asked for with so many threads. */
    public int available(int threads) {
        return serial ? Math.min(threads, processors) : 1;
    }

    /**
     * Waits for free processors and runs the body on a thread that leads a team; returns what it returned. Meanwhile
     * tells the control how much is done, and stops the team's jobs when the control, or an interrupt of the calling
     * thread, says so; the calling thread's interrupt status stays set.
     *
     * @param threads how many workers the team may have; more than there are processors count as all of them
     * @param control of the run
     * @param body is given the team, for itself alone and until it returns
     * @throws org.efficientsegnet.SegmentationCancelledException if the run was stopped
     * @throws SegmentationException if the body throws it, or with another exception of it as the cause
     */
    public <T> T call(int threads, RunControl control, Function<WorkerTeam, T> body) {
        int workers = available(threads);
        free.acquireUninterruptibly(workers);
        try {
            AtomicBoolean stop = new AtomicBoolean();
            WorkerTeam team = new WorkerTeam(workers, () -> stop.get() || control.isCancelled());
            Future<T> result = THREADS.submit(() -> {
                try {
                    return body.apply(team);
                } finally {
                    team.end();
                }
            });
            for (int helper = 1; helper < workers; helper++) {
                THREADS.execute(team::help);
            }
            return await(result, team, control, stop);
        } finally {
            free.release(workers);
        }
    }

    /** Waits for the result, in the calling thread, which tells the control; the run is over when this returns or throws. */
    private static <T> T await(Future<T> result, WorkerTeam team, RunControl control, AtomicBoolean stop) {
        RuntimeException thrownByControl = null;
        boolean interrupted = false;
        double told = 0;
        try {
            while (true) {
                try {
                    T value = result.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                    if (thrownByControl != null) {
                        throw thrownByControl;
                    }
                    control.progress(1);
                    return value;
                } catch (TimeoutException e) {
                    double done = team.progress();
                    if (done > told && thrownByControl == null) {
                        told = done;
                        thrownByControl = tell(control, done, stop);
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                    stop.set(true);
                }
            }
        } catch (ExecutionException e) {
            if (thrownByControl != null) {
                throw thrownByControl;
            }
            throw failure(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What the control threw, which stops the run; null if nothing. */
    private static RuntimeException tell(RunControl control, double done, AtomicBoolean stop) {
        try {
            control.progress(done);
            return null;
        } catch (RuntimeException e) {
            stop.set(true);
            return e;
        }
    }

    private static RuntimeException failure(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        if (cause instanceof SegmentationException exception) {
            return exception;
        }
        return new SegmentationException("oneDNN failed: " + cause.getMessage(), cause);
    }
}

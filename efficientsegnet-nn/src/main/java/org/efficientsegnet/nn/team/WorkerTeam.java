// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.team;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.efficientsegnet.SegmentationCancelledException;

/**
 * The workers of one run. The thread that {@link WorkerPool#call} gives the team to leads: it calls {@link #run} for one
 * job after the other, and is worker 0. A job is a number of independent tasks; each worker takes the next task that
 * nobody has taken yet, so whoever is slowed down by other work on its processor takes fewer. A job has ended when its
 * tasks have, whether or not every worker has come to take one.
 *
 * <p>Workers that find nothing to do look for more for some 30 µs, which bridges the gap between two jobs, and then
 * sleep. Running a job allocates nothing.
 *
 * <p>Native code that tasks call uses the worker's thread alone: oneDNN is serial on it. What a task computes must not
 * depend on the worker that computes it, then results are the same bits for every number of workers; a worker's number is
 * there to give it working memory of its own.
 *
 * <p>For the leading thread only, except {@link #size}.
 */
public final class WorkerTeam {

    private static final long SPIN_NANOS = 30_000;
    private static final int SPINS_A_LOOK_AT_THE_CLOCK = 64;

    private final int size;
    private final BooleanSupplier stop;
    private final BooleanSupplier allDone = () -> unfinished() == 0;
    private final BooleanSupplier somethingToDo = () -> isOpen() || hasEnded();
    /** 1 for each worker that sleeps. */
    private final AtomicIntegerArray asleep;

    private final Thread[] threads;
    /** The job's number in the upper half, how many of its tasks nobody has taken in the lower: both change at once. */
    private final AtomicLong open = new AtomicLong();

    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicLong costDone = new AtomicLong();
    private volatile long costExpected;
    private volatile boolean ended;
    private volatile boolean stopped;
    private volatile Throwable failure;
    private volatile int helpersCome;

    // What the job is. Written while no task is open, so read rightly by whoever then takes one.
    private Task task;
    private int tasks;
    private long costPerTask;

    /** What a job does. */
    @FunctionalInterface
    public interface Task {
        /**
         * Does one task of a job.
         *
         * @param task which one, from 0; they are taken in this order
         * @param worker who does it, from 0; one task at a time
         */
        void run(int task, int worker);
    }

    WorkerTeam(int size, BooleanSupplier stop) {
        this.size = size;
        this.stop = stop;
        this.asleep = new AtomicIntegerArray(size);
        this.threads = new Thread[size];
    }

    /** How many workers there are, the leading thread among them. */
    public int size() {
        return size;
    }

    /**
     * How much all jobs of this run will cost together, for {@link #progress}.
     *
     * @param cost in any unit, that of {@link #run}
     */
    public void expect(long cost) {
        costDone.set(0);
        costExpected = cost;
    }

    /**
     * Does a job: calls {@code task} once for each number from 0 to {@code tasks} - 1, and returns when all have ended.
     * What they have written is then visible to the leading thread and to the tasks of later jobs.
     *
     * @param tasks how many; none is fine
     * @param cost of all of them together, for the progress of the run
     * @param task what to do; the same object may be given again
     * @throws SegmentationCancelledException if the run was stopped; tasks not begun are left out
     * @throws RuntimeException or Error that a task threw, the first of them; tasks not begun are left out
     */
    public void run(int tasks, long cost, Task task) {
        if (tasks > 0) {
            this.task = task;
            this.tasks = tasks;
            this.costPerTask = cost / tasks;
            unfinished.set(tasks);
            open.set(((open.get() >>> Integer.SIZE) + 1) << Integer.SIZE | tasks);
            if (size > 1) {
                wake(Math.min(tasks, size) - 1);
            }
            while (takeTask(0)) {
                continue;
            }
            awaitOthers();
        }
        throwIfFailed();
    }

    private void throwIfFailed() {
        Throwable thrown = failure;
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        if (stopped) {
            throw new SegmentationCancelledException("the run was stopped");
        }
    }

    /** How much of what {@link #expect} was told is done, 0 to 1. For any thread. */
    double progress() {
        long expected = costExpected;
        return expected <= 0 ? 0 : Math.min(1, (double) costDone.get() / expected);
    }

    /** Does the next task of the job on its way; false if there is none. */
    private boolean takeTask(int worker) {
        long seen = open.get();
        int left = (int) seen;
        if (left == 0) {
            return false;
        }
        // Should the job end meanwhile, these are another's; then nothing is taken.
        Task taken = task;
        int number = tasks - left;
        long cost = costPerTask;
        if (open.compareAndSet(seen, seen - 1)) {
            doTask(taken, number, worker);
            costDone.addAndGet(cost);
            if (unfinished.decrementAndGet() == 0 && worker != 0 && asleep.get(0) == 1) {
                LockSupport.unpark(threads[0]);
            }
        }
        return true;
    }

    private void doTask(Task taken, int number, int worker) {
        if (failure != null || stopped) {
            return;
        }
        try {
            if (stop.getAsBoolean()) {
                stopped = true;
            } else {
                taken.run(number, worker);
            }
        } catch (RuntimeException | Error e) {
            failure = e;
        }
    }

    private void awaitOthers() {
        if (!spinUntil(allDone)) {
            threads[0] = Thread.currentThread();
            asleep.set(0, 1);
            while (unfinished() > 0) {
                LockSupport.park(this);
            }
            asleep.set(0, 0);
        }
    }

    private int unfinished() {
        return unfinished.get();
    }

    private boolean isOpen() {
        return (int) open.get() > 0;
    }

    private boolean hasEnded() {
        return ended;
    }

    /** Wakes workers until so many beside the leading one are awake. */
    private void wake(int wanted) {
        int awake = 0;
        for (int worker = 1; worker <= helpersCome; worker++) {
            awake += 1 - asleep.get(worker);
        }
        for (int worker = 1; worker <= helpersCome && awake < wanted; worker++) {
            if (asleep.compareAndSet(worker, 1, 0)) {
                LockSupport.unpark(threads[worker]);
                awake++;
            }
        }
    }

    /** What a thread other than the leading one does until the run has ended. */
    void help() {
        int worker = arrive();
        while (!ended) {
            if (!takeTask(worker) && !spinUntil(somethingToDo)) {
                sleep(worker);
            }
        }
    }

    private synchronized int arrive() {
        int worker = helpersCome + 1;
        threads[worker] = Thread.currentThread();
        helpersCome = worker;
        return worker;
    }

    private void sleep(int worker) {
        asleep.set(worker, 1);
        while (asleep.get(worker) == 1) {
            if (somethingToDo.getAsBoolean()) {
                asleep.set(worker, 0);
            } else {
                LockSupport.park(this);
            }
        }
    }

    /** Lets the workers go. */
    void end() {
        ended = true;
        for (int worker = 1; worker <= helpersCome; worker++) {
            LockSupport.unpark(threads[worker]);
        }
    }

    private static boolean spinUntil(BooleanSupplier condition) {
        long begun = System.nanoTime();
        do {
            for (int i = 0; i < SPINS_A_LOOK_AT_THE_CLOCK; i++) {
                if (condition.getAsBoolean()) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - begun < SPIN_NANOS);
        return false;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Admits runs, up to a limit, and lets those that were admitted end before it closes. A run counts from the moment it is
 * admitted, whether a thread has begun it or not. Thread-safe.
 */
final class RunGate {

    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Thread> inside = ConcurrentHashMap.newKeySet();
    private int admitted;
    private boolean closed;

    /** @param most how many runs may be admitted at once, at least 1 */
    RunGate(int most) {
        this.most = most;
    }

    /**
     * Admits a run, which {@link #leave leaves} when it has ended.
     *
     * @throws IllegalStateException if the gate is closed
     * @throws SegmentationQueueFullException if there are too many
     */
    void admit() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("this segmenter is closed");
            }
            if (admitted >= most) {
                throw new SegmentationQueueFullException("one run is on its way and " + (most - 1)
                        + " wait, as many as queueLimit allows; try again later, or build a segmenter with a longer"
                        + " queue");
            }
            admitted++;
        } finally {
            lock.unlock();
        }
    }

    /** An admitted run has ended. */
    void leave() {
        lock.lock();
        try {
            admitted--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does the work of an admitted run on the calling thread.
     *
     * @throws IllegalStateException if that thread is in a run already
     */
    <T> T run(Supplier<T> work) {
        Thread thread = Thread.currentThread();
        if (!inside.add(thread)) {
            throw new IllegalStateException(
                    "a progress listener cannot start a run of the segmenter that it listens to and wait for it");
        }
        try {
            return work.get();
        } finally {
            inside.remove(thread);
        }
    }

    /**
     * Admits no more and waits for the runs that were admitted.
     *
     * @return whether this call closed the gate
     * @throws IllegalStateException if called from within a run
     */
    boolean close() {
        if (inside.contains(Thread.currentThread())) {
            throw new IllegalStateException("a progress listener cannot close the segmenter that it listens to");
        }
        lock.lock();
        try {
            boolean first = !closed;
            closed = true;
            while (admitted > 0) {
                changed.awaitUninterruptibly();
            }
            return first;
        } finally {
            lock.unlock();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.efficientsegnet.spi.EngineOptions;

/**
 * What every run of a network needs for itself, a program with its working memory for instance: one for which runs
 * queue in the order in which they came, or one each for those that run at the same time, as the options say. Working
 * memory is given back after every run if the options say so. Thread-safe; whoever made a pool closes it.
 *
 * @param <T> what a run needs
 */
public final class RunPool<T extends RunPool.Resource> implements AutoCloseable {

    /** What one run at a time uses. */
    public interface Resource extends AutoCloseable {

        /** Gives working memory back; the next run takes it again. */
        void release();

        @Override
        void close();
    }

    private final String name;
    private final Supplier<T> factory;
    private final int most;
    private final boolean releaseMemory;
    private final List<T> all = new ArrayList<>();
    private final Deque<T> idle = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition changed = lock.newCondition();
    private boolean closed;

    /**
     * An empty pool.
     *
     * @param name of the network, for messages
     * @param options how concurrent runs are treated, and whether memory is kept
     * @param factory makes what a run needs when there is none; called by one thread at a time
     */
    public RunPool(String name, EngineOptions options, Supplier<T> factory) {
        this.name = name;
        this.factory = factory;
        this.most = options.concurrency() == EngineOptions.Concurrency.QUEUE ? 1 : Integer.MAX_VALUE;
        this.releaseMemory = options.releaseMemory();
    }

    /**
     * What a run needs, for the calling run alone until it is given back; waits for it if need be.
     *
     * @throws IllegalStateException if the pool is closed
     */
    public T take() {
        lock.lock();
        try {
            while (true) {
                if (closed) {
                    throw new IllegalStateException("the network " + name + " is closed");
                }
                if (!idle.isEmpty()) {
                    return idle.pop();
                }
                if (all.size() < most) {
                    T made = factory.get();
                    all.add(made);
                    return made;
                }
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes back what a run needed, once. */
    public void giveBack(T used) {
        try {
            if (releaseMemory) {
                used.release();
            }
        } finally {
            lock.lock();
            try {
                idle.push(used);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Lends it for the duration of a call. */
    public <R> R with(Function<T, R> use) {
        T taken = take();
        try {
            return use.apply(taken);
        } finally {
            giveBack(taken);
        }
    }

    /** Gives the working memory of what no run uses at the moment back. */
    public void releaseIdle() {
        lock.lock();
        try {
            idle.forEach(Resource::release);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the runs on their way, then closes everything; those that wait fail. Closing twice does nothing. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            while (idle.size() < all.size()) {
                changed.awaitUninterruptibly();
            }
            List<Runnable> closings =
                    all.stream().<Runnable>map(one -> one::close).toList();
            all.clear();
            idle.clear();
            Closing.all(closings);
        } finally {
            lock.unlock();
        }
    }
}

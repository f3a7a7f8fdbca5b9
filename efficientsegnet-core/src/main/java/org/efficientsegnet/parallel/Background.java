// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.parallel;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/**
 * One piece of work on a thread of its own while the caller does another; for loading, whose parts use one core each.
 * The thread is a daemon and finds services where the caller does. Thread-safe.
 *
 * @param <T> what the work gives
 */
public final class Background<T> {

    private final FutureTask<T> task;

    private Background(Callable<T> work) {
        this.task = new FutureTask<>(work);
    }

    /** Starts work. Whoever starts it calls {@link #join} or {@link #abandon}. */
    public static <T> Background<T> start(Callable<T> work) {
        Background<T> background = new Background<>(work);
        Thread thread = new Thread(background.task, "efficientsegnet-background");
        thread.setDaemon(true);
        thread.start();
        return background;
    }

    /**
     * Waits for the work; an interrupt does not end that and stays set.
     *
     * @param checked the checked exception that the work may throw
     * @return what the work gave
     * @throws E if the work threw it; what is unchecked is thrown as it is
     */
    public <E extends Exception> T join(Class<E> checked) throws E {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw cause(e, checked);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static <E extends Exception> E cause(ExecutionException failure, Class<E> checked) {
        Throwable cause = failure.getCause();
        if (cause instanceof Error error) {
            throw error;
        }
        if (cause instanceof RuntimeException exception) {
            throw exception;
        }
        if (checked.isInstance(cause)) {
            return checked.cast(cause);
        }
        throw new IllegalStateException("work in the background failed", cause);
    }

    /**
     * Waits for work whose result nobody wants any more, after another failure.
     *
     * @param ending frees the result, if there is one
     */
    public void abandon(Consumer<T> ending) {
        T result;
        try {
            result = join(Exception.class);
        } catch (Exception | Error e) {
            // The failure that comes first is told.
            return;
        }
        ending.accept(result);
    }
}

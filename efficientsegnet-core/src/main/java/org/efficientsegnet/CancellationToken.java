// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

/** Stops a run between its steps. Thread-safe; one token may stop several runs, and stays cancelled. */
public final class CancellationToken {

    private volatile boolean cancelled;

    /** A token that is not cancelled. */
    public CancellationToken() {}

    /** Asks for the stop and returns at once. */
    public void cancel() {
        cancelled = true;
    }

    /** Whether {@link #cancel} was called. */
    public boolean isCancelled() {
        return cancelled;
    }

    /**
     * To be called between steps.
     *
     * @param step the step that would begin, for the message
     * @throws SegmentationCancelledException if the token is cancelled or the thread is interrupted (its interrupt
     *     status stays set)
     */
    public void check(String step) {
        if (cancelled || Thread.currentThread().isInterrupted()) {
            throw new SegmentationCancelledException("stopped before: " + step);
        }
    }
}

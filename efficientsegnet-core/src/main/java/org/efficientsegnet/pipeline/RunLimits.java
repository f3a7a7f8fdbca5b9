// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import java.time.Duration;
import java.util.Optional;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationCancelledException;

/**
 * What ends a run before it is done: its token, its thread's interrupt, the time that it may take. Thread-safe.
 *
 * @param cancellation the token
 * @param timeLimit how long the run may take from its admission on; empty if as long as it needs
 * @param admitted when it was admitted, by {@link System#nanoTime}
 */
public record RunLimits(CancellationToken cancellation, Optional<Duration> timeLimit, long admitted) {

    /** By the token alone. */
    public static RunLimits of(CancellationToken cancellation) {
        return new RunLimits(cancellation, Optional.empty(), System.nanoTime());
    }

    /** Whether the run shall stop. */
    boolean isReached() {
        return cancellation.isCancelled() || isOverTime();
    }

    /** @throws SegmentationCancelledException if the run shall stop before this step */
    void check(String step) {
        cancellation.check(step);
        if (isOverTime()) {
            throw overTime("before", step);
        }
    }

    /**
     * Why a step was stopped that was on its way: who stopped it was told that it has to, and not why.
     *
     * @param stop what the step threw
     */
    SegmentationCancelledException reason(String step, SegmentationCancelledException stop) {
        boolean byHand = cancellation.isCancelled() || Thread.currentThread().isInterrupted();
        return byHand || !isOverTime() ? stop : overTime("amid", step);
    }

    private SegmentationCancelledException overTime(String when, String step) {
        return new SegmentationCancelledException("stopped " + when + ": " + step
                + "; the run has taken longer than the " + timeLimit.get().toMillis() / 1000.0 + " s that it may");
    }

    private boolean isOverTime() {
        return timeLimit.isPresent()
                && System.nanoTime() - admitted > timeLimit.get().toNanos();
    }
}

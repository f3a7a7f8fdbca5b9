// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationCancelledException;

/** What an engine asks and tells while a network runs: whether to stop, and how much is done. Thread-safe. */
public interface RunControl {

    /** Whether the run shall stop. Engines ask often and from any thread, so the answer is quick. */
    boolean isCancelled();

    /**
     * Is told how much of the run is done; in the thread that called {@link Network#run}, as often as the engine sees
     * fit, at the end with 1.
     *
     * @param done 0 to 1, never less than before
     */
    void progress(double done);

    /**
     * To be called between steps.
     *
     * @param step the step that would begin, for the message
     * @throws SegmentationCancelledException if the run is cancelled or the calling thread interrupted (its interrupt
     *     status stays set)
     */
    default void check(String step) {
        if (isCancelled() || Thread.currentThread().isInterrupted()) {
            throw new SegmentationCancelledException("stopped before: " + step);
        }
    }

    /** Stops with the token and tells nobody. */
    static RunControl of(CancellationToken cancellation) {
        return new RunControl() {
            @Override
            public boolean isCancelled() {
                return cancellation.isCancelled();
            }

            @Override
            public void progress(double done) {
                // Nobody listens.
            }
        };
    }
}

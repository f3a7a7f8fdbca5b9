// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import org.efficientsegnet.SegmentationException;

/**
 * Runs networks on some kind of hardware. Found by {@link java.util.ServiceLoader}: a provider must load and answer
 * {@link #status} even where its natives or its dependencies are absent.
 */
public interface NetworkEngine {

    /** A short name to choose it by: {@code samediff}, {@code onednn}, {@code cuda}. */
    String name();

    /** Whether it can run here, and why or why not. Quick, without side effects that are seen. */
    Status status();

    /**
     * Whether it can run a model, without loading it.
     *
     * @return null if it can, else the reason, naming what it lacks
     */
    String refuses(NetworkModel model, EngineOptions options);

    /**
     * How {@link #load} begins.
     *
     * @throws SegmentationException if it cannot run here or cannot run that model, with the reason
     */
    default void requireAbleToRun(NetworkModel model, EngineOptions options) {
        Status status = status();
        String reason = status.available() ? refuses(model, options) : status.detail();
        if (reason != null) {
            throw new SegmentationException(reason);
        }
    }

    /**
     * Makes a model ready to run.
     *
     * @return the network, which the caller closes
     * @throws SegmentationException if it cannot, with the reason
     */
    Network load(NetworkModel model, EngineOptions options);

    /** Whether both networks of a model may be loaded at once, by two threads. */
    default boolean loadsInParallel() {
        return false;
    }

    /**
     * Whether an engine can run on this machine.
     *
     * @param available whether it can
     * @param rank the highest available one is chosen when the caller names none: in this library 50 for oneDNN, 10 for
     *     SameDiff, 5 for kernels on a GPU
     * @param detail what it runs on, or the reason why it cannot
     */
    record Status(boolean available, int rank, String detail) {}
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.io.IOException;
import java.util.List;
import org.efficientsegnet.nn.train.Batch;

/**
 * Computes the parts of a step. A part is a batch that goes through the network: its loss and its gradient depend on
 * the weights and on its number alone, so that parts may be computed anywhere and in any order. Parts are numbered
 * through the whole training, from 0; a step of {@code n} parts begins with a multiple of {@code n}.
 *
 * <p>{@link LocalParts} computes them in this process, one after the other. Not thread-safe.
 */
public interface StepParts extends AutoCloseable {

    /**
     * A part that was computed.
     *
     * @param number of the part
     * @param loss not scaled
     * @param ids of its samples
     * @param gradient of the scaled loss by each weight, flat; whoever receives it may change it, and must not keep it
     */
    record Part(long number, double loss, List<String> ids, float[] gradient) {}

    /** Receives parts. */
    @FunctionalInterface
    interface Sink {
        /** @throws IOException if it cannot go on */
        void accept(Part part) throws IOException;
    }

    /**
     * Computes parts and hands them over in the order of their numbers, on the calling thread: sums over them are the
     * same bits wherever they were computed.
     *
     * @param weights flat; see {@link org.efficientsegnet.nn.train.ParameterLayout}; not changed while this runs
     * @param first number of the first part
     * @param count how many
     * @param scale what the loss is multiplied by before it is differentiated
     * @param sink receives each of them once
     * @throws IOException if a sample cannot be made or a part cannot be computed
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    void compute(float[] weights, long first, int count, double scale, Sink sink)
            throws IOException, InterruptedException;

    /**
     * What a part is computed of, made again; for looking at what went wrong, and for pictures.
     *
     * @throws IOException if a sample cannot be made
     */
    Batch batch(long number) throws IOException;

    /**
     * How gradients are rounded on their way, in words, if they are; empty if not. A run is only taken up with the same.
     */
    default String rounding() {
        return "";
    }

    /** How long {@link #compute} has waited for samples since this was last asked, seconds; 0 if it is not known. */
    default double waitedSeconds() {
        return 0;
    }

    /** No part is asked for in the near future: working memory may go back to the system. Changes no result. */
    default void releaseMemory() {}

    @Override
    void close();
}

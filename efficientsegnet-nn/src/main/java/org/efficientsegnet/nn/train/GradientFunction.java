// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

/**
 * A network with its loss, differentiated. It may own memory outside the Java heap; whoever made it closes it. Not
 * thread-safe.
 */
public interface GradientFunction extends AutoCloseable {

    /**
     * The loss on a batch and its gradient. What is not known of the batch is left out of the loss.
     *
     * @param weights the network's, flat; see {@link ParameterLayout}; read during the call only
     * @param batch the samples
     * @param dropoutSeed decides which channels are dropped: the same seed drops the same ones
     * @param scale what the loss is multiplied by before it is differentiated
     * @param gradient receives the scaled loss' derivative by each weight, every element of it; not finite where the arithmetic overflowed
     * @return the loss, not scaled
     */
    double gradient(float[] weights, Batch batch, long dropoutSeed, double scale, float[] gradient);

    /** Gives working memory back to the system, if it can, until the next call takes it again. Changes no result. */
    default void releaseMemory() {}

    @Override
    void close();
}

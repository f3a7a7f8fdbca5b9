// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import java.util.Optional;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * A network that is ready to run on one engine at one input size. It owns native memory; {@link #close} frees it, and a
 * network that is closed cannot run again: every method that computes then throws an {@link IllegalStateException} that
 * names the network, as runs do that still waited; closing it once more and {@link #releaseMemory} do nothing. Whoever
 * loaded a network closes it.
 *
 * <p>Thread-safe: concurrent runs queue or go side by side, as the engine was told.
 */
public interface Network extends AutoCloseable {

    /**
     * Runs the network.
     *
     * @param input one channel, C order z, y, x, of the {@link #inputSize}, normalised; not changed
     * @param logits receives class after class, each in C order z, y, x, of the same size
     * @param control asked between steps whether to stop, and told how much is done
     * @throws org.efficientsegnet.SegmentationCancelledException if it was cancelled
     * @throws org.efficientsegnet.SegmentationException if the engine fails
     * @throws IllegalStateException if the network is closed
     */
    void run(float[] input, float[] logits, RunControl control);

    /** As {@link #run(float[], float[], RunControl)}, without word of how much is done. */
    default void run(float[] input, float[] logits, CancellationToken cancellation) {
        run(input, logits, RunControl.of(cancellation));
    }

    /**
     * Brings a scan to where the network runs, if the engine does there what surrounds networks as well; the scan then
     * passes this network and any other of the same engine and options without coming back in between. With {@link
     * EngineOptions.Concurrency#QUEUE} it waits until the scan before is closed.
     *
     * @param volume the scan, whose values are finite
     * @return the scan, which the caller closes; nothing if the network takes arrays only, as most do
     * @throws org.efficientsegnet.SegmentationException if the engine fails
     * @throws IllegalStateException if the network is closed
     */
    default Optional<PlacedScan> place(Volume volume) {
        return Optional.empty();
    }

    /**
     * Runs the network and shows the output of every top-level block, in the order of computation, the logits last
     * under the name {@code output}. For finding out where an installation departs from a reference; slower than
     * {@link #run}.
     *
     * @param input as for {@link #run}
     * @param observer is shown each block
     * @throws IllegalStateException if the network is closed
     */
    void trace(float[] input, BlockObserver observer);

    /** The extent of the input. */
    Shape inputSize();

    /** The number of output channels, one logit a class and voxel. */
    int classes();

    /** The arithmetic in use, never {@code AUTO}. */
    org.efficientsegnet.Precision precision();

    /** What runs it: implementation, precision, memory; one line or several, without the model's name and size. */
    String describe();

    /** Gives memory that is only needed while running back to the system; the next run takes it again. */
    void releaseMemory();

    @Override
    void close();

    /** Is shown the output of a block. */
    @FunctionalInterface
    interface BlockObserver {
        /**
         * @param name the block's name, as in the weights: {@code conv0_0}, {@code context_block}
         * @param channels number of channels
         * @param shape extent
         * @param values channel after channel, each C order z, y, x
         */
        void block(String name, int channels, Shape shape, float[] values);
    }
}

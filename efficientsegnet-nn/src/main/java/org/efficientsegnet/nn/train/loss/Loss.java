// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** What training makes small, as a SameDiff expression. See {@link Losses}. */
@FunctionalInterface
public interface Loss {

    /**
     * Adds the loss to a graph.
     *
     * @param graph the graph of the others
     * @param logits axes n, c, z, y, x
     * @param targets of the same shape, 1 where the voxel belongs to the channel's organ, else 0
     * @param known of the same shape, 1 where the target is known, else 0, where the target is 0 too; null if all are
     *     known
     * @return a scalar
     */
    SDVariable of(SameDiff graph, SDVariable logits, SDVariable targets, SDVariable known);

    /** Adds the loss to a graph; every target is known. */
    default SDVariable of(SameDiff graph, SDVariable logits, SDVariable targets) {
        return of(graph, logits, targets, null);
    }

    /** The sum of this loss and another. */
    default Loss plus(Loss other) {
        return (graph, logits, targets, known) ->
                of(graph, logits, targets, known).add(other.of(graph, logits, targets, known));
    }

    /** This loss times a constant. */
    default Loss times(double factor) {
        return (graph, logits, targets, known) ->
                of(graph, logits, targets, known).mul(factor);
    }
}

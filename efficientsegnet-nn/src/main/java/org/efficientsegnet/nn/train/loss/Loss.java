package org.efficientsegnet.nn.train.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** What training makes small. See {@link Losses}. */
@FunctionalInterface
public interface Loss {

    /**
     * Adds the loss to a graph.
     *
     * @param graph the graph of the other two
     * @param logits axes n, c, z, y, x
     * @param targets of the same shape, 1 where the voxel belongs to the channel's organ, else 0
     * @return a scalar
     */
    SDVariable of(SameDiff graph, SDVariable logits, SDVariable targets);

    /** The sum of this loss and another. */
    default Loss plus(Loss other) {
        return (graph, logits, targets) -> of(graph, logits, targets).add(other.of(graph, logits, targets));
    }

    /** This loss times a constant. */
    default Loss times(double factor) {
        return (graph, logits, targets) -> of(graph, logits, targets).mul(factor);
    }
}

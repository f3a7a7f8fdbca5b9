package org.efficientsegnet.nn.network;

import java.util.Objects;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.volume.Shape;

/**
 * A network with its weights, as the engines of this module take it. Immutable.
 *
 * @param name for messages
 * @param spec what the network is made of
 * @param inputSize the extent of the input
 * @param weights its weights
 */
public record WeightedNetwork(String name, NetworkSpec spec, Shape inputSize, Weights weights) implements NetworkModel {

    /** @throws IllegalArgumentException if the network cannot take an input of this size */
    public WeightedNetwork {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(weights, "weights");
        spec.requireInputSize(inputSize);
    }

    @Override
    public int classes() {
        return spec.classes();
    }
}

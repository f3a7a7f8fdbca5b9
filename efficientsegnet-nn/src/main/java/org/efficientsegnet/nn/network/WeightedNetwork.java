// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.nn.plan.Calibration;
import org.efficientsegnet.nn.plan.Plan;
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
 * @param plan the compiled network, if it was compiled before; engines that run plans compile it otherwise
 * @param calibration how large its feature maps get, if that was found; needed for 8 bits
 */
public record WeightedNetwork(
        String name,
        NetworkSpec spec,
        Shape inputSize,
        Weights weights,
        Optional<Plan> plan,
        Optional<Calibration> calibration)
        implements NetworkModel {

    /** @throws IllegalArgumentException if the network cannot take an input of this size */
    public WeightedNetwork {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(calibration, "calibration");
        spec.requireInputSize(inputSize);
    }

    /** A network without a plan. */
    public WeightedNetwork(String name, NetworkSpec spec, Shape inputSize, Weights weights) {
        this(name, spec, inputSize, weights, Optional.empty());
    }

    /** A network that was not calibrated. */
    public WeightedNetwork(String name, NetworkSpec spec, Shape inputSize, Weights weights, Optional<Plan> plan) {
        this(name, spec, inputSize, weights, plan, Optional.empty());
    }

    /** The same network for inputs of another size; the plan serves that too. */
    public WeightedNetwork withInputSize(Shape size) {
        return new WeightedNetwork(name, spec, size, weights, plan, calibration);
    }

    /** The same network with its plan. */
    public WeightedNetwork withPlan(Plan plan) {
        return new WeightedNetwork(name, spec, inputSize, weights, Optional.of(plan), calibration);
    }

    /** The same network, calibrated. */
    public WeightedNetwork withCalibration(Calibration calibration) {
        return new WeightedNetwork(name, spec, inputSize, weights, plan, Optional.of(calibration));
    }

    /** Why it cannot be run, whatever the engine; empty if it can. */
    public Optional<String> problem() {
        if (spec.inputChannels() != 1) {
            return Optional.of("runs take one input channel, " + name + " has " + spec.inputChannels());
        }
        return spec.problemWith(weights);
    }

    @Override
    public int classes() {
        return spec.classes();
    }
}

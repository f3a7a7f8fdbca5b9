// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.Optional;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.plan.OptionalLibraries;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.SameDiffCompiler;

/** Makes plans of networks where ND4J is on the class path; this class loads without it. */
public final class PlanCompilation {

    private PlanCompilation() {}

    /** Whether ND4J is there. */
    public static boolean isPossible() {
        return OptionalLibraries.haveSameDiff();
    }

    /** Why {@link #planOf} has no plan that serves the network's input size; empty if it has, or may compile one. */
    public static Optional<String> problemWith(WeightedNetwork network) {
        if (network.plan().isPresent()) {
            try {
                PlanShapes.of(network.plan().get(), network.inputSize());
                return Optional.empty();
            } catch (SegmentationException e) {
                return Optional.of(e.getMessage());
            }
        }
        if (isPossible()) {
            return Optional.empty();
        }
        return Optional.of(network.name() + " brings no plan, and ND4J, which would compile one, is not on the class"
                + " path; add org.efficientsegnet:efficientsegnet-training (type pom), or write the bundle again where"
                + " that is");
    }

    /**
     * The plan that the network brings, or else the one compiled from its graph.
     *
     * @throws SegmentationException if something cannot be lowered, the message names it; or if ND4J is not there
     */
    public static Plan planOf(WeightedNetwork network) {
        if (network.plan().isPresent()) {
            return network.plan().get();
        }
        problemWith(network).ifPresent(problem -> {
            throw new SegmentationException(problem);
        });
        return SameDiffCompiler.compile(NetworkGraph.build(network.spec(), network.inputSize(), network.weights()));
    }
}

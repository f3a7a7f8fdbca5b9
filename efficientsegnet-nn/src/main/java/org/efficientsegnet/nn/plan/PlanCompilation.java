package org.efficientsegnet.nn.plan;

import org.efficientsegnet.nn.network.NetworkGraph;
import org.efficientsegnet.nn.network.WeightedNetwork;

/** Makes plans of networks where ND4J is on the class path; this class loads without it. */
public final class PlanCompilation {

    private PlanCompilation() {}

    /** Whether ND4J is there. */
    public static boolean isPossible() {
        try {
            Class.forName("org.nd4j.autodiff.samediff.SameDiff", false, PlanCompilation.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /**
     * The plan that the network brings, or else the one compiled from its graph.
     *
     * @throws org.efficientsegnet.SegmentationException if something cannot be lowered; the message names it
     */
    public static Plan planOf(WeightedNetwork network) {
        return network.plan()
                .orElseGet(() -> SameDiffCompiler.compile(
                        NetworkGraph.build(network.spec(), network.inputSize(), network.weights())));
    }
}

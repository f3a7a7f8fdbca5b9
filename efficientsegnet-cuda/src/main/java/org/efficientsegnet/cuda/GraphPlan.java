package org.efficientsegnet.cuda;

import org.efficientsegnet.nn.network.NetworkGraph;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.SameDiffCompiler;

/** Compiles the plan of a model that brings none. Apart from the engine, since it needs ND4J. */
final class GraphPlan {

    private GraphPlan() {}

    static Plan of(WeightedNetwork network) {
        return SameDiffCompiler.compile(NetworkGraph.build(network.spec(), network.inputSize(), network.weights()));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.loss;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/**
 * The n-th largest value of each row (0 is the largest), without a gradient. ND4J's own class for this operation cannot
 * be put into a graph, and that for {@code top_k} passes its arguments in an order in which k is lost.
 */
final class NthLargest extends DynamicCustomOp {

    private static final long DESCENDING = 1;

    private NthLargest(SameDiff graph, SDVariable rows, SDVariable n) {
        super("nth_element", graph, new SDVariable[] {rows, n});
        addIArgument(DESCENDING);
    }

    /** @return as many values as there are rows */
    static SDVariable of(SameDiff graph, SDVariable rows, int n) {
        return new NthLargest(graph, rows, graph.constant(n)).outputVariable();
    }

    @Override
    public String opName() {
        return "nth_element";
    }

    @Override
    public List<DataType> calculateOutputDataTypes(List<DataType> inputs) {
        return List.of(inputs.get(0));
    }
}

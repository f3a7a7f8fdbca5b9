// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.efficientsegnet.nn.network.NetworkGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;

/**
 * Adds the gradient of a loss to its graph, by reverse accumulation (Griewank and Walther, Evaluating Derivatives, 2008,
 * chapter 3). Operations differentiate themselves; some are differentiated here, since what SameDiff makes of them takes
 * a third of a step and keeps arrays that nobody needs:
 *
 * <ul>
 *   <li>an instance norm as a whole: with y the result, r the factor and g what comes from above, g becomes r·(g -
 *       mean(g) - y·mean(g·y)), means over z, y and x;
 *   <li>a square as 2·x·g, not by way of a power; a sigmoid as g·y·(1 - y), which there is in 16 bits as well;
 *   <li>dropout by its features alone, not by its mask.
 * </ul>
 *
 * <p>The operations of a graph are in an order in which they can be computed, so that the reverse is one in which every
 * gradient is complete when it is asked for.
 */
final class Backpropagation {

    private final SameDiff graph;
    private final Map<String, SDVariable> gradients = new HashMap<>();
    private final Set<String> dependent;

    private Backpropagation(SameDiff graph, Collection<String> weights) {
        this.graph = graph;
        dependent = new HashSet<>(weights);
    }

    /**
     * Adds a gradient.
     *
     * @param graph of the loss
     * @param loss a scalar
     * @param seed the gradient of the loss, a scalar
     * @param weights names of what the loss is differentiated by
     * @return the gradient of each weight
     * @throws IllegalStateException if the loss does not depend on a weight
     */
    static Map<String, SDVariable> of(SameDiff graph, SDVariable loss, SDVariable seed, Collection<String> weights) {
        Backpropagation pass = new Backpropagation(graph, weights);
        List<SameDiffOp> operations = List.copyOf(graph.getOps().values());
        for (SameDiffOp op : operations) {
            if (op.getInputsToOp().stream().anyMatch(pass.dependent::contains)
                    && op.getOutputsOfOp().stream()
                            .allMatch(name -> graph.getVariable(name).dataType().isFPType())) {
                pass.dependent.addAll(op.getOutputsOfOp());
            }
        }
        pass.gradients.put(loss.name(), seed);
        for (int i = operations.size() - 1; i >= 0; i--) {
            pass.through(operations.get(i));
        }
        Map<String, SDVariable> result = new HashMap<>();
        for (String weight : weights) {
            SDVariable gradient = pass.gradients.get(weight);
            if (gradient == null) {
                throw new IllegalStateException("the loss does not depend on " + weight);
            }
            result.put(weight, gradient);
        }
        return result;
    }

    private void through(SameDiffOp op) {
        if (op.getOutputsOfOp().size() != 1
                || !dependent.contains(op.getOutputsOfOp().get(0))) {
            return;
        }
        SDVariable gradient = gradients.remove(op.getOutputsOfOp().get(0));
        if (gradient == null) {
            return;
        }
        List<String> inputs = op.getInputsToOp();
        SDVariable first = graph.getVariable(inputs.get(0));
        String features = NetworkGraph.instanceNormInput(graph, op);
        if (features != null) {
            add(features, instanceNorm(op, gradient));
        } else if (op.getOp().opName().equals("square")) {
            add(first.name(), first.mul(gradient).mul(2));
        } else if (op.getOp().opName().equals("sigmoid")) {
            SDVariable result = graph.getVariable(op.getOutputsOfOp().get(0));
            add(first.name(), gradient.mul(result).mul(result.rsub(1)));
        } else if (NetworkGraph.isDropout(op)) {
            add(first.name(), gradient.mul(graph.getVariable(inputs.get(1))));
        } else {
            List<SDVariable> parts = op.getOp().doDiff(List.of(gradient));
            for (int i = 0; i < parts.size(); i++) {
                add(inputs.get(i), parts.get(i));
            }
        }
    }

    private SDVariable instanceNorm(SameDiffOp op, SDVariable gradient) {
        SDVariable result = graph.getVariable(op.getOutputsOfOp().get(0));
        SDVariable factor = graph.getVariable(op.getInputsToOp().get(1));
        SDVariable centred = gradient.sub(mean(gradient)).sub(result.mul(mean(gradient.mul(result))));
        return centred.mul(factor);
    }

    /** Rows first: one sum over all voxels would add small numbers to a large one. */
    private static SDVariable mean(SDVariable features) {
        return features.mean(true, 3).mean(true, 2).mean(true, 1);
    }

    private void add(String variable, SDVariable gradient) {
        if (dependent.contains(variable)) {
            SDVariable before = gradients.get(variable);
            gradients.put(variable, before == null ? gradient : before.add(gradient));
        }
    }
}

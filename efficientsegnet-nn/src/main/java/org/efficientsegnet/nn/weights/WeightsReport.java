// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How weights differ from what a network needs. Immutable.
 *
 * @param missing what the network needs and the weights lack, with the shape it needs
 * @param unexpected what the weights hold and the network does not know, with its shape
 * @param misshapen what both have in different shapes, with both
 */
public record WeightsReport(List<String> missing, List<String> unexpected, List<String> misshapen) {

    private static final int LISTED = 12;

    /** Copies the lists. */
    public WeightsReport {
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        misshapen = List.copyOf(misshapen);
    }

    /**
     * Compares.
     *
     * @param expected the shape of each tensor that the network needs, by name
     */
    public static WeightsReport compare(Map<String, int[]> expected, Weights weights) {
        List<String> missing = new ArrayList<>();
        List<String> unexpected = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        expected.forEach((name, shape) -> {
            int[] found = weights.find(name).map(Tensor::shape).orElse(null);
            if (found == null) {
                missing.add(name + " " + Arrays.toString(shape));
            } else if (!Arrays.equals(found, shape)) {
                misshapen.add(name + " " + Arrays.toString(found) + " instead of " + Arrays.toString(shape));
            }
        });
        weights.tensors().forEach((name, tensor) -> {
            if (!expected.containsKey(name)) {
                unexpected.add(name + " " + Arrays.toString(tensor.shape()));
            }
        });
        return new WeightsReport(missing, unexpected, misshapen);
    }

    /** Whether the weights are the network's. */
    public boolean fits() {
        return differences() == 0;
    }

    /** How many tensors are missing, unexpected or misshapen. */
    public int differences() {
        return missing.size() + unexpected.size() + misshapen.size();
    }

    /** One sentence if the weights fit; else the tensors, a line each, a dozen of a kind at most. */
    @Override
    public String toString() {
        if (fits()) {
            return "the weights fit the network";
        }
        StringBuilder text = new StringBuilder("the weights do not fit the network");
        list(text, "missing", missing);
        list(text, "unexpected", unexpected);
        list(text, "misshapen", misshapen);
        return text.toString();
    }

    private static void list(StringBuilder text, String kind, List<String> tensors) {
        if (tensors.isEmpty()) {
            return;
        }
        text.append("\n  ").append(kind).append(" (").append(tensors.size()).append("):");
        tensors.stream().limit(LISTED).forEach(tensor -> text.append("\n    ").append(tensor));
        if (tensors.size() > LISTED) {
            text.append("\n    and ").append(tensors.size() - LISTED).append(" more");
        }
    }
}

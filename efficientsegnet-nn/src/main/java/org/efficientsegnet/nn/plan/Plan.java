// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.efficientsegnet.volume.Shape;

/**
 * A network as a flat list of fused steps in the order of computation. It holds no weights, names them only, and no
 * extents, so that one plan serves every input size that {@link PlanShapes} accepts. Immutable.
 *
 * @param input the name of the network's input
 * @param inputChannels its channels
 * @param compiledFor the input size of the graph that it was compiled from
 * @param steps each reads what earlier ones wrote; the last one, and only that, is {@link Step.Logits}
 */
public record Plan(String input, int inputChannels, Shape compiledFor, List<Step> steps) {

    /**
     * @throws IllegalArgumentException if a step reads what was not written before, none reads the input, or the last is
     *     not the logits
     */
    public Plan {
        Objects.requireNonNull(compiledFor, "compiledFor");
        steps = List.copyOf(steps);
        if (inputChannels < 1) {
            throw new IllegalArgumentException("the input has " + inputChannels + " channels");
        }
        Set<String> written = new HashSet<>(Set.of(input));
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            for (String read : step.inputs()) {
                if (!written.contains(read)) {
                    throw new IllegalArgumentException(
                            "the step " + step.output() + " reads " + read + ", which no step before it writes");
                }
            }
            if (!written.add(step.output())) {
                throw new IllegalArgumentException("two steps write " + step.output());
            }
            if (step instanceof Step.Logits != (i == steps.size() - 1)) {
                throw new IllegalArgumentException(
                        "the last step, and no other, gives the logits; see step " + i + ", " + step.output());
            }
        }
        if (steps.stream().noneMatch(step -> step.inputs().contains(input))) {
            throw new IllegalArgumentException("no step of the plan reads the input " + input);
        }
    }

    /** The step that gives the logits. */
    public Step.Logits logits() {
        return (Step.Logits) steps.get(steps.size() - 1);
    }

    /** The plan of the same network with another number of classes. */
    public Plan withClasses(int classes) {
        List<Step> changed = new ArrayList<>(steps);
        Step.Logits last = logits();
        changed.set(steps.size() - 1, new Step.Logits(last.output(), last.input(), last.weight(), classes));
        return new Plan(input, inputChannels, compiledFor, changed);
    }

    /** Whether a step's output is that of a top-level block; the layers within have paths with slashes or dots. */
    static boolean isBlock(String output) {
        return output.indexOf('/') < 0 && output.indexOf('.') < 0;
    }

    /** The outputs of the top-level blocks in the order of computation, without the logits. */
    public List<String> blocks() {
        return steps.stream()
                .map(Step::output)
                .filter(Plan::isBlock)
                .filter(name -> !name.equals(logits().output()))
                .toList();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.efficientsegnet.nn.plan.Step;

/**
 * Which values are there on the way back. Those of cheap steps that are considered here are forgotten at its begin, and
 * computed again for the step that wants them first; they stay until no step wants them any more. Others that have to be
 * computed on the way to them are forgotten at once, though a later step may want them: what counts is how much is held
 * at once, at the begin of the way back above all, when what is dear to compute is still held for every step.
 */
final class Recomputation {

    private final TrainingBuilder builder;
    private final Map<String, Cheap> cheap = new HashMap<>();
    private final Set<String> provided = new HashSet<>();

    private record Cheap(Step step, CheapForm form) {}

    Recomputation(TrainingBuilder builder) {
        this.builder = builder;
    }

    /** A step's output need not be kept, if it is cheap to compute. */
    void consider(Step step, StepForm form) {
        if (form instanceof CheapForm cheapForm) {
            cheap.put(step.output(), new Cheap(step, cheapForm));
        }
    }

    /** Adds the phases that compute a value, if it was forgotten. */
    void provide(String value) {
        provided.add(value);
        compute(value);
    }

    private void compute(String value) {
        if (cheap.containsKey(value) && !builder.hasValue(value)) {
            Cheap by = cheap.get(value);
            by.step().inputs().forEach(this::compute);
            by.form().again(builder);
        }
    }

    /** Forgets cheap values, but for those that were provided and are still wanted. */
    void forget(Set<String> wanted) {
        provided.retainAll(wanted);
        cheap.keySet().stream().filter(value -> !provided.contains(value)).forEach(builder::forget);
    }
}

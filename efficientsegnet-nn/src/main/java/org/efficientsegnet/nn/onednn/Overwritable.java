// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.List;
import org.efficientsegnet.nn.plan.Step;

/**
 * Which inputs a step may write its output over: those of which it reads nothing, or nothing any more, but the number in the
 * place that it writes.
 */
final class Overwritable implements Step.Visitor {

    private List<String> inputs;

    private Overwritable() {}

    /** The inputs, the one that is preferred first. */
    static List<String> inputs(Step step) {
        Overwritable visitor = new Overwritable();
        step.accept(visitor);
        return visitor.inputs;
    }

    private void all(Step step) {
        inputs = step.inputs();
    }

    private void none() {
        inputs = List.of();
    }

    @Override
    public void convolution(Step.Convolution step) {
        none();
    }

    @Override
    public void normalization(Step.Normalization step) {
        inputs = List.of(step.input());
    }

    @Override
    public void sum(Step.Sum step) {
        all(step);
    }

    @Override
    public void relu(Step.Relu step) {
        all(step);
    }

    @Override
    public void gate(Step.Gate step) {
        all(step);
    }

    @Override
    public void concatenation(Step.Concatenation step) {
        none();
    }

    @Override
    public void maxPooling(Step.MaxPooling step) {
        none();
    }

    @Override
    public void averagePooling(Step.AveragePooling step) {
        none();
    }

    @Override
    public void adaptivePooling(Step.AdaptivePooling step) {
        none();
    }

    @Override
    public void strip(Step.Strip step) {
        none();
    }

    @Override
    public void resize(Step.Resize step) {
        inputs = step.addend() == null ? List.of() : List.of(step.addend());
    }

    @Override
    public void logits(Step.Logits step) {
        none();
    }
}

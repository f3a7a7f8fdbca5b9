// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import org.efficientsegnet.nn.plan.Step;

/** Which form a step has. */
final class StepForms implements Step.Visitor {

    private StepForm form;

    private StepForms() {}

    static StepForm of(Step step) {
        StepForms forms = new StepForms();
        step.accept(forms);
        return forms.form;
    }

    @Override
    public void convolution(Step.Convolution step) {
        form = new ConvolutionForm(step);
    }

    @Override
    public void normalization(Step.Normalization step) {
        form = new NormalizationForm(step);
    }

    @Override
    public void sum(Step.Sum step) {
        form = new SumForm(step);
    }

    @Override
    public void relu(Step.Relu step) {
        form = new ReluForm(step);
    }

    @Override
    public void gate(Step.Gate step) {
        form = new GateForm(step);
    }

    @Override
    public void concatenation(Step.Concatenation step) {
        form = new ConcatenationForm(step);
    }

    @Override
    public void maxPooling(Step.MaxPooling step) {
        form = new MaxPoolingForm(step);
    }

    @Override
    public void averagePooling(Step.AveragePooling step) {
        form = new SeparableForm(step);
    }

    @Override
    public void adaptivePooling(Step.AdaptivePooling step) {
        form = new SeparableForm(step);
    }

    @Override
    public void strip(Step.Strip step) {
        form = new SeparableForm(step);
    }

    @Override
    public void resize(Step.Resize step) {
        form = new SeparableForm(step);
    }

    @Override
    public void logits(Step.Logits step) {
        form = new LogitsForm(step);
    }
}

package org.efficientsegnet.nn.onednn.training;

import org.efficientsegnet.nn.plan.Step;

/** Which form a step has. */
final class StepForms {

    private StepForms() {}

    static StepForm of(Step step) {
        if (step instanceof Step.Convolution convolution) {
            return new ConvolutionForm(convolution);
        } else if (step instanceof Step.Normalization normalization) {
            return new NormalizationForm(normalization);
        } else if (step instanceof Step.Resize resize) {
            return new SeparableForm(resize);
        } else if (step instanceof Step.AdaptivePooling pooling) {
            return new SeparableForm(pooling);
        } else if (step instanceof Step.AveragePooling pooling) {
            return new SeparableForm(pooling);
        } else if (step instanceof Step.Strip strip) {
            return new SeparableForm(strip);
        } else if (step instanceof Step.MaxPooling pooling) {
            return new MaxPoolingForm(pooling);
        } else if (step instanceof Step.Sum sum) {
            return new SumForm(sum);
        } else if (step instanceof Step.Relu relu) {
            return new ReluForm(relu);
        } else if (step instanceof Step.Gate gate) {
            return new GateForm(gate);
        } else if (step instanceof Step.Concatenation concatenation) {
            return new ConcatenationForm(concatenation);
        } else {
            return new LogitsForm((Step.Logits) step);
        }
    }
}

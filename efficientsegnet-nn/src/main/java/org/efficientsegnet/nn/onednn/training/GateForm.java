// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.efficientsegnet.nn.plan.Step;

/**
 * The input times the sigmoid of the gate. With s the sigmoid and g the gradient that comes from above, that by the input
 * is g·s and that by the gate g·x·s·(1 - s).
 */
final class GateForm implements CheapForm {

    private final Step.Gate step;
    private Region open;

    GateForm(Step.Gate step) {
        this.step = step;
    }

    @Override
    public void forward(TrainingBuilder builder) {
        long elements = builder.maps(step.output()).elements();
        Phase phase = builder.phase(step.output() + " sigmoid");
        open = builder.region(elements * builder.typeBytes());
        Flat.tasks(
                builder,
                phase,
                elements,
                size -> Flat.function(builder, dnnl.algorithm.eltwise_logistic, builder.type(), size),
                builder.value(step.gate()),
                open);
        product(builder, step.output(), builder.value(step.input()), open, null);
    }

    /** The sigmoid is kept. */
    @Override
    public void again(TrainingBuilder builder) {
        product(builder, step.output(), builder.value(step.input()), open, null);
    }

    private void product(TrainingBuilder builder, String name, Region first, Region second, Region result) {
        Phase phase = builder.phase(name);
        Flat.tasks(
                builder,
                phase,
                builder.maps(step.output()).elements(),
                size -> Flat.combine(builder, dnnl.algorithm.binary_mul, builder.type(), size),
                first,
                second,
                result == null ? builder.define(step.output()) : builder.use(result));
    }

    /** The sigmoid is kept. */
    @Override
    public boolean mayChangeType() {
        return false;
    }

    @Override
    public List<String> wanted() {
        return List.of(step.input());
    }

    @Override
    public void backward(TrainingBuilder builder) {
        Region gradient = builder.gradient(step.output());
        if (builder.isDifferentiable(step.gate())) {
            builder.phase(step.output() + " backward gate");
            GradientPart byGate = new GradientPart(builder, step.gate());
            product(
                    builder,
                    step.output() + " backward factor",
                    builder.value(step.input()),
                    gradient,
                    byGate.region());
            Phase sigmoid = builder.phase(step.output() + " backward sigmoid");
            Flat.tasks(
                    builder,
                    sigmoid,
                    builder.maps(step.output()).elements(),
                    size -> Flat.gradientByResult(builder, dnnl.algorithm.eltwise_logistic_use_dst_for_bwd, size),
                    builder.use(open),
                    builder.use(byGate.region()),
                    byGate.region());
            byGate.add();
        }
        if (builder.isDifferentiable(step.input())) {
            builder.phase(step.output() + " backward");
            GradientPart byInput = new GradientPart(builder, step.input());
            product(builder, step.output() + " backward input", gradient, open, byInput.region());
            byInput.add();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.efficientsegnet.nn.plan.Step;

/** max(x, 0). */
final class ReluForm implements CheapForm {

    private final Step.Relu step;

    ReluForm(Step.Relu step) {
        this.step = step;
    }

    @Override
    public void forward(TrainingBuilder builder) {
        Phase phase = builder.phase(step.output());
        Region output = builder.define(step.output());
        Flat.tasks(
                builder,
                phase,
                builder.maps(step.output()).elements(),
                size -> Flat.function(builder, dnnl.algorithm.eltwise_relu, builder.type(), size),
                builder.value(step.input()),
                output);
    }

    @Override
    public List<String> wanted() {
        return List.of(step.output());
    }

    @Override
    public void backward(TrainingBuilder builder) {
        Flat.throughRelu(builder, step.output());
        Flat.pass(builder, step.output(), step.input(), true);
    }
}

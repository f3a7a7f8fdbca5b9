// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.efficientsegnet.nn.plan.Step;

/** The sum of two feature maps, then perhaps ReLU. */
final class SumForm implements CheapForm {

    private final Step.Sum step;

    SumForm(Step.Sum step) {
        this.step = step;
    }

    @Override
    public void forward(TrainingBuilder builder) {
        long elements = builder.maps(step.output()).elements();
        Phase phase = builder.phase(step.output());
        Region sum = builder.define(step.output());
        Flat.tasks(
                builder,
                phase,
                elements,
                size -> Flat.add(builder, builder.type(), size),
                builder.value(step.first()),
                builder.value(step.second()),
                sum);
        if (step.relu()) {
            Phase clipping = builder.phase(step.output() + " relu");
            builder.use(sum);
            Flat.tasks(
                    builder,
                    clipping,
                    elements,
                    size -> Flat.function(builder, dnnl.algorithm.eltwise_relu, builder.type(), size),
                    sum,
                    sum);
        }
    }

    @Override
    public List<String> wanted() {
        return step.relu() ? List.of(step.output()) : List.of();
    }

    @Override
    public void backward(TrainingBuilder builder) {
        if (step.relu()) {
            Flat.throughRelu(builder, step.output());
        }
        // The memory may go to the last one only, to which nothing is added before the other has read it.
        Flat.pass(builder, step.output(), step.first(), false);
        Flat.pass(builder, step.output(), step.second(), true);
    }
}

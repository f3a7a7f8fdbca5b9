package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.concat;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory_desc_vector;
import org.efficientsegnet.nn.plan.Step;

/** Channels of one after those of the other. */
final class ConcatenationLowering implements Lowering<Step.Concatenation> {

    private static final int CHANNEL_AXIS = 1;

    @Override
    public void lower(Step.Concatenation step, ProgramBuilder program) {
        memory_desc_vector layouts = new memory_desc_vector();
        List<Object> arguments = new ArrayList<>();
        for (int i = 0; i < step.inputs().size(); i++) {
            layouts.push_back(program.layout(step.inputs().get(i)));
            arguments.add(dnnl.DNNL_ARG_MULTIPLE_SRC + i);
            arguments.add(program.value(step.inputs().get(i)));
        }
        arguments.add(dnnl.DNNL_ARG_DST);
        arguments.add(program.value(step.output()));
        concat.primitive_desc description = new concat.primitive_desc(
                OneDnn.CPU, program.layout(step.output()), CHANNEL_AXIS, layouts, OneDnn.attributes(), false);
        program.call(description, new concat(description), arguments.toArray());
    }
}

package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.plan.Step;

/** Sums, ReLU and gates, voxel by voxel. */
final class ElementwiseLowering {

    void lower(Step.Sum step, ProgramBuilder program) {
        add(
                program,
                program.value(step.first()),
                program.value(step.second()),
                program.value(step.output()),
                step.relu());
    }

    void lower(Step.Relu step, ProgramBuilder program) {
        activate(program, dnnl.algorithm.eltwise_relu, program.value(step.input()), program.value(step.output()));
    }

    void lower(Step.Gate step, ProgramBuilder program) {
        memory open = program.temporary(program.layout(step.gate()));
        activate(program, dnnl.algorithm.eltwise_logistic, program.value(step.gate()), open);
        combine(
                program,
                dnnl.algorithm.binary_mul,
                program.value(step.input()),
                open,
                program.value(step.output()),
                OneDnn.attributes());
    }

    /** Adds feature maps of one size; the output may be either of them. */
    static void add(ProgramBuilder program, memory first, memory second, memory output, boolean relu) {
        primitive_attr attributes = OneDnn.attributes();
        if (relu) {
            post_ops after = new post_ops();
            after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
            attributes.set_post_ops(after);
        }
        combine(program, dnnl.algorithm.binary_add, first, second, output, attributes);
    }

    private static void combine(
            ProgramBuilder program,
            dnnl.algorithm operation,
            memory first,
            memory second,
            memory output,
            primitive_attr attributes) {
        binary.primitive_desc description = new binary.primitive_desc(
                OneDnn.CPU, operation, first.get_desc(), second.get_desc(), output.get_desc(), attributes, false);
        program.call(
                description,
                new binary(description),
                dnnl.DNNL_ARG_SRC_0,
                first,
                dnnl.DNNL_ARG_SRC_1,
                second,
                dnnl.DNNL_ARG_DST,
                output);
    }

    private static void activate(ProgramBuilder program, dnnl.algorithm function, memory input, memory output) {
        eltwise_forward.primitive_desc description = new eltwise_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_inference,
                function,
                input.get_desc(),
                output.get_desc(),
                0,
                0,
                OneDnn.attributes(),
                false);
        program.call(
                description, new eltwise_forward(description), dnnl.DNNL_ARG_SRC, input, dnnl.DNNL_ARG_DST, output);
    }
}

package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Shape;

/** Convolutions as one primitive. */
final class ConvolutionLowering implements Lowering<Step.Convolution> {

    @Override
    public void lower(Step.Convolution step, ProgramBuilder program) {
        Shape kernel = step.kernel();
        long[] padding = {kernel.z() / 2, kernel.y() / 2, kernel.x() / 2};
        long[] strides = {step.stride(), step.stride(), step.stride()};
        int inputs = program.maps(step.input()).channels();
        // A depthwise convolution has as many groups as channels, of one channel each.
        long[] weight = step.depthwise()
                ? new long[] {step.channels(), 1, 1, kernel.z(), kernel.y(), kernel.x()}
                : new long[] {step.channels(), inputs, kernel.z(), kernel.y(), kernel.x()};
        convolution_forward.primitive_desc description = new convolution_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_inference,
                dnnl.algorithm.convolution_direct,
                program.layout(step.input()),
                new memory.desc(weight, program.type(), memory.format_tag.any),
                program.layout(step.output()),
                strides,
                padding,
                padding,
                OneDnn.attributes(),
                false);
        memory.desc plain = new memory.desc(
                weight, memory.data_type.f32, step.depthwise() ? memory.format_tag.goidhw : memory.format_tag.oidhw);
        program.call(
                description,
                new convolution_forward(description),
                dnnl.DNNL_ARG_SRC,
                program.value(step.input()),
                dnnl.DNNL_ARG_WEIGHTS,
                program.weights().get(step.weight(), plain, description.weights_desc()),
                dnnl.DNNL_ARG_DST,
                program.value(step.output()));
    }
}

package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
import org.efficientsegnet.nn.plan.Step;

/**
 * The last convolution as the product of its weight (class, channel) with the turned feature maps (channel, voxel): so
 * it writes 32-bit logits class after class at once.
 */
final class LogitsLowering implements Lowering<Step.Logits> {

    @Override
    public void lower(Step.Logits step, ProgramBuilder program) {
        Maps in = program.maps(step.input());
        long voxels = in.shape().voxels();
        long classes = step.channels();
        long channels = in.channels();
        long[] weightDimensions = {classes, channels};
        memory.desc weight = new memory.desc(weightDimensions, program.type(), memory.format_tag.ab);
        memory.desc features = new memory.desc(new long[] {channels, voxels}, program.type(), new long[] {1, channels});
        memory.desc logits = new memory.desc(new long[] {classes, voxels}, memory.data_type.f32, memory.format_tag.ab);
        matmul.primitive_desc description =
                new matmul.primitive_desc(OneDnn.CPU, weight, features, logits, OneDnn.attributes(), false);
        memory.desc plain = new memory.desc(weightDimensions, memory.data_type.f32, memory.format_tag.ab);
        program.call(
                description,
                new matmul(description),
                dnnl.DNNL_ARG_SRC,
                program.weights().get(step.weight(), plain, weight),
                dnnl.DNNL_ARG_WEIGHTS,
                program.view(step.input(), features, 0),
                dnnl.DNNL_ARG_DST,
                program.view(step.output(), logits, 0));
    }
}

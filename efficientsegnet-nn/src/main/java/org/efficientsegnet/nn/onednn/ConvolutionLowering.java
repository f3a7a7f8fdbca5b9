package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Shape;

/**
 * Convolutions as one primitive, unless {@link WinogradLowering} takes fewer multiplications.
 *
 * <p>Eight output channels fill half of a vector register. Two neighbours along x with eight channels each lie in memory
 * as one voxel with sixteen, so such a convolution is computed as one with sixteen channels, stride 2 along x, and a
 * kernel that is one longer, each half of its channels shifted against the other: of 4 steps 3 are of use instead of
 * every second one.
 */
final class ConvolutionLowering implements Lowering<Step.Convolution> {

    private static final int HALF_VECTOR = 8;

    @Override
    public void lower(Step.Convolution step, ProgramBuilder program) {
        Maps out = program.maps(step.output());
        if (WinogradLowering.suits(step, program)) {
            new WinogradLowering().lower(step, program);
        } else if (isPaired(step, out)) {
            pairs(step, program);
        } else {
            plain(step, program);
        }
    }

    /** Whether two neighbours are computed as one voxel. */
    static boolean isPaired(Step.Convolution step, Maps out) {
        return out.channels() == HALF_VECTOR
                && step.stride() == 1
                && !step.depthwise()
                && step.kernel().x() > 1
                && out.shape().x() % 2 == 0;
    }

    private static void plain(Step.Convolution step, ProgramBuilder program) {
        Shape kernel = step.kernel();
        long[] strides = {step.stride(), step.stride(), step.stride()};
        int inputs = program.maps(step.input()).channels();
        // A depthwise convolution has as many groups as channels, of one channel each.
        long[] weight = step.depthwise()
                ? new long[] {step.channels(), 1, 1, kernel.z(), kernel.y(), kernel.x()}
                : new long[] {step.channels(), inputs, kernel.z(), kernel.y(), kernel.x()};
        convolution_forward.primitive_desc description =
                describe(step, program, weight, strides, program.layout(step.output()));
        memory.desc plain = new memory.desc(
                weight, memory.data_type.f32, step.depthwise() ? memory.format_tag.goidhw : memory.format_tag.oidhw);
        memory weights = program.weights().get(step.weight(), plain, description.weights_desc());
        call(step, program, description, weights, program.value(step.output()));
    }

    private static void pairs(Step.Convolution step, ProgramBuilder program) {
        Shape kernel = step.kernel();
        Maps out = program.maps(step.output());
        int inputs = program.maps(step.input()).channels();
        Shape halved = new Shape(out.shape().z(), out.shape().y(), out.shape().x() / 2);
        memory.desc target = OneDnn.channelsLast(new Maps(2 * out.channels(), halved), program.type());
        long[] weight = {2L * out.channels(), inputs, kernel.z(), kernel.y(), kernel.x() + 1L};
        convolution_forward.primitive_desc description = describe(step, program, weight, new long[] {1, 1, 2}, target);
        memory.desc plain = new memory.desc(weight, memory.data_type.f32, memory.format_tag.oidhw);
        float[] twice = twice(program.weights().tensor(step.weight()).values(), kernel.x());
        memory weights = program.weights().get(step.weight() + "/pairs", twice, plain, description.weights_desc());
        call(step, program, description, weights, program.view(step.output(), target, 0));
    }

    /** The kernel for the left voxel of a pair, then, one to the right, that for the right voxel. */
    static float[] twice(float[] weight, int width) {
        int rows = weight.length / width;
        float[] twice = new float[2 * rows * (width + 1)];
        for (int row = 0; row < rows; row++) {
            int left = row * (width + 1);
            int right = (rows + row) * (width + 1) + 1;
            System.arraycopy(weight, row * width, twice, left, width);
            System.arraycopy(weight, row * width, twice, right, width);
        }
        return twice;
    }

    private static convolution_forward.primitive_desc describe(
            Step.Convolution step, ProgramBuilder program, long[] weight, long[] strides, memory.desc target) {
        Shape kernel = step.kernel();
        long[] padding = {kernel.z() / 2, kernel.y() / 2, kernel.x() / 2};
        return new convolution_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_inference,
                dnnl.algorithm.convolution_direct,
                program.layout(step.input()),
                new memory.desc(weight, program.type(), memory.format_tag.any),
                target,
                strides,
                padding,
                padding,
                OneDnn.attributes(),
                false);
    }

    private static void call(
            Step.Convolution step,
            ProgramBuilder program,
            convolution_forward.primitive_desc description,
            memory weights,
            memory output) {
        program.call(
                description,
                new convolution_forward(description),
                dnnl.DNNL_ARG_SRC,
                program.value(step.input()),
                dnnl.DNNL_ARG_WEIGHTS,
                weights,
                dnnl.DNNL_ARG_DST,
                output);
    }
}

package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.pooling_forward;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Shape;

/** Maxima and means over boxes that all have one size. */
final class PoolingLowering {

    void lower(Step.MaxPooling step, ProgramBuilder program) {
        pool(program, step, dnnl.algorithm.pooling_max, Shape.cube(step.kernel()), step.stride(), step.padding());
    }

    void lower(Step.AveragePooling step, ProgramBuilder program) {
        Shape box = Shape.cube(step.factor());
        pool(program, step, dnnl.algorithm.pooling_avg_exclude_padding, box, step.factor(), 0);
    }

    void lower(Step.Strip step, ProgramBuilder program) {
        Shape in = program.maps(step.input()).shape();
        int axis = step.axis();
        Shape box = new Shape(axis == 0 ? 1 : in.z(), axis == 1 ? 1 : in.y(), axis == 2 ? 1 : in.x());
        pool(program, step, dnnl.algorithm.pooling_avg_exclude_padding, box, 1, 0);
    }

    private static void pool(
            ProgramBuilder program, Step.Unary step, dnnl.algorithm algorithm, Shape box, int stride, int padding) {
        String input = step.input();
        Shape in = program.maps(input).shape();
        Shape out = program.maps(step.output()).shape();
        long[] before = {padding, padding, padding};
        // Negative where the end of an axis is left out.
        long[] after = {
            (out.z() - 1L) * stride + box.z() - in.z() - padding,
            (out.y() - 1L) * stride + box.y() - in.y() - padding,
            (out.x() - 1L) * stride + box.x() - in.x() - padding
        };
        pooling_forward.primitive_desc description = new pooling_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_inference,
                algorithm,
                program.layout(input),
                program.layout(step.output()),
                new long[] {stride, stride, stride},
                new long[] {box.z(), box.y(), box.x()},
                new long[] {0, 0, 0},
                before,
                after,
                OneDnn.attributes(),
                false);
        program.call(
                description,
                new pooling_forward(description),
                dnnl.DNNL_ARG_SRC,
                program.value(input),
                dnnl.DNNL_ARG_DST,
                program.value(step.output()));
    }
}

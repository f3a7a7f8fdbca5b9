// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_forward;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.onednn.Slabs.Window;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Shape;

/** Maxima and means over boxes that all have one size. */
final class PoolingLowering {

    private final Step.Unary step;
    private final ProgramBuilder program;
    private final FeatureShape in;
    private final FeatureShape out;
    private final dnnl.algorithm algorithm;
    private final Shape box;
    private final int stride;
    private final int padding;

    private PoolingLowering(
            Step.Unary step, ProgramBuilder program, dnnl.algorithm algorithm, Shape box, int stride, int padding) {
        this.step = step;
        this.program = program;
        this.in = program.maps(step.input());
        this.out = program.maps(step.output());
        this.algorithm = algorithm;
        this.box = box;
        this.stride = stride;
        this.padding = padding;
    }

    static void lower(Step.MaxPooling step, ProgramBuilder program) {
        Shape box = Shape.cube(step.kernel());
        new PoolingLowering(step, program, dnnl.algorithm.pooling_max, box, step.stride(), step.padding()).lower();
    }

    static void lower(Step.AveragePooling step, ProgramBuilder program) {
        mean(step, program, Shape.cube(step.factor()), step.factor());
    }

    static void lower(Step.Strip step, ProgramBuilder program) {
        Shape in = program.maps(step.input()).shape();
        int axis = step.axis();
        mean(step, program, new Shape(axis == 0 ? 1 : in.z(), axis == 1 ? 1 : in.y(), axis == 2 ? 1 : in.x()), 1);
    }

    private static void mean(Step.Unary step, ProgramBuilder program, Shape box, int stride) {
        new PoolingLowering(step, program, dnnl.algorithm.pooling_avg_exclude_padding, box, stride, 0).lower();
    }

    private void lower() {
        long nanos = program.nanos(0, in.elements() + out.elements());
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : Slabs.cut(out.shape().z(), 1, nanos)) {
            Window window = Window.of(
                    slab.first(),
                    slab.extent(),
                    box.z(),
                    stride,
                    padding,
                    in.shape().z());
            Kernel kernel = program.kernel(
                    List.of(step.output(), window.extent(), window.before(), window.after()),
                    () -> kernel((int) slab.extent(), window));
            tasks.add(List.of(program.call(
                    kernel,
                    program.slices(step.input(), window.first()),
                    program.slices(step.output(), slab.first()))));
        }
        program.job(tasks, nanos);
    }

    private Kernel kernel(int slices, Window window) {
        memory.desc source = program.layout(in, window.extent());
        memory.desc target = program.layout(out, slices);
        long[] before = {window.before(), padding, padding};
        // Negative where the end of an axis is left out.
        long[] after = {
            window.after(),
            (out.shape().y() - 1L) * stride + box.y() - in.shape().y() - padding,
            (out.shape().x() - 1L) * stride + box.x() - in.shape().x() - padding
        };
        pooling_forward.primitive_desc description = new pooling_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_inference,
                algorithm,
                source,
                target,
                new long[] {stride, stride, stride},
                new long[] {box.z(), box.y(), box.x()},
                new long[] {0, 0, 0},
                before,
                after,
                OneDnn.attributes(),
                false);
        return program.kernel(
                description,
                new pooling_forward(description),
                new Argument(dnnl.DNNL_ARG_SRC, source),
                new Argument(dnnl.DNNL_ARG_DST, target));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.List;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.onednn.Slabs.Window;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.train.ParameterLayout.Parameter;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/**
 * A convolution in slabs of slices: a slab of the output is the convolution of those slices of the input that it
 * reaches.
 *
 * <p>The gradient by the input of a dense convolution with stride 1 is a convolution too, of the gradient by the output
 * with the mirrored kernel, input and output channels exchanged; so it is cut like the forward one, and adds to what is
 * there without a pass of its own. With a stride, and channel by channel, oneDNN's own backward form takes its place.
 *
 * <p>The gradient by the weight is a sum over voxels: one of each slab, 32-bit, then their sum in order.
 */
final class ConvolutionForm implements StepForm {

    /** Work of a task, below which calling it costs too much, FLOP. */
    private static final double LEAST_WORK = 4e6;

    private static final int MOST_SLABS = 32;
    private static final int MOST_WEIGHT_SLABS = 16;

    /** What the partial gradients of one weight may take together, bytes. */
    private static final long PARTIAL_BYTES = 16 << 20;

    private final Step.Convolution step;

    ConvolutionForm(Step.Convolution step) {
        this.step = step;
    }

    /** What a convolution of a slab is: its shapes and how it is padded; the key of its kernels. */
    private record Geometry(
            FeatureShape in,
            FeatureShape out,
            Shape kernel,
            int stride,
            boolean depthwise,
            List<Long> before,
            List<Long> after) {

        long[] weight() {
            return depthwise
                    ? new long[] {out.channels(), 1, 1, kernel.z(), kernel.y(), kernel.x()}
                    : new long[] {out.channels(), in.channels(), kernel.z(), kernel.y(), kernel.x()};
        }

        long[] strides() {
            return new long[] {stride, stride, stride};
        }

        long[] paddingBefore() {
            return before.stream().mapToLong(Long::longValue).toArray();
        }

        long[] paddingAfter() {
            return after.stream().mapToLong(Long::longValue).toArray();
        }
    }

    /** The slices of the input that a slab of the output reads. */
    private static Window reads(Slab slab, int kernel, int stride, int extent) {
        return Window.of(slab.from(), slab.size(), kernel, stride, kernel / 2, extent);
    }

    private static FeatureShape slices(FeatureShape maps, int count) {
        return new FeatureShape(
                maps.channels(), new Shape(count, maps.shape().y(), maps.shape().x()));
    }

    private static Geometry geometry(
            FeatureShape in, FeatureShape out, Window window, int slices, Shape kernel, int stride, boolean depthwise) {
        long[] after = new long[3];
        for (int axis = 1; axis < 3; axis++) {
            int reached = (out.shape().along(Axis.at(axis)) - 1) * stride
                    - kernel.along(Axis.at(axis)) / 2
                    + kernel.along(Axis.at(axis));
            after[axis] = Math.max(0, reached - in.shape().along(Axis.at(axis)));
        }
        return new Geometry(
                slices(in, window.extent()),
                slices(out, slices),
                kernel,
                stride,
                depthwise,
                List.of((long) window.before(), kernel.y() / 2L, kernel.x() / 2L),
                List.of((long) window.after(), after[1], after[2]));
    }

    private long sliceBytes(TrainingBuilder builder, FeatureShape maps) {
        return maps.elements() / maps.shape().z() * builder.typeBytes();
    }

    private int slabs(TrainingBuilder builder) {
        FeatureShape in = builder.maps(step.input());
        FeatureShape out = builder.maps(step.output());
        double work = 2.0 * out.elements() * step.kernel().voxels() * (step.depthwise() ? 1 : in.channels());
        return (int) Math.max(1, Math.min(MOST_SLABS, work / LEAST_WORK));
    }

    @Override
    public void forward(TrainingBuilder builder) {
        Phase phase = builder.phase(step.output());
        Region target = builder.define(step.output());
        convolve(
                builder,
                phase,
                builder.maps(step.input()),
                builder.maps(step.output()),
                builder.value(step.input()),
                target,
                step.stride(),
                step.depthwise(),
                false,
                false);
    }

    /** Adds the tasks of a convolution, or of that with the mirrored kernel. */
    private void convolve(
            TrainingBuilder builder,
            Phase phase,
            FeatureShape in,
            FeatureShape out,
            Region source,
            Region target,
            int stride,
            boolean depthwise,
            boolean mirrored,
            boolean adds) {
        for (Slab slab : Slab.about(slabs(builder), out.shape().z(), 1)) {
            Window window = reads(slab, step.kernel().z(), stride, in.shape().z());
            Geometry geometry = geometry(in, out, window, slab.size(), step.kernel(), stride, depthwise);
            Kernel kernel = forwardKernel(builder, geometry, adds);
            Place weight = builder.packing().get(step.weight(), plain(builder, mirrored), mirrored, kernel.layout(1));
            phase.task(builder.call(
                    kernel,
                    source.at(window.first() * sliceBytes(builder, in)),
                    weight,
                    target.at(slab.from() * sliceBytes(builder, out))));
        }
    }

    /** How the weight lies in the flat array: z, y, x, input, output; if turned, read as one from output to input. */
    private memory.desc plain(TrainingBuilder builder, boolean turned) {
        Parameter p = builder.parameter(step.weight());
        long matrix = (long) p.inputs() * p.outputs();
        long[] voxels = {matrix * p.y() * p.x(), matrix * p.x(), matrix};
        if (step.depthwise()) {
            return new memory.desc(
                    new long[] {p.outputs(), 1, 1, p.z(), p.y(), p.x()},
                    memory.data_type.f32,
                    new long[] {1, p.outputs(), p.outputs(), voxels[0], voxels[1], voxels[2]});
        }
        return turned
                ? new memory.desc(
                        new long[] {p.inputs(), p.outputs(), p.z(), p.y(), p.x()},
                        memory.data_type.f32,
                        new long[] {p.outputs(), 1, voxels[0], voxels[1], voxels[2]})
                : new memory.desc(
                        new long[] {p.outputs(), p.inputs(), p.z(), p.y(), p.x()},
                        memory.data_type.f32,
                        new long[] {1, p.outputs(), voxels[0], voxels[1], voxels[2]});
    }

    private static memory.desc layout(TrainingBuilder builder, FeatureShape maps) {
        return OneDnn.channelsLast(maps, builder.type());
    }

    private static convolution_forward.primitive_desc describe(
            TrainingBuilder builder, Geometry g, memory.desc weight, primitive_attr attributes) {
        return new convolution_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_training,
                dnnl.algorithm.convolution_direct,
                layout(builder, g.in()),
                weight,
                layout(builder, g.out()),
                g.strides(),
                g.paddingBefore(),
                g.paddingAfter(),
                attributes,
                false);
    }

    private static memory.desc any(Geometry g, memory.data_type type) {
        return new memory.desc(g.weight(), type, memory.format_tag.any);
    }

    private static Kernel forwardKernel(TrainingBuilder builder, Geometry g, boolean adds) {
        return builder.kernel("convolution " + g + adds, () -> {
            primitive_attr attributes = OneDnn.attributes();
            if (adds) {
                post_ops after = new post_ops();
                after.append_sum();
                attributes.set_post_ops(after);
            }
            convolution_forward.primitive_desc description = describe(builder, g, any(g, builder.type()), attributes);
            return builder.make(
                    description,
                    new convolution_forward(description),
                    new int[] {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DST},
                    layout(builder, g.in()),
                    description.weights_desc(),
                    layout(builder, g.out()));
        });
    }

    @Override
    public List<String> wanted() {
        return List.of(step.input());
    }

    @Override
    public void backward(TrainingBuilder builder) {
        Phase phase = builder.phase(step.output() + " backward");
        byWeight(builder, phase);
        if (!builder.isDifferentiable(step.input())) {
            return;
        }
        if (step.stride() == 1 && !step.depthwise()) {
            boolean adds = builder.hasGradient(step.input());
            convolve(
                    builder,
                    phase,
                    builder.maps(step.output()),
                    builder.maps(step.input()),
                    builder.gradient(step.output()),
                    adds ? builder.gradient(step.input()) : builder.defineGradient(step.input()),
                    1,
                    false,
                    true,
                    adds);
        } else {
            GradientPart part = new GradientPart(builder, step.input());
            byStridedInput(builder, phase, part.region());
            part.add();
        }
    }

    private void byStridedInput(TrainingBuilder builder, Phase phase, Region target) {
        FeatureShape in = builder.maps(step.input());
        FeatureShape out = builder.maps(step.output());
        int kernel = step.kernel().z();
        int stride = step.stride();
        for (Slab slab : Slab.about(slabs(builder), in.shape().z(), stride)) {
            // Those slices of the output that read any of the slab's.
            int first = Math.max(0, Math.floorDiv(slab.from() + kernel / 2 - kernel + stride, stride));
            int last = Math.min(out.shape().z() - 1, (slab.to() - 1 + kernel / 2) / stride);
            int before = slab.from() - (first * stride - kernel / 2);
            int after = Math.max(0, last * stride - kernel / 2 + kernel - slab.to());
            Window window = new Window(slab.from(), slab.size(), before, after);
            Geometry geometry = geometry(in, out, window, last + 1 - first, step.kernel(), stride, step.depthwise());
            Kernel backward = dataKernel(builder, geometry);
            Place weight = builder.packing().get(step.weight(), plain(builder, false), false, backward.layout(1));
            phase.task(builder.call(
                    backward,
                    builder.gradient(step.output()).at(first * sliceBytes(builder, out)),
                    weight,
                    target.at(slab.from() * sliceBytes(builder, in))));
        }
    }

    private static Kernel dataKernel(TrainingBuilder builder, Geometry g) {
        return builder.kernel("convolution backward " + g, () -> {
            memory.desc weight = any(g, builder.type());
            convolution_backward_data.primitive_desc description = new convolution_backward_data.primitive_desc(
                    OneDnn.CPU,
                    dnnl.algorithm.convolution_direct,
                    layout(builder, g.in()),
                    weight,
                    layout(builder, g.out()),
                    g.strides(),
                    g.paddingBefore(),
                    g.paddingAfter(),
                    describe(builder, g, weight, OneDnn.attributes()),
                    OneDnn.attributes(),
                    false);
            return builder.make(
                    description,
                    new convolution_backward_data(description),
                    new int[] {dnnl.DNNL_ARG_DIFF_DST, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DIFF_SRC},
                    layout(builder, g.out()),
                    description.weights_desc(),
                    layout(builder, g.in()));
        });
    }

    private void byWeight(TrainingBuilder builder, Phase phase) {
        FeatureShape in = builder.maps(step.input());
        FeatureShape out = builder.maps(step.output());
        Parameter parameter = builder.parameter(step.weight());
        long affordable = Math.max(2, PARTIAL_BYTES / Float.BYTES / parameter.size());
        int count = (int) Math.min(Math.min(MOST_WEIGHT_SLABS, affordable), slabs(builder));
        if (in.shape().z() == 2 && out.shape().z() == 2) {
            // oneDNN 3.11 reads memory that nobody wrote for two slices that are padded on both sides, in BF16.
            count = 2;
        }
        WeightGradient gradient = new WeightGradient(builder, parameter, plain(builder, false));
        for (Slab slab : Slab.about(count, out.shape().z(), 1)) {
            Window window =
                    reads(slab, step.kernel().z(), step.stride(), in.shape().z());
            Geometry geometry = geometry(in, out, window, slab.size(), step.kernel(), step.stride(), step.depthwise());
            Kernel kernel = weightKernel(builder, geometry);
            Region partial = gradient.partial(kernel.layout(2));
            phase.task(builder.call(
                    kernel,
                    builder.value(step.input()).at(window.first() * sliceBytes(builder, in)),
                    builder.gradient(step.output()).at(slab.from() * sliceBytes(builder, out)),
                    partial.at(0)));
        }
        double[] along = builder.alongFilters(step.output());
        if (along != null && FilterScale.matters(parameter)) {
            TrainingRunState run = builder.run();
            gradient.reduceLater(() -> FilterScale.correct(parameter, along, run.weights(), run.gradient()));
        } else {
            gradient.reduceLater();
        }
    }

    private static Kernel weightKernel(TrainingBuilder builder, Geometry g) {
        return builder.kernel("weights " + g, () -> {
            convolution_backward_weights.primitive_desc description = new convolution_backward_weights.primitive_desc(
                    OneDnn.CPU,
                    dnnl.algorithm.convolution_direct,
                    layout(builder, g.in()),
                    any(g, memory.data_type.f32),
                    layout(builder, g.out()),
                    g.strides(),
                    g.paddingBefore(),
                    g.paddingAfter(),
                    describe(builder, g, any(g, builder.type()), OneDnn.attributes()),
                    OneDnn.attributes(),
                    false);
            return builder.make(
                    description,
                    new convolution_backward_weights(description),
                    new int[] {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_DIFF_DST, dnnl.DNNL_ARG_DIFF_WEIGHTS},
                    layout(builder, g.in()),
                    layout(builder, g.out()),
                    description.diff_weights_desc());
        });
    }
}

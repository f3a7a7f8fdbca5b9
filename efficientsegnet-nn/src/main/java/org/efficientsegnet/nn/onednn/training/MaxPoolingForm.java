// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.onednn.Slabs.Window;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/**
 * Maxima in slabs of slices of the output; which voxel was the largest is kept for the way back.
 *
 * <p>On the way back, boxes may overlap. A slab of the input's gradient gets what all boxes that reach it send there: those
 * boxes are differentiated into memory of the worker, which holds all slices that they reach, and the slab's slices
 * are copied from it.
 */
final class MaxPoolingForm implements CheapForm {

    private static final int MOST_SLABS = 16;

    private final Step.MaxPooling step;
    private Region winners;

    MaxPoolingForm(Step.MaxPooling step) {
        this.step = step;
    }

    /** The slices of the input that some slices of the output read. */
    private Window reads(Slab outputs, int extent) {
        return Window.of(outputs.from(), outputs.size(), step.kernel(), step.stride(), step.padding(), extent);
    }

    private static FeatureShape slices(FeatureShape maps, int count) {
        return new FeatureShape(
                maps.channels(), new Shape(count, maps.shape().y(), maps.shape().x()));
    }

    private pooling_forward.primitive_desc describe(
            TrainingBuilder builder, FeatureShape in, FeatureShape out, long before, long after) {
        long[] edge = new long[3];
        for (int axis = 1; axis < 3; axis++) {
            // Negative where the end of an axis is left out.
            edge[axis] = (out.shape().along(Axis.at(axis)) - 1L) * step.stride()
                    + step.kernel()
                    - in.shape().along(Axis.at(axis))
                    - step.padding();
        }
        return new pooling_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_training,
                dnnl.algorithm.pooling_max,
                OneDnn.channelsLast(in, builder.type()),
                OneDnn.channelsLast(out, builder.type()),
                strides(),
                kernel(),
                new long[3],
                new long[] {before, step.padding(), step.padding()},
                new long[] {after, edge[1], edge[2]},
                OneDnn.attributes(),
                false);
    }

    private long[] strides() {
        return new long[] {step.stride(), step.stride(), step.stride()};
    }

    private long[] kernel() {
        return new long[] {step.kernel(), step.kernel(), step.kernel()};
    }

    private Kernel forwardKernel(TrainingBuilder builder, FeatureShape in, FeatureShape out, Window window) {
        return builder.kernel("pool " + in + out + window.before() + " " + window.after(), () -> {
            pooling_forward.primitive_desc description = describe(builder, in, out, window.before(), window.after());
            return builder.make(
                    description,
                    new pooling_forward(description),
                    new int[] {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_DST, dnnl.DNNL_ARG_WORKSPACE},
                    OneDnn.channelsLast(in, builder.type()),
                    OneDnn.channelsLast(out, builder.type()),
                    description.workspace_desc());
        });
    }

    private Kernel backwardKernel(TrainingBuilder builder, FeatureShape in, FeatureShape out, Window window) {
        return builder.kernel("pool backward " + in + out + window.before() + " " + window.after(), () -> {
            pooling_forward.primitive_desc forward = describe(builder, in, out, window.before(), window.after());
            long[] edge = new long[3];
            for (int axis = 1; axis < 3; axis++) {
                edge[axis] = (out.shape().along(Axis.at(axis)) - 1L) * step.stride()
                        + step.kernel()
                        - in.shape().along(Axis.at(axis))
                        - step.padding();
            }
            pooling_backward.primitive_desc description = new pooling_backward.primitive_desc(
                    OneDnn.CPU,
                    dnnl.algorithm.pooling_max,
                    OneDnn.channelsLast(in, builder.type()),
                    OneDnn.channelsLast(out, builder.type()),
                    strides(),
                    kernel(),
                    new long[3],
                    new long[] {window.before(), step.padding(), step.padding()},
                    new long[] {window.after(), edge[1], edge[2]},
                    forward,
                    OneDnn.attributes(),
                    false);
            return builder.make(
                    description,
                    new pooling_backward(description),
                    new int[] {dnnl.DNNL_ARG_DIFF_DST, dnnl.DNNL_ARG_WORKSPACE, dnnl.DNNL_ARG_DIFF_SRC},
                    OneDnn.channelsLast(out, builder.type()),
                    forward.workspace_desc(),
                    OneDnn.channelsLast(in, builder.type()));
        });
    }

    @Override
    public void forward(TrainingBuilder builder) {
        FeatureShape in = builder.maps(step.input());
        FeatureShape out = builder.maps(step.output());
        Phase phase = builder.phase(step.output());
        Region output = builder.define(step.output());
        List<Slab> slabs = Slab.about(MOST_SLABS, out.shape().z(), 1);
        for (Slab slab : slabs) {
            Window window = reads(slab, in.shape().z());
            Kernel kernel = forwardKernel(builder, slices(in, window.extent()), slices(out, slab.size()), window);
            if (winners == null) {
                long perSlice = kernel.layout(2).get_size() / slab.size();
                winners = builder.region(perSlice * out.shape().z());
            }
            phase.task(builder.call(
                    kernel,
                    builder.value(step.input()).at(window.first() * sliceBytes(builder, in)),
                    output.at(slab.from() * sliceBytes(builder, out)),
                    winners.at(slab.from() * winners.bytes() / out.shape().z())));
        }
    }

    private static long sliceBytes(TrainingBuilder builder, FeatureShape maps) {
        return maps.elements() / maps.shape().z() * builder.typeBytes();
    }

    /** Which voxel was the largest is kept as oneDNN writes it. */
    @Override
    public boolean mayChangeType() {
        return false;
    }

    @Override
    public List<String> wanted() {
        return List.of();
    }

    @Override
    public void backward(TrainingBuilder builder) {
        if (!builder.isDifferentiable(step.input())) {
            return;
        }
        FeatureShape in = builder.maps(step.input());
        FeatureShape out = builder.maps(step.output());
        Phase phase = builder.phase(step.output() + " backward");
        GradientPart target = new GradientPart(builder, step.input());
        List<Slab> slabs = Slab.about(MOST_SLABS, in.shape().z(), step.stride());
        int reach = slabs.get(0).size() + 2 * step.kernel();
        Place around = builder.perWorker(
                sliceBytes(builder, in) * Math.min(reach, in.shape().z()));
        for (Slab slab : slabs) {
            int first = Math.max(
                    0, Math.floorDiv(slab.from() + step.padding() - step.kernel() + step.stride(), step.stride()));
            int last = Math.min(out.shape().z() - 1, (slab.to() - 1 + step.padding()) / step.stride());
            Window window = reads(new Slab(first, last + 1), in.shape().z());
            // Slices at the end that no box reaches, if any, are part of the last slab's memory all the same.
            int unread = Math.max(0, slab.to() - (window.first() + window.extent()));
            Window whole =
                    new Window(window.first(), window.extent() + unread, window.before(), window.after() - unread);
            Kernel kernel = backwardKernel(builder, slices(in, whole.extent()), slices(out, last + 1 - first), whole);
            long perSlice = winners.bytes() / out.shape().z();
            Phase.Task pool = builder.call(
                    kernel,
                    builder.gradient(step.output()).at(first * sliceBytes(builder, out)),
                    builder.use(winners).at(first * perSlice),
                    around);
            Phase.Task copy = builder.call(
                    Flat.copy(builder, slab.size() * sliceBytes(builder, in) / builder.typeBytes()),
                    around.plus((slab.from() - whole.first()) * sliceBytes(builder, in)),
                    target.region().at(slab.from() * sliceBytes(builder, in)));
            phase.task(TrainingBuilder.inTurn(List.of(pool, copy)));
        }
        target.add();
    }
}

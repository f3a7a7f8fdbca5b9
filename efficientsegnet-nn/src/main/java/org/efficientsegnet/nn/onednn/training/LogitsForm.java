// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.train.ParameterLayout.Parameter;

/**
 * The last convolution as products of matrices, a part of the voxels a task. Logits and the gradient by them are 32-bit,
 * class after class; the latter becomes the type of feature maps before it is multiplied.
 */
final class LogitsForm implements StepForm {

    /** Voxels of a task. */
    private static final int VOXELS = 1 << 14;

    private final Step.Logits step;
    private TrainingBuilder builder;
    private long voxels;
    private int classes;
    private int channels;

    LogitsForm(Step.Logits step) {
        this.step = step;
    }

    private Place weight() {
        long[] dimensions = {classes, channels};
        memory.desc plain = new memory.desc(dimensions, memory.data_type.f32, new long[] {1, classes});
        memory.desc wished = new memory.desc(dimensions, builder.type(), memory.format_tag.ab);
        return builder.packing().get(step.weight(), plain, false, wished);
    }

    /** Features of some voxels, as they are used as a matrix of channels and voxels. */
    private memory.desc turnedFeatures(int count) {
        return new memory.desc(new long[] {channels, count}, builder.type(), new long[] {1, channels});
    }

    /** Some voxels of each class in memory where all voxels are. */
    private memory.desc planar(int count) {
        return new memory.desc(new long[] {classes, count}, memory.data_type.f32, new long[] {voxels, 1});
    }

    private Kernel product(String name, int count, memory.desc left, memory.desc right, memory.desc result) {
        return builder.kernel(name + " " + count, () -> {
            matmul.primitive_desc description =
                    new matmul.primitive_desc(OneDnn.CPU, left, right, result, OneDnn.attributes(), false);
            int[] roles = {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DST};
            return builder.make(description, new matmul(description), roles, left, right, result);
        });
    }

    private Place features(Region region, Slab part) {
        return region.at((long) part.from() * channels * builder.typeBytes());
    }

    @Override
    public void forward(TrainingBuilder into) {
        builder = into;
        voxels = builder.maps(step.input()).shape().voxels();
        channels = builder.maps(step.input()).channels();
        classes = step.channels();
        Phase phase = builder.phase(step.output());
        Region logits = builder.define(step.output());
        Region input = builder.value(step.input());
        memory.desc weight = new memory.desc(new long[] {classes, channels}, builder.type(), memory.format_tag.ab);
        for (Slab part : Slab.of(Math.toIntExact(voxels), VOXELS)) {
            Kernel kernel = product("logits", part.size(), weight, turnedFeatures(part.size()), planar(part.size()));
            phase.task(
                    builder.call(kernel, weight(), features(input, part), logits.at((long) part.from() * Float.BYTES)));
        }
    }

    @Override
    public List<String> wanted() {
        return List.of(step.input());
    }

    @Override
    public void backward(TrainingBuilder into) {
        Phase phase = builder.phase(step.output() + " backward");
        Region gradient = builder.gradient(step.output());
        Region input = builder.value(step.input());
        boolean further = builder.isDifferentiable(step.input());
        GradientPart target = further ? new GradientPart(builder, step.input()) : null;
        Parameter parameter = builder.parameter(step.weight());
        long[] matrix = {classes, channels};
        memory.desc plain = new memory.desc(matrix, memory.data_type.f32, new long[] {1, classes});
        memory.desc partial = new memory.desc(matrix, memory.data_type.f32, memory.format_tag.ab);
        WeightGradient weights = new WeightGradient(builder, parameter, plain);
        Place converted = builder.perWorker((long) VOXELS * classes * builder.typeBytes());
        for (Slab part : Slab.of(Math.toIntExact(voxels), VOXELS)) {
            int count = part.size();
            memory.desc dense = new memory.desc(new long[] {classes, count}, builder.type(), memory.format_tag.ab);
            memory.desc turned = new memory.desc(new long[] {count, classes}, builder.type(), new long[] {1, count});
            memory.desc rows = new memory.desc(new long[] {count, channels}, builder.type(), memory.format_tag.ab);
            memory.desc weight = new memory.desc(matrix, builder.type(), memory.format_tag.ab);
            List<Phase.Task> calls = new ArrayList<>();
            calls.add(builder.call(
                    builder.reorder("gradient by logits " + count, planar(count), dense),
                    gradient.at((long) part.from() * Float.BYTES),
                    converted));
            calls.add(builder.call(
                    product("gradient by the last weight", count, dense, rows, partial),
                    converted,
                    features(input, part),
                    weights.partial(partial).at(0)));
            if (further) {
                calls.add(builder.call(
                        product("gradient by the last features", count, turned, weight, rows),
                        converted,
                        weight(),
                        features(target.region(), part)));
            }
            phase.task(TrainingBuilder.inTurn(calls));
        }
        weights.reduceLater();
        if (further) {
            target.add();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.List;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.Step;

/** Channels of one after those of the other: voxels of one input become parts of longer voxels. */
final class ConcatenationForm implements CheapForm {

    /** Voxels of a task. */
    private static final int VOXELS = 1 << 14;

    private final Step.Concatenation step;

    ConcatenationForm(Step.Concatenation step) {
        this.step = step;
    }

    private interface Copy {
        /** Adds the copy of some voxels between an input and its part of the output. */
        void of(Place input, memory.desc dense, Place part, memory.desc within, String key);
    }

    private void each(
            TrainingBuilder builder, String input, long channelsBefore, Region own, Region joined, Copy copy) {
        int channels = builder.maps(input).channels();
        int all = builder.maps(step.output()).channels();
        int voxels = Math.toIntExact(builder.maps(step.output()).shape().voxels());
        for (Slab part : Slab.of(voxels, VOXELS)) {
            long[] dimensions = {part.size(), channels};
            memory.desc dense = new memory.desc(dimensions, builder.type(), memory.format_tag.ab);
            memory.desc within = new memory.desc(dimensions, builder.type(), new long[] {all, 1});
            copy.of(
                    own.at((long) part.from() * channels * builder.typeBytes()),
                    dense,
                    joined.at(((long) part.from() * all + channelsBefore) * builder.typeBytes()),
                    within,
                    channels + " of " + all + " channels, " + part.size());
        }
    }

    @Override
    public void forward(TrainingBuilder builder) {
        Phase phase = builder.phase(step.output());
        Region output = builder.define(step.output());
        long before = 0;
        for (String input : step.inputs()) {
            each(
                    builder,
                    input,
                    before,
                    builder.value(input),
                    output,
                    (own, dense, part, within, key) ->
                            phase.task(builder.call(builder.reorder("join " + key, dense, within), own, part)));
            before += builder.maps(input).channels();
        }
    }

    @Override
    public List<String> wanted() {
        return List.of();
    }

    @Override
    public void backward(TrainingBuilder builder) {
        long before = 0;
        for (String input : step.inputs()) {
            if (builder.isDifferentiable(input)) {
                Phase phase = builder.phase(step.output() + " backward");
                GradientPart target = new GradientPart(builder, input);
                Region gradient = builder.gradient(step.output());
                each(
                        builder,
                        input,
                        before,
                        target.region(),
                        gradient,
                        (own, dense, part, within, key) ->
                                phase.task(builder.call(builder.reorder("part " + key, within, dense), part, own)));
                target.add();
            }
            before += builder.maps(input).channels();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;

/**
 * The last convolution as the product of its weight (class, channel) with the turned feature maps (channel, voxel): so
 * it writes 32-bit logits class after class at once. They go to the caller's array from the buffer of the worker.
 */
final class LogitsLowering {

    private final Step.Logits step;
    private final ProgramBuilder program;
    private final FeatureShape in;

    LogitsLowering(Step.Logits step, ProgramBuilder program) {
        this.step = step;
        this.program = program;
        this.in = program.maps(step.input());
    }

    void lower() {
        int classes = step.channels();
        long voxels = in.shape().voxels();
        long nanos = program.nanos(program.flops(step), in.elements() + 4 * voxels * classes);
        List<Slab> slabs = Slabs.cut(voxels, 1, nanos);
        Place logits = new Place(program.workerBuffer(slabs.get(0).extent() * classes * Float.BYTES), 0);
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : slabs) {
            Kernel kernel = program.kernel(List.of("logits", slab.extent()), () -> kernel(slab.extent()));
            Place features = program.value(step.input(), slab.first() * in.channels() * OneDnn.bytes(program.type()));
            tasks.add(List.of(
                    program.call(kernel, features, logits),
                    program.caller().write(logits, slab.first(), slab.extent(), classes, voxels)));
        }
        program.job(tasks, nanos);
    }

    private Kernel kernel(long voxels) {
        long classes = step.channels();
        long channels = in.channels();
        long[] weightDimensions = {classes, channels};
        memory.desc weight = new memory.desc(weightDimensions, program.type(), memory.format_tag.ab);
        memory.desc features = new memory.desc(new long[] {channels, voxels}, program.type(), new long[] {1, channels});
        memory.desc logits = new memory.desc(new long[] {classes, voxels}, memory.data_type.f32, memory.format_tag.ab);
        matmul.primitive_desc description =
                new matmul.primitive_desc(OneDnn.CPU, weight, features, logits, OneDnn.attributes(), false);
        memory.desc plain = new memory.desc(weightDimensions, memory.data_type.f32, memory.format_tag.ab);
        return program.kernel(
                description,
                new matmul(description),
                new Argument(dnnl.DNNL_ARG_SRC, program.weights().get(step.weight(), plain, weight)),
                new Argument(dnnl.DNNL_ARG_WEIGHTS, features),
                new Argument(dnnl.DNNL_ARG_DST, logits));
    }
}

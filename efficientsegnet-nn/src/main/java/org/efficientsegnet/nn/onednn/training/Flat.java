// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.onednn.OneDnn;

/** Kernels that treat feature maps number by number, and phases of nothing else. */
final class Flat {

    /** Numbers of a task: four such arrays of BF16 fit into a cache of a megabyte. */
    private static final int PART = 1 << 17;

    private Flat() {}

    /**
     * A part of an array.
     *
     * @param from its first number
     * @param size how many numbers
     */
    record Part(long from, int size) {}

    /** Cuts an array into parts. */
    static List<Part> parts(long elements) {
        List<Part> parts = new ArrayList<>();
        for (long from = 0; from < elements; from += PART) {
            parts.add(new Part(from, (int) Math.min(PART, elements - from)));
        }
        return parts;
    }

    static memory.desc layout(long size, memory.data_type type) {
        return new memory.desc(new long[] {size}, type, memory.format_tag.a);
    }

    /** First operand, second operand, result, which may be one of them. */
    static Kernel combine(TrainingBuilder builder, dnnl.algorithm operation, memory.data_type type, long size) {
        return builder.kernel(operation + " " + type + " " + size, () -> {
            memory.desc layout = layout(size, type);
            binary.primitive_desc description = new binary.primitive_desc(
                    OneDnn.CPU, operation, layout, layout, layout, OneDnn.attributes(), false);
            int[] roles = {dnnl.DNNL_ARG_SRC_0, dnnl.DNNL_ARG_SRC_1, dnnl.DNNL_ARG_DST};
            return builder.make(description, new binary(description), roles, layout, layout, layout);
        });
    }

    static Kernel add(TrainingBuilder builder, memory.data_type type, long size) {
        return combine(builder, dnnl.algorithm.binary_add, type, size);
    }

    /** Argument, result, which may be the same. */
    static Kernel function(TrainingBuilder builder, dnnl.algorithm function, memory.data_type type, long size) {
        return builder.kernel(function + " " + type + " " + size, () -> {
            memory.desc layout = layout(size, type);
            eltwise_forward.primitive_desc description = forward(function, layout);
            int[] roles = {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_DST};
            return builder.make(description, new eltwise_forward(description), roles, layout, layout);
        });
    }

    private static eltwise_forward.primitive_desc forward(dnnl.algorithm function, memory.desc layout) {
        return new eltwise_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_training,
                function,
                layout,
                layout,
                0,
                0,
                OneDnn.attributes(),
                false);
    }

    /** The function's result, the gradient by it, the gradient by its argument, which may be the former. */
    static Kernel gradientByResult(TrainingBuilder builder, dnnl.algorithm function, long size) {
        return builder.kernel("gradient " + function + " " + size, () -> {
            memory.desc layout = layout(size, builder.type());
            eltwise_backward.primitive_desc description = new eltwise_backward.primitive_desc(
                    OneDnn.CPU,
                    function,
                    layout,
                    layout,
                    layout,
                    0,
                    0,
                    forward(function, layout),
                    OneDnn.attributes(),
                    false);
            int[] roles = {dnnl.DNNL_ARG_DST, dnnl.DNNL_ARG_DIFF_DST, dnnl.DNNL_ARG_DIFF_SRC};
            return builder.make(description, new eltwise_backward(description), roles, layout, layout, layout);
        });
    }

    static Kernel reluGradient(TrainingBuilder builder, long size) {
        return gradientByResult(builder, dnnl.algorithm.eltwise_relu_use_dst_for_bwd, size);
    }

    static Kernel copy(TrainingBuilder builder, long size) {
        return convert(builder, builder.type(), builder.type(), size);
    }

    /** From one type to another. */
    static Kernel convert(TrainingBuilder builder, memory.data_type from, memory.data_type to, long size) {
        return builder.reorder(from + " to " + to + " " + size, layout(size, from), layout(size, to));
    }

    /** Which kernel a part of some size takes. */
    interface KernelOf {
        Kernel of(int size);
    }

    /** Adds a task for each part of some arrays, all of feature maps' type. */
    static void tasks(TrainingBuilder builder, Phase phase, long elements, KernelOf kernel, Region... arrays) {
        for (Part part : parts(elements)) {
            Place[] places = new Place[arrays.length];
            for (int i = 0; i < arrays.length; i++) {
                places[i] = arrays[i].at(part.from() * builder.typeBytes());
            }
            phase.task(builder.call(kernel.of(part.size()), places));
        }
    }

    /** Turns a gradient into that before a ReLU, in place, in a phase of its own. */
    static void throughRelu(TrainingBuilder builder, String output) {
        Phase phase = builder.phase(output + " relu");
        Region gradient = builder.gradient(output);
        tasks(
                builder,
                phase,
                builder.maps(output).elements(),
                size -> reluGradient(builder, size),
                builder.value(output),
                gradient,
                gradient);
    }

    /**
     * Makes the gradient by an output that by an input as well, in a phase of its own if need be: by copying, by adding,
     * or by handing over the memory, which nobody may write any more then.
     *
     * @param mayHandOver whether nobody else wants the gradient by the output
     */
    static void pass(TrainingBuilder builder, String output, String input, boolean mayHandOver) {
        if (!builder.isDifferentiable(input)) {
            return;
        }
        if (!builder.hasGradient(input) && mayHandOver) {
            builder.handOver(builder.gradient(output), input);
            return;
        }
        boolean adds = builder.hasGradient(input);
        Phase phase = builder.phase(output + " passed on");
        long elements = builder.maps(output).elements();
        if (adds) {
            Region sum = builder.gradient(input);
            tasks(
                    builder,
                    phase,
                    elements,
                    size -> add(builder, builder.type(), size),
                    sum,
                    builder.gradient(output),
                    sum);
        } else {
            Region copy = builder.defineGradient(input);
            tasks(builder, phase, elements, size -> copy(builder, size), builder.gradient(output), copy);
        }
    }
}

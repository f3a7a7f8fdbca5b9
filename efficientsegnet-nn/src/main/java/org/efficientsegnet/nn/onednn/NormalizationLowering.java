// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;

/**
 * Instance normalisation: {@link Statistics}, which as a rule the step before has found, become a scale and a shift for
 * each channel; then one pass scales, shifts, adds the residual, if any, and clips.
 */
final class NormalizationLowering {

    /** How many numbers lie side by side when they are scaled; oneDNN is slow where a row is a few vectors long. */
    private static final int WIDTH = 1024;

    /** What is normalised before its 8-bit copy is made: it is in the cache then. */
    private static final int CACHED_NUMBERS = 1 << 17;

    private final Step.Normalization step;
    private final ProgramBuilder program;
    private final FeatureShape maps;
    private final int repetitions;

    NormalizationLowering(Step.Normalization step, ProgramBuilder program) {
        this.step = step;
        this.program = program;
        this.maps = program.maps(step.input());
        this.repetitions = Integer.highestOneBit(Math.max(1, WIDTH / maps.channels()));
    }

    void lower() {
        long voxels = maps.shape().voxels();
        Statistics statistics = program.found(step.input());
        if (statistics == null) {
            statistics = program.statistics(step.input());
            List<List<Call>> tasks = new ArrayList<>();
            long nanos = program.nanos(0, maps.elements());
            for (Slab slab : Slabs.cut(voxels, repetitions, nanos)) {
                tasks.add(statistics.part().of(slab.first(), slab.extent()));
            }
            program.job(tasks, nanos);
        }
        int places = repetitions * maps.channels();
        Place scale = program.temporary((long) places * Float.BYTES);
        Place shift = program.temporary((long) places * Float.BYTES);
        boolean written = program.isWrittenQuantized(step);
        Quantizer quantizer = program.quantizer(step.output());
        double unit = written ? program.quantization().unit(step.output()) : 1;
        double epsilon = step.epsilon();
        Call merge = statistics
                .merge()
                .into(scale, places, (mean, variance) -> 1 / (Math.sqrt(variance + epsilon) * unit))
                .into(shift, places, (mean, variance) -> -mean / (Math.sqrt(variance + epsilon) * unit));
        long nanos = program.nanos(0, (step.residual() == null ? 2 : 3) * maps.elements());
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : Slabs.cut(voxels, repetitions, nanos)) {
            if (written || quantizer == null) {
                tasks.add(List.of(scaleAndAdd(slab, scale, shift, written)));
                continue;
            }
            List<Call> calls = new ArrayList<>();
            for (Slab part : Slabs.cut(slab, (CACHED_NUMBERS / places + 1L) * repetitions)) {
                calls.add(scaleAndAdd(part, scale, shift, false));
                calls.add(quantizer.of(part));
            }
            tasks.add(calls);
        }
        if (tasks.size() == 1) {
            List<Call> calls = new ArrayList<>(List.of(merge));
            calls.addAll(tasks.get(0));
            program.job(List.of(calls), nanos);
        } else {
            program.job(List.of(List.of(merge)), 0);
            program.job(tasks, nanos);
        }
    }

    private Call scaleAndAdd(Slab slab, Place scale, Place shift, boolean quantized) {
        int side = repetitions;
        while (slab.extent() % side != 0) {
            side /= 2;
        }
        int width = side * maps.channels();
        long rows = slab.extent() / side;
        boolean adds = step.residual() != null;
        Kernel kernel = program.kernel(
                List.of("scale and add", width, rows, adds, step.relu(), quantized),
                () -> scaleAndAdd(width, rows, adds, step.relu(), quantized));
        long first = slab.first() * maps.channels();
        long offset = first * OneDnn.bytes(program.type());
        Place from = program.value(step.input(), offset);
        Place to = quantized ? program.quantized(step.output(), first) : program.value(step.output(), offset);
        return adds
                ? program.call(kernel, from, scale, shift, to, program.value(step.residual(), offset))
                : program.call(kernel, from, scale, shift, to);
    }

    private Kernel scaleAndAdd(int width, long rows, boolean adds, boolean relu, boolean quantized) {
        memory.desc layout = OneDnn.rows(width, rows, program.type());
        memory.desc result = quantized ? OneDnn.rows(width, rows, memory.data_type.u8) : layout;
        memory.desc perPlace = new memory.desc(new long[] {1, width, 1}, memory.data_type.f32, memory.format_tag.nwc);
        post_ops after = new post_ops();
        after.append_binary(dnnl.algorithm.binary_add, perPlace);
        if (adds) {
            after.append_binary(dnnl.algorithm.binary_add, layout);
        }
        if (relu) {
            after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
        }
        primitive_attr attributes = OneDnn.attributes();
        attributes.set_post_ops(after);
        binary.primitive_desc description = new binary.primitive_desc(
                OneDnn.CPU, dnnl.algorithm.binary_mul, layout, perPlace, result, attributes, false);
        List<Argument> arguments = new ArrayList<>(List.of(
                new Argument(dnnl.DNNL_ARG_SRC_0, layout),
                new Argument(dnnl.DNNL_ARG_SRC_1, perPlace),
                new Argument(operand(0), perPlace),
                new Argument(dnnl.DNNL_ARG_DST, result)));
        if (adds) {
            arguments.add(new Argument(operand(1), layout));
        }
        return program.kernel(description, new binary(description), arguments.toArray(Argument[]::new));
    }

    private static int operand(int postOperation) {
        return dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (postOperation + 1) | dnnl.DNNL_ARG_SRC_1;
    }
}

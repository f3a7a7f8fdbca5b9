// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.nn.plan.MemoryPlan;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/**
 * Lowers a plan to calls of the library. Norms without a residual become part of whatever reads them; the others are
 * one pass together with the residual, its norm and ReLU. Convolutions leave the sums that the norm after them needs.
 * Buffers share one arena by their lifetimes. Used once.
 */
final class ProgramBuilder {

    /** Floats of an affine map, a channel; and of a convolution's sums, a channel and block. */
    private static final long PAIR_BYTES = 2L * Float.BYTES;

    /** An entry of an interpolation table. */
    private static final long TABLE_ENTRY_BYTES = 8;

    private static final int HALF_BYTES = 2;

    private final Plan plan;
    private final PlanShapes shapes;
    private final int type;
    private final PackedWeights weights;

    private final Map<String, Operand> maps = new HashMap<>();
    /** The values whose memory a value reads: itself, or what was normalised while reading. */
    private final Map<String, String> owners = new HashMap<>();

    private final Map<String, Integer> lastUse = new HashMap<>();
    private final Set<String> normalized = new HashSet<>();
    private final Map<String, Sums> sums = new HashMap<>();
    private final Map<String, Integer> tables = new HashMap<>();
    private final List<MemoryPlan.Buffer> buffers = new ArrayList<>();
    private final List<LoweredStep> stages = new ArrayList<>();
    private final List<Call> arrival = new ArrayList<>();
    private List<Call> calls = new ArrayList<>();
    private int moment;

    /** What a convolution left for the norm after it. */
    private record Sums(int buffer, long count) {}

    /**
     * A step of the plan.
     *
     * @param step what is computed
     * @param calls what is launched for it
     * @param output where the result lies
     */
    record LoweredStep(Step step, List<Call> calls, Operand output) {}

    /**
     * A lowered plan.
     *
     * @param arrival launched before the first stage: tables, and the input in the format of the feature maps
     * @param stages in order
     * @param input the buffer that takes the input, 32-bit
     * @param logits the buffer that gives the logits, 32-bit, class after class
     * @param strange the buffer of an int that is 1 if a logit is not finite
     * @param bytes how large the buffers are
     * @param memory where they lie
     * @param scratch what of it is free when a run has ended, beside the logits
     */
    record Lowered(
            List<Call> arrival,
            List<LoweredStep> stages,
            int input,
            int logits,
            int strange,
            List<Long> bytes,
            MemoryPlan memory,
            Scratch scratch) {}

    private ProgramBuilder(Plan plan, PlanShapes shapes, int type, PackedWeights weights) {
        this.plan = plan;
        this.shapes = shapes;
        this.type = type;
        this.weights = weights;
    }

    /**
     * Lowers a plan.
     *
     * @param type the library's number of the 16-bit format
     * @throws IllegalArgumentException if the plan makes no sense
     */
    static Lowered build(Plan plan, PlanShapes shapes, int type, PackedWeights weights) {
        return new ProgramBuilder(plan, shapes, type, weights).build();
    }

    private Lowered build() {
        findLifetimes();
        long inputs = shapes.of(plan.input()).elements();
        int input = buffer(inputs * Float.BYTES, 0, 1);
        Operand narrowed = allocate(plan.input());
        arrival.add((c, at) -> CudaLibrary.esn_to_half(c, type, at.of(input), inputs, at.of(narrowed.buffer())));
        int strange = buffer(Integer.BYTES, 0, plan.steps().size());
        arrival.add((c, at) -> CudaLibrary.esn_clear(c, at.of(strange), Integer.BYTES));
        int logits = Operand.NONE;
        for (Step step : plan.steps()) {
            moment++;
            if (step instanceof Step.Logits last) {
                logits = logits(last, strange);
            } else {
                lower(step);
            }
            stages.add(new LoweredStep(step, List.copyOf(calls), maps.get(step.output())));
            calls = new ArrayList<>();
        }
        MemoryPlan memory = MemoryPlan.of(buffers);
        return new Lowered(
                List.copyOf(arrival),
                List.copyOf(stages),
                input,
                logits,
                strange,
                buffers.stream().map(MemoryPlan.Buffer::bytes).toList(),
                memory,
                besides(logits, memory));
    }

    /** The arena's parts before and after a buffer. */
    private Scratch besides(int buffer, MemoryPlan memory) {
        long begin = memory.offsets().get(buffer);
        long end = begin + buffers.get(buffer).bytes();
        long after = Math.min(
                memory.bytes(), (end + MemoryPlan.ALIGNMENT - 1) / MemoryPlan.ALIGNMENT * MemoryPlan.ALIGNMENT);
        return new Scratch(List.of(new Scratch.Gap(0, begin), new Scratch.Gap(after, memory.bytes() - after)));
    }

    private void findLifetimes() {
        owners.put(plan.input(), plan.input());
        for (int i = 0; i < plan.steps().size(); i++) {
            Step step = plan.steps().get(i);
            for (String read : step.inputs()) {
                lastUse.put(owners.get(read), i + 1);
            }
            boolean isRead = step instanceof Step.Normalization norm && isReadThrough(norm);
            owners.put(step.output(), isRead ? owners.get(step.inputs().get(0)) : step.output());
            // A value that nothing reads lives for the step that writes it, so that it can be shown.
            lastUse.put(owners.get(step.output()), i + 1);
            if (step instanceof Step.Normalization norm) {
                normalized.add(norm.input());
            }
        }
    }

    /** A norm that is applied by those who read it; its input has to be feature maps that are read as they are. */
    private boolean isReadThrough(Step.Normalization norm) {
        return norm.residual() == null && owners.get(norm.input()).equals(norm.input());
    }

    private int buffer(long bytes, int first, int last) {
        buffers.add(new MemoryPlan.Buffer(bytes, first, last));
        return buffers.size() - 1;
    }

    private Operand allocate(String value) {
        PlanShapes.FeatureShape size = shapes.of(value);
        Operand made = Operand.plain(size, buffer(size.elements() * HALF_BYTES, moment, lastUse.get(value)));
        maps.put(value, made);
        return made;
    }

    /** The output over an input that is not read again, else in memory of its own. */
    private Operand allocateOver(String value, List<String> candidates) {
        for (String candidate : candidates) {
            String owner = owners.get(candidate);
            if (lastUse.get(owner) == moment && shapes.of(candidate).equals(shapes.of(value))) {
                int over = maps.get(candidate).buffer();
                MemoryPlan.Buffer old = buffers.get(over);
                buffers.set(over, new MemoryPlan.Buffer(old.bytes(), old.first(), lastUse.get(value)));
                Operand made = Operand.plain(shapes.of(value), over);
                maps.put(value, made);
                return made;
            }
        }
        return allocate(value);
    }

    private void lower(Step lowered) {
        lowered.accept(new Step.Visitor() {
            @Override
            public void convolution(Step.Convolution step) {
                ProgramBuilder.this.convolution(step);
            }

            @Override
            public void normalization(Step.Normalization step) {
                ProgramBuilder.this.normalization(step);
            }

            @Override
            public void sum(Step.Sum step) {
                combine(step.output(), maps.get(step.first()), maps.get(step.second()), step.relu(), step.inputs());
            }

            @Override
            public void relu(Step.Relu step) {
                combine(step.output(), maps.get(step.input()), null, true, step.inputs());
            }

            @Override
            public void gate(Step.Gate step) {
                ProgramBuilder.this.gate(step);
            }

            @Override
            public void concatenation(Step.Concatenation step) {
                ProgramBuilder.this.concatenation(step);
            }

            @Override
            public void maxPooling(Step.MaxPooling step) {
                ProgramBuilder.this.maxPooling(step);
            }

            @Override
            public void averagePooling(Step.AveragePooling step) {
                meanPooling(step, step.factor());
            }

            @Override
            public void adaptivePooling(Step.AdaptivePooling step) {
                meanPooling(step, 0);
            }

            @Override
            public void strip(Step.Strip step) {
                meanPooling(step, 0);
            }

            @Override
            public void resize(Step.Resize step) {
                ProgramBuilder.this.resize(step);
            }

            @Override
            public void logits(Step.Logits step) {
                throw new IllegalStateException("logits are what ends a program: " + step.output());
            }
        });
    }

    private static int[] extents(Shape shape) {
        return new int[] {shape.z(), shape.y(), shape.x()};
    }

    private void convolution(Step.Convolution step) {
        Operand in = maps.get(step.input());
        Operand out = allocate(step.output());
        int[] kernel = extents(step.kernel());
        long weight = weights.address(step.weight());
        if (step.depthwise()) {
            calls.add((c, at) -> CudaLibrary.esn_depthwise(
                    c,
                    type,
                    in.operand(at),
                    in.extents(),
                    weight,
                    kernel,
                    step.stride(),
                    at.of(out.buffer()),
                    out.extents()));
            return;
        }
        int partials = Operand.NONE;
        if (normalized.contains(step.output())) {
            long count = CudaLibrary.esn_convolution_partials(kernel, step.stride(), out.extents());
            partials = buffer(count * step.channels() * PAIR_BYTES, moment, lastNorm(step.output()));
            sums.put(step.output(), new Sums(partials, count));
        }
        int left = partials;
        calls.add((c, at) -> CudaLibrary.esn_convolution(
                c,
                type,
                in.operand(at),
                in.extents(),
                weight,
                kernel,
                step.stride(),
                at.of(out.buffer()),
                out.extents(),
                left == Operand.NONE ? 0 : at.of(left)));
    }

    /** The last step that normalises a value. */
    private int lastNorm(String value) {
        int last = moment;
        for (int i = moment; i < plan.steps().size(); i++) {
            if (plan.steps().get(i) instanceof Step.Normalization norm
                    && norm.input().equals(value)) {
                last = i + 1;
            }
        }
        return last;
    }

    private void normalization(Step.Normalization step) {
        Operand in = maps.get(step.input());
        boolean isRead = isReadThrough(step);
        if (in.affine() != Operand.NONE || in.relu()) {
            // What is normalised while it is read has no sums of its own: it becomes feature maps first.
            in = materialized(in);
        }
        int last = isRead ? lastUse.get(owners.get(step.output())) : moment;
        int affine = buffer(in.size().channels() * PAIR_BYTES, moment, last);
        affineOf(step, in, affine);
        if (isRead) {
            maps.put(step.output(), new Operand(in.size(), in.buffer(), affine, step.relu()));
            return;
        }
        Operand normed = new Operand(in.size(), in.buffer(), affine, false);
        Operand residual = step.residual() == null ? null : maps.get(step.residual());
        combine(step.output(), normed, residual, step.relu(), step.inputs());
    }

    private void affineOf(Step.Normalization step, Operand in, int affine) {
        Sums left = sums.get(step.input());
        int channels = in.size().channels();
        if (left == null) {
            calls.add((c, at) -> CudaLibrary.esn_norm_from_maps(
                    c, type, at.of(in.buffer()), in.voxels(), channels, step.epsilon(), at.of(affine)));
        } else {
            calls.add((c, at) -> CudaLibrary.esn_norm_from_partials(
                    c, at.of(left.buffer()), left.count(), in.voxels(), channels, step.epsilon(), at.of(affine)));
        }
    }

    private Operand materialized(Operand in) {
        Operand out = Operand.plain(in.size(), buffer(in.size().elements() * HALF_BYTES, moment, moment));
        calls.add((c, at) ->
                CudaLibrary.esn_combine(c, type, in.operand(at), new long[3], 0, in.extents(), at.of(out.buffer())));
        return out;
    }

    private void combine(String value, Operand first, Operand second, boolean relu, List<String> candidates) {
        Operand out = allocateOver(value, candidates);
        calls.add((c, at) -> CudaLibrary.esn_combine(
                c,
                type,
                first.operand(at),
                second == null ? new long[3] : second.operand(at),
                relu ? 1 : 0,
                out.extents(),
                at.of(out.buffer())));
    }

    private void gate(Step.Gate step) {
        Operand features = maps.get(step.input());
        Operand gate = maps.get(step.gate());
        Operand out = allocateOver(step.output(), step.inputs());
        calls.add((c, at) -> CudaLibrary.esn_gate(
                c, type, features.operand(at), gate.operand(at), out.extents(), at.of(out.buffer())));
    }

    private void concatenation(Step.Concatenation step) {
        Operand out = allocate(step.output());
        int first = 0;
        for (String input : step.inputs()) {
            Operand in = maps.get(input);
            int from = first;
            calls.add((c, at) -> CudaLibrary.esn_concatenate(
                    c,
                    type,
                    in.operand(at),
                    in.extents(),
                    at.of(out.buffer()),
                    from,
                    out.size().channels()));
            first += in.size().channels();
        }
    }

    private void maxPooling(Step.MaxPooling step) {
        Operand in = maps.get(step.input());
        Operand out = allocate(step.output());
        calls.add((c, at) -> CudaLibrary.esn_max_pooling(
                c,
                type,
                in.operand(at),
                in.extents(),
                step.kernel(),
                step.stride(),
                step.padding(),
                at.of(out.buffer()),
                out.extents()));
    }

    private void meanPooling(Step step, int factor) {
        Operand in = maps.get(step.inputs().get(0));
        Operand out = allocate(step.output());
        calls.add((c, at) -> CudaLibrary.esn_mean_pooling(
                c, type, in.operand(at), in.extents(), factor, at.of(out.buffer()), out.extents()));
    }

    private void resize(Step.Resize step) {
        Operand in = maps.get(step.input());
        Operand addend = step.addend() == null ? null : maps.get(step.addend());
        Operand out = allocateOver(step.output(), addend == null ? List.of() : List.of(step.addend()));
        int[] table = new int[3];
        for (int axis = 0; axis < 3; axis++) {
            Axis along = Axis.at(axis);
            table[axis] =
                    table(in.size().shape().along(along), out.size().shape().along(along));
        }
        calls.add((c, at) -> CudaLibrary.esn_resize(
                c,
                type,
                in.operand(at),
                in.extents(),
                new long[] {at.of(table[0]), at.of(table[1]), at.of(table[2])},
                addend == null ? new long[3] : addend.operand(at),
                step.relu() ? 1 : 0,
                at.of(out.buffer()),
                out.extents()));
    }

    private int table(int from, int to) {
        return tables.computeIfAbsent(from + " to " + to, key -> {
            int made = buffer(to * TABLE_ENTRY_BYTES, 0, plan.steps().size());
            arrival.add((c, at) -> CudaLibrary.esn_axis_table(c, from, to, at.of(made)));
            return made;
        });
    }

    private int logits(Step.Logits step, int strange) {
        Operand in = maps.get(step.input());
        PlanShapes.FeatureShape size = shapes.of(step.output());
        int out = buffer(size.elements() * Float.BYTES, moment, moment);
        long weight = weights.address(step.weight());
        calls.add((c, at) -> CudaLibrary.esn_logits(
                c, type, in.operand(at), in.extents(), weight, step.channels(), at.of(out), at.of(strange)));
        // Shown in traces as the 32-bit numbers they are.
        maps.put(step.output(), Operand.plain(size, out));
        return out;
    }
}

package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;
import org.efficientsegnet.nn.plan.MemoryPlan;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
import org.efficientsegnet.nn.plan.Step;

/**
 * Builds a {@link Program}: finds out how long each value of a plan lives, lets a step write over an input that nobody
 * reads later, and hands the {@link Lowering}s memory for values, temporaries and weights.
 *
 * <p>Moment 0 is the arrival of the input, moment i + 1 is step i.
 */
final class ProgramBuilder {

    private final Plan plan;
    private final PlanShapes shapes;
    private final memory.data_type type;
    private final PackedWeights weights;
    private final NativeObjects natives = new NativeObjects();
    private final Map<String, Integer> lastUse = new HashMap<>();
    private final Map<String, Integer> bufferOf = new HashMap<>();
    private final List<MemoryPlan.Buffer> buffers = new ArrayList<>();
    private final List<Resident> residents = new ArrayList<>();
    private List<Call> calls = new ArrayList<>();
    private int moment;

    private record Resident(memory memory, int buffer, long offset) {}

    private ProgramBuilder(Plan plan, PlanShapes shapes, memory.data_type type, PackedWeights weights) {
        this.plan = plan;
        this.shapes = shapes;
        this.type = type;
        this.weights = weights;
    }

    /** Builds a program for as many threads as the calling thread is set to. */
    static Program build(Plan plan, PlanShapes shapes, memory.data_type type, PackedWeights weights) {
        ProgramBuilder builder = new ProgramBuilder(plan, shapes, type, weights);
        try {
            return NativeObjects.scoped(builder::build);
        } catch (RuntimeException | Error e) {
            builder.natives.close();
            throw e;
        }
    }

    private Program build() {
        assignBuffers();
        memory input = input();
        List<Program.Stage> stages = new ArrayList<>();
        List<Call> arrival = calls;
        Map<String, memory> blocks = new LinkedHashMap<>();
        for (Step step : plan.steps()) {
            moment++;
            calls = new ArrayList<>();
            lower(step);
            stages.add(new Program.Stage(step, calls));
            if (plan.blocks().contains(step.output())) {
                blocks.put(step.output(), value(step.output()));
            }
        }
        memory logits =
                view(plan.logits().output(), planar(shapes.of(plan.logits().output())), 0);
        MemoryPlan memoryPlan = MemoryPlan.of(buffers);
        Arena arena = new Arena(memoryPlan.bytes());
        for (Resident resident : residents) {
            arena.place(resident.memory(), memoryPlan.offsets().get(resident.buffer()) + resident.offset());
        }
        return new Program(natives, arena, input, logits, arrival, stages, blocks);
    }

    private void assignBuffers() {
        for (int i = 0; i < plan.steps().size(); i++) {
            for (String input : plan.steps().get(i).inputs()) {
                lastUse.put(input, i + 1);
            }
        }
        lastUse.put(plan.logits().output(), plan.steps().size());
        bufferOf.put(plan.input(), buffer(valueBytes(plan.input()), 0, lastUse.get(plan.input())));
        for (int i = 0; i < plan.steps().size(); i++) {
            Step step = plan.steps().get(i);
            int now = i + 1;
            int last = lastUse.getOrDefault(step.output(), now);
            Integer over = overwritten(step, now);
            if (over == null) {
                bufferOf.put(step.output(), buffer(valueBytes(step.output()), now, last));
            } else {
                MemoryPlan.Buffer old = buffers.get(over);
                buffers.set(over, new MemoryPlan.Buffer(old.bytes(), old.first(), Math.max(old.last(), last)));
                bufferOf.put(step.output(), over);
            }
        }
    }

    /** The buffer of an input that the step may write over: elementwise steps whose input is not read again. */
    private Integer overwritten(Step step, int now) {
        List<String> candidates;
        if (step instanceof Step.Normalization norm) {
            candidates = List.of(norm.input());
        } else if (step instanceof Step.Resize resize) {
            candidates = resize.addend() == null ? List.of() : List.of(resize.addend());
        } else if (step instanceof Step.Sum || step instanceof Step.Relu || step instanceof Step.Gate) {
            candidates = step.inputs();
        } else {
            candidates = List.of();
        }
        for (String candidate : candidates) {
            if (lastUse.get(candidate) == now && valueBytes(candidate) == valueBytes(step.output())) {
                return bufferOf.get(candidate);
            }
        }
        return null;
    }

    private long valueBytes(String value) {
        boolean logits = value.equals(plan.logits().output());
        return shapes.of(value).elements() * (logits ? Float.BYTES : OneDnn.bytes(type));
    }

    private int buffer(long bytes, int first, int last) {
        buffers.add(new MemoryPlan.Buffer(bytes, first, last));
        return buffers.size() - 1;
    }

    /** Where the caller's input goes: 32-bit, channel after channel; from there it becomes the plan's first value. */
    private memory input() {
        Maps maps = shapes.of(plan.input());
        memory.desc planar = planar(maps);
        memory features = value(plan.input());
        if (planar.equals(features.get_desc())) {
            return features;
        }
        memory arrived = temporary(planar);
        reorder(arrived, features);
        return arrived;
    }

    private static memory.desc planar(Maps maps) {
        return new memory.desc(OneDnn.dimensions(maps), memory.data_type.f32, memory.format_tag.ncdhw);
    }

    private void lower(Step step) {
        if (step instanceof Step.Convolution convolution) {
            new ConvolutionLowering().lower(convolution, this);
        } else if (step instanceof Step.Normalization normalization) {
            new NormalizationLowering().lower(normalization, this);
        } else if (step instanceof Step.Resize resize) {
            new SeparableLowering().lower(resize, this);
        } else if (step instanceof Step.AdaptivePooling pooling) {
            new SeparableLowering().lower(pooling, this);
        } else if (step instanceof Step.MaxPooling pooling) {
            new PoolingLowering().lower(pooling, this);
        } else if (step instanceof Step.AveragePooling pooling) {
            new PoolingLowering().lower(pooling, this);
        } else if (step instanceof Step.Strip strip) {
            new PoolingLowering().lower(strip, this);
        } else if (step instanceof Step.Sum sum) {
            new ElementwiseLowering().lower(sum, this);
        } else if (step instanceof Step.Relu relu) {
            new ElementwiseLowering().lower(relu, this);
        } else if (step instanceof Step.Gate gate) {
            new ElementwiseLowering().lower(gate, this);
        } else if (step instanceof Step.Concatenation concatenation) {
            new ConcatenationLowering().lower(concatenation, this);
        } else {
            new LogitsLowering().lower((Step.Logits) step, this);
        }
    }

    /** The type of feature maps. */
    memory.data_type type() {
        return type;
    }

    /** The size of a value. */
    Maps maps(String value) {
        return shapes.of(value);
    }

    /** The weights. */
    PackedWeights weights() {
        return weights;
    }

    /** How feature maps of a value lie in memory: channels last. */
    memory.desc layout(String value) {
        return OneDnn.channelsLast(shapes.of(value), type);
    }

    /** A value as it lies in memory. */
    memory value(String value) {
        return view(value, layout(value), 0);
    }

    /** A part of a value, or a value with other dimensions. */
    memory view(String value, memory.desc layout, long offsetBytes) {
        return resident(layout, bufferOf.get(value), offsetBytes);
    }

    /** Whether a step's output lies over one of its inputs. */
    boolean isInPlace(String output, String input) {
        return bufferOf.get(output).equals(bufferOf.get(input));
    }

    /** A buffer of this step alone; {@link #within} gives memory in it. */
    int temporaryBuffer(long bytes) {
        return buffer(bytes, moment, moment);
    }

    /** Memory in a buffer of this step. */
    memory within(int buffer, memory.desc layout, long offsetBytes) {
        return resident(layout, buffer, offsetBytes);
    }

    /** Memory of this step alone. */
    memory temporary(memory.desc layout) {
        return within(temporaryBuffer(layout.get_size()), layout, 0);
    }

    private memory resident(memory.desc layout, int buffer, long offset) {
        // Without an address until the arena has one.
        memory memory = natives.keep(new memory(layout, OneDnn.CPU, new Pointer()));
        residents.add(new Resident(memory, buffer, offset));
        return memory;
    }

    /**
     * Adds a call.
     *
     * @param description that the primitive was made of; names the implementation and the scratch memory
     * @param arguments role ({@code DNNL_ARG_…}) and memory in turn
     */
    void call(primitive_desc_base description, primitive primitive, Object... arguments) {
        call(made(description, primitive, arguments));
    }

    /** As {@link #call(primitive_desc_base, primitive, Object...)}, for somebody else to add. */
    Call made(primitive_desc_base description, primitive primitive, Object... arguments) {
        IntMemoryMap map = natives.keep(new IntMemoryMap());
        for (int i = 0; i < arguments.length; i += 2) {
            map.put((Integer) arguments[i], (memory) arguments[i + 1]);
        }
        memory.desc scratch = description.scratchpad_desc();
        if (scratch.get_size() > 0) {
            map.put(dnnl.DNNL_ARG_SCRATCHPAD, temporary(scratch));
        }
        return new Call.OfPrimitive(
                natives.keep(primitive), map, description.impl_info_str().getString());
    }

    /** Adds a call. */
    void call(Call call) {
        calls.add(call);
    }

    /** Adds a copy into another layout or type. */
    void reorder(memory from, memory to) {
        reorder.primitive_desc description = new reorder.primitive_desc(from, to, OneDnn.attributes(), false);
        call(description, new reorder(description), dnnl.DNNL_ARG_FROM, from, dnnl.DNNL_ARG_TO, to);
    }
}

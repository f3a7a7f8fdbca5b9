// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.efficientsegnet.nn.plan.MemoryPlan;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Shape;

/**
 * Builds a {@link Program}: finds out how long each value of a plan lives, lets a step write over an input that nobody
 * reads later, and hands the lowerings, one class a kind of step, memory
 * for values, temporaries and weights.
 *
 * <p>Moment 0 is the arrival of the input, moment i + 1 is step i.
 */
final class ProgramBuilder {

    private final Plan plan;
    private final PlanShapes shapes;
    private final memory.data_type type;
    private final PackedWeights weights;
    private final Quantization quantization;
    private final int workers;
    private final NativeObjects natives = new NativeObjects();
    private final CallerArrays caller = new CallerArrays();
    private final Map<String, Integer> lastUse = new HashMap<>();
    /** The same for the 8-bit copies of values. */
    private final Map<String, Integer> lastQuantizedUse = new HashMap<>();

    private final Map<String, Integer> bufferOf = new HashMap<>();
    private final Map<String, Integer> quantizedBufferOf = new HashMap<>();
    private final List<MemoryPlan.Buffer> buffers = new ArrayList<>();
    private final List<Long> perWorker = new ArrayList<>();
    private final Map<List<?>, Kernel> kernels = new HashMap<>();
    private final Map<String, Statistics> statistics = new HashMap<>();
    private List<Job> jobs = new ArrayList<>();
    private int moment;
    /** The buffer of this step for what kernels need while they run; -1 if none has needed any. */
    private int scratch = -1;
    /** Whether this step has written the 8-bit copy of its output. */
    private boolean quantized;

    private ProgramBuilder(
            Plan plan,
            PlanShapes shapes,
            memory.data_type type,
            PackedWeights weights,
            Quantization quantization,
            int workers) {
        this.plan = plan;
        this.shapes = shapes;
        this.type = type;
        this.weights = weights;
        this.quantization = quantization;
        this.workers = workers;
    }

    /**
     * Builds a program. The calling thread is a worker: oneDNN is serial on it.
     *
     * @param type of feature maps
     * @param quantization what is computed in 8 bits all the same
     * @param workers how many work on a run at most
     */
    static Program build(
            Plan plan,
            PlanShapes shapes,
            memory.data_type type,
            PackedWeights weights,
            Quantization quantization,
            int workers) {
        ProgramBuilder builder = new ProgramBuilder(plan, shapes, type, weights, quantization, workers);
        try {
            return NativeObjects.scoped(builder::build);
        } catch (RuntimeException | Error e) {
            builder.natives.close();
            throw e;
        }
    }

    private Program build() {
        assignBuffers();
        List<Program.LoweredStep> stages = new ArrayList<>();
        new ArrivalLowering(plan.input(), this).lower();
        stages.add(new Program.LoweredStep(null, jobs));
        Map<String, Place> values = new LinkedHashMap<>();
        for (Step step : plan.steps()) {
            moment++;
            scratch = -1;
            jobs = new ArrayList<>();
            quantized = false;
            lower(step);
            if (quantizedBufferOf.containsKey(step.output()) && !quantized) {
                new Quantizer(step.output(), this).lower();
            }
            stages.add(new Program.LoweredStep(step, jobs));
            if (bufferOf.containsKey(step.output())) {
                values.put(step.output(), value(step.output(), 0));
            }
        }
        MemoryPlan memoryPlan = MemoryPlan.of(buffers);
        Buffers places = new Buffers(
                memoryPlan.offsets().stream().mapToLong(Long::longValue).toArray(),
                perWorker.stream().mapToLong(Long::longValue).toArray());
        return new Program(natives, places, new Arena(memoryPlan.bytes()), caller, stages, values, type, workers);
    }

    private void assignBuffers() {
        for (int i = 0; i < plan.steps().size(); i++) {
            Map<String, Integer> uses = quantization.isQuantized(plan.steps().get(i)) ? lastQuantizedUse : lastUse;
            for (String input : plan.steps().get(i).inputs()) {
                uses.put(input, i + 1);
            }
        }
        bufferOf.put(plan.input(), buffer(valueBytes(plan.input()), 0, lastUse.get(plan.input())));
        // The logits go to the caller's array.
        for (int i = 0; i < plan.steps().size() - 1; i++) {
            Step step = plan.steps().get(i);
            int now = i + 1;
            if (quantization.isQuantized(step.output())) {
                long bytes = shapes.of(step.output()).elements();
                quantizedBufferOf.put(step.output(), buffer(bytes, now, lastQuantizedUse.get(step.output())));
            }
            if (isWrittenQuantized(step)) {
                continue;
            }
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

    /** The buffer of an input that the step may write over since nothing reads it again, or null. */
    private Integer overwritten(Step step, int now) {
        for (String candidate : Overwritable.inputs(step)) {
            if (lastUse.get(candidate) == now && valueBytes(candidate) == valueBytes(step.output())) {
                return bufferOf.get(candidate);
            }
        }
        return null;
    }

    private long valueBytes(String value) {
        return shapes.of(value).elements() * OneDnn.bytes(type);
    }

    private int buffer(long bytes, int first, int last) {
        buffers.add(new MemoryPlan.Buffer(bytes, first, last));
        perWorker.add(0L);
        return buffers.size() - 1;
    }

    private void lower(Step lowered) {
        lowered.accept(new Step.Visitor() {
            @Override
            public void convolution(Step.Convolution step) {
                ConvolutionLowering.lower(step, ProgramBuilder.this);
            }

            @Override
            public void normalization(Step.Normalization step) {
                new NormalizationLowering(step, ProgramBuilder.this).lower();
            }

            @Override
            public void sum(Step.Sum step) {
                new ElementwiseLowering(step, ProgramBuilder.this).lower(step);
            }

            @Override
            public void relu(Step.Relu step) {
                new ElementwiseLowering(step, ProgramBuilder.this).lower(step);
            }

            @Override
            public void gate(Step.Gate step) {
                new ElementwiseLowering(step, ProgramBuilder.this).lower(step);
            }

            @Override
            public void concatenation(Step.Concatenation step) {
                new ConcatenationLowering(step, ProgramBuilder.this).lower();
            }

            @Override
            public void maxPooling(Step.MaxPooling step) {
                PoolingLowering.lower(step, ProgramBuilder.this);
            }

            @Override
            public void averagePooling(Step.AveragePooling step) {
                PoolingLowering.lower(step, ProgramBuilder.this);
            }

            @Override
            public void adaptivePooling(Step.AdaptivePooling step) {
                SeparableLowering.lower(step, ProgramBuilder.this);
            }

            @Override
            public void strip(Step.Strip step) {
                PoolingLowering.lower(step, ProgramBuilder.this);
            }

            @Override
            public void resize(Step.Resize step) {
                SeparableLowering.lower(step, ProgramBuilder.this);
            }

            @Override
            public void logits(Step.Logits step) {
                new LogitsLowering(step, ProgramBuilder.this).lower();
            }
        });
    }

    /** Whether a step writes nothing but the 8-bit copy of its output. */
    boolean isWrittenQuantized(Step step) {
        return step instanceof Step.Normalization norm
                && norm.residual() == null
                && quantization.isQuantized(step.output())
                && !quantization.isReadWide(step.output());
    }

    /** What is computed in 8 bits. */
    Quantization quantization() {
        return quantization;
    }

    /** What makes the 8-bit copy of the output of this step, which then has to use it; null if nobody needs one. */
    Quantizer quantizer(String output) {
        if (!quantizedBufferOf.containsKey(output)) {
            return null;
        }
        quantized = true;
        return new Quantizer(output, this);
    }

    /** Where the 8-bit copy of a value lies, so many bytes from its begin. */
    Place quantized(String value, long offsetBytes) {
        return new Place(quantizedBufferOf.get(value), offsetBytes);
    }

    /** The type of feature maps. */
    memory.data_type type() {
        return type;
    }

    /** The size of a value. */
    FeatureShape maps(String value) {
        return shapes.of(value);
    }

    /** Floating-point operations of a step. */
    double flops(Step step) {
        return shapes.flops(step);
    }

    /** The weights. */
    PackedWeights weights() {
        return weights;
    }

    /** The arrays of the caller of a run. */
    CallerArrays caller() {
        return caller;
    }

    /**
     * How long work takes one worker, ns, roughly; by what a core does today, since only the sizes of tasks and the pace of
     * progress hang on it.
     *
     * @param flops floating-point operations
     * @param numbers how many numbers of feature maps are read and written
     */
    long nanos(double flops, long numbers) {
        double gigaflops = type == memory.data_type.bf16 ? 250 : 120;
        double gigabytes = 12;
        return (long) (flops / gigaflops + numbers * OneDnn.bytes(type) / gigabytes);
    }

    /** Some slices of feature maps, channels last. */
    memory.desc layout(FeatureShape maps, int slices) {
        Shape shape = maps.shape();
        return OneDnn.channelsLast(new FeatureShape(maps.channels(), new Shape(slices, shape.y(), shape.x())), type);
    }

    /** Where a value lies, so many bytes from its begin. */
    Place value(String value, long offsetBytes) {
        return new Place(bufferOf.get(value), offsetBytes);
    }

    /** Where a slice of a value begins. */
    Place slices(String value, long first) {
        return rows(value, first, 0);
    }

    /** Where a row of a slice of a value begins. */
    Place rows(String value, long slice, long row) {
        FeatureShape maps = shapes.of(value);
        long rowBytes = (long) maps.shape().x() * maps.channels() * OneDnn.bytes(type);
        return value(value, (slice * maps.shape().y() + row) * rowBytes);
    }

    /** Where a row of a slice of the 8-bit copy of a value begins. */
    Place quantizedRows(String value, long slice, long row) {
        FeatureShape maps = shapes.of(value);
        return quantized(value, (slice * maps.shape().y() + row) * maps.shape().x() * maps.channels());
    }

    /** Whether a step's output lies over one of its inputs. */
    boolean isInPlace(String output, String input) {
        return bufferOf.get(output).equals(bufferOf.get(input));
    }

    /** A buffer of this step that all workers share. */
    Place temporary(long bytes) {
        return new Place(buffer(bytes, moment, moment), 0);
    }

    /** A buffer of this step for each worker. */
    int workerBuffer(long bytes) {
        int buffer = buffer(0, moment, moment);
        resizeForWorkers(buffer, bytes);
        return buffer;
    }

    /** Gives a worker's buffer at least so many bytes. */
    void enlarge(int buffer, long bytes) {
        if (perWorker.get(buffer) < bytes) {
            resizeForWorkers(buffer, bytes);
        }
    }

    private void resizeForWorkers(int buffer, long bytes) {
        // Whole pages, so that workers do not write into the same cache line.
        long each = (bytes + MemoryPlan.ALIGNMENT - 1) / MemoryPlan.ALIGNMENT * MemoryPlan.ALIGNMENT;
        perWorker.set(buffer, each);
        resize(buffer, each * workers);
    }

    /** Gives a buffer another size. */
    void resize(int buffer, long bytes) {
        MemoryPlan.Buffer old = buffers.get(buffer);
        buffers.set(buffer, new MemoryPlan.Buffer(bytes, old.first(), old.last()));
    }

    /** The statistics of a value that this step writes, which it then has to find; null if nobody needs them. */
    Statistics wanted(String value) {
        return isNormalized(value) ? statistics.computeIfAbsent(value, this::statistics) : null;
    }

    /** The statistics of a value that a step before this one has found; null if none has. */
    Statistics found(String value) {
        return statistics.get(value);
    }

    /** The statistics of a value, which this step has to find for itself. */
    Statistics statistics(String value) {
        return new Statistics(value, this);
    }

    private boolean isNormalized(String value) {
        return plan.steps().stream()
                .anyMatch(step ->
                        step instanceof Step.Normalization norm && norm.input().equals(value));
    }

    /** A kernel that steps share which need the same. */
    Kernel kernel(List<?> key, Supplier<Kernel> made) {
        Kernel kernel = kernels.get(key);
        if (kernel == null) {
            kernel = made.get();
            kernels.put(key, kernel);
        }
        return kernel;
    }

    /**
     * A kernel.
     *
     * @param description that the primitive was made of; names the implementation and the scratch memory
     * @param arguments without the scratch memory
     */
    Kernel kernel(primitive_desc_base description, primitive primitive, Kernel.Argument... arguments) {
        List<Kernel.Argument> all = new ArrayList<>(List.of(arguments));
        memory.desc need = description.scratchpad_desc();
        if (need.get_size() > 0) {
            all.add(new Kernel.Argument(dnnl.DNNL_ARG_SCRATCHPAD, need));
        }
        all.stream().filter(argument -> argument.fixed() == null).forEach(argument -> natives.keep(argument.layout()));
        return new Kernel(
                natives.keep(primitive), description.impl_info_str().getString(), need.get_size(), all, workers);
    }

    /** A call of a kernel in this step, with what it needs of scratch memory. */
    Call call(Kernel kernel, Place... places) {
        if (kernel.scratchBytes() == 0) {
            return kernel.at(places);
        }
        if (scratch < 0) {
            scratch = workerBuffer(kernel.scratchBytes());
        } else {
            enlarge(scratch, kernel.scratchBytes());
        }
        Place[] all = Arrays.copyOf(places, places.length + 1);
        all[places.length] = new Place(scratch, 0);
        return kernel.at(all);
    }

    /** Adds a job; tasks as for {@link Job}. */
    void job(List<List<Call>> tasks, long nanos) {
        jobs.add(new Job(tasks, nanos));
    }
}

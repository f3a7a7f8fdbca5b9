// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.efficientsegnet.nn.onednn.NativeObjects;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.plan.MemoryPlan;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.train.ParameterLayout;

/**
 * Builds a {@link TrainingProgram}: the steps of a plan forwards, the loss, and the steps backwards. Each step's form
 * adds phases here; memory that a phase uses lives until then. What forward leaves for backward is kept that way too.
 *
 * <p>How work is cut into tasks depends on sizes alone, never on the number of workers, and sums over tasks are taken in
 * their order: so a gradient has the same bits for any number of workers.
 */
final class TrainingBuilder {

    private final Plan plan;
    private final PlanShapes shapes;
    private final Arithmetic arithmetic;
    private memory.data_type type;
    private final ParameterLayout layout;
    private final TrainingRunState run;
    private final boolean recomputes;
    private final int workers;
    private final NativeObjects natives = new NativeObjects();
    private final List<Phase> phases = new ArrayList<>();
    private final List<Region> regions = new ArrayList<>();
    private final List<Region> lasting = new ArrayList<>();
    private final List<Phase.Task> deferred = new ArrayList<>();
    private final List<Runnable> deferredUses = new ArrayList<>();
    private final Map<Typed, Region> values = new HashMap<>();
    private final Map<Typed, Region> gradients = new HashMap<>();
    private final Map<String, double[]> alongFilters = new HashMap<>();
    private final Map<String, Kernel> kernels = new HashMap<>();
    private final Map<String, Place> constants = new HashMap<>();
    private final Map<String, ParameterLayout.Parameter> parameters = new HashMap<>();
    private final Set<String> differentiable = new HashSet<>();
    private final WeightPacking packing;
    private final TrainingProgram.Workers machines;

    private TrainingBuilder(
            Plan plan,
            PlanShapes shapes,
            memory.data_type type,
            ParameterLayout layout,
            TrainingRunState run,
            boolean recomputes,
            int workers) {
        this.plan = plan;
        this.shapes = shapes;
        this.arithmetic = new Arithmetic(plan, shapes, type);
        this.type = type;
        this.layout = layout;
        this.run = run;
        this.recomputes = recomputes;
        this.workers = workers;
        this.machines = new TrainingProgram.Workers(natives, workers);
        layout.parameters().forEach(p -> parameters.put(p.name(), p));
        for (Step step : plan.steps()) {
            if (!step.weights().isEmpty() || step.inputs().stream().anyMatch(differentiable::contains)) {
                differentiable.add(step.output());
            }
        }
        this.packing = new WeightPacking(this);
    }

    /** A value, or a gradient by it, in one of two types. */
    private record Typed(String value, memory.data_type type) {}

    /**
     * Builds a program; to be called on a thread on which oneDNN is serial.
     *
     * @param run what a run is given and gives
     * @param recomputes whether what is cheap to compute is computed again on the way back, instead of being kept
     */
    static TrainingProgram build(
            Plan plan,
            PlanShapes shapes,
            memory.data_type type,
            ParameterLayout layout,
            TrainingRunState run,
            TrainingLoss loss,
            boolean recomputes,
            int workers) {
        TrainingBuilder builder = new TrainingBuilder(plan, shapes, type, layout, run, recomputes, workers);
        try {
            return NativeObjects.scoped(() -> builder.build(loss));
        } catch (RuntimeException | Error e) {
            builder.natives.close();
            throw e;
        }
    }

    private TrainingProgram build(TrainingLoss loss) {
        phases.add(packing.phase());
        List<StepForm> forms = new ArrayList<>();
        Recomputation recomputation = new Recomputation(this);
        type = arithmetic.computed(plan.input());
        ArrivalForm.arrive(this);
        for (Step step : plan.steps()) {
            StepForm form = StepForms.of(step);
            forward(step, form);
            forms.add(form);
            if (recomputes && arithmetic.isCommon(step, form)) {
                recomputation.consider(step, form);
            }
        }
        LossForm.lower(loss, this);
        recomputation.forget(Set.of());
        for (int i = forms.size() - 1; i >= 0; i--) {
            forms.get(i).wanted().forEach(recomputation::provide);
            recomputation.forget(wantedBy(forms.subList(0, i + 1)));
            backward(plan.steps().get(i), forms.get(i));
        }
        if (!deferred.isEmpty()) {
            phase("weight gradients");
        }
        return program();
    }

    /** What is written in another type than the common one is there in both. */
    private void forward(Step step, StepForm form) {
        type = arithmetic.forward(step, form);
        step.inputs().forEach(input -> bring(input, values));
        form.forward(this);
        type = arithmetic.common();
        bring(step.output(), values);
    }

    private void backward(Step step, StepForm form) {
        type = arithmetic.backward(step, form);
        form.wanted().forEach(value -> bring(value, values));
        move(step.output());
        step.inputs().forEach(this::move);
        form.backward(this);
        type = arithmetic.common();
    }

    /** Sees to it that a value, or the gradient by it, is there in the present type, if it is there in any. */
    private void bring(String value, Map<Typed, Region> those) {
        Typed wished = new Typed(value, type);
        if (those.containsKey(wished)) {
            return;
        }
        memory.data_type other = type == memory.data_type.f32 ? arithmetic.common() : memory.data_type.f32;
        Region source = those.get(new Typed(value, other));
        if (source == null) {
            return;
        }
        Phase phase = phase(value + " as " + type);
        use(source);
        Region target = region(shapes.of(value).elements() * typeBytes());
        for (Flat.Part part : Flat.parts(shapes.of(value).elements())) {
            Kernel kernel = Flat.convert(this, other, type, part.size());
            phase.task(
                    call(kernel, source.at(part.from() * OneDnn.bytes(other)), target.at(part.from() * typeBytes())));
        }
        those.put(wished, target);
    }

    /** The gradient by a value, or what there is of it already, is in the present type and no other. */
    private void move(String value) {
        bring(value, gradients);
        gradients.keySet().removeIf(key -> key.value().equals(value) && key.type() != type);
    }

    private static Set<String> wantedBy(List<StepForm> forms) {
        return forms.stream().flatMap(form -> form.wanted().stream()).collect(Collectors.toSet());
    }

    private TrainingProgram program() {
        long scratch = 0;
        for (Kernel kernel : kernels.values()) {
            scratch = Math.max(scratch, kernel.scratchBytes());
        }
        for (int worker = 0; worker < workers; worker++) {
            machines.scratch(worker, lasting(scratch));
        }
        lasting.forEach(region -> {
            region.use(0);
            region.use(phases.size() - 1);
        });
        MemoryPlan memory = MemoryPlan.of(regions.stream()
                .map(region -> new MemoryPlan.Buffer(region.bytes(), region.first(), region.last()))
                .toList());
        return new TrainingProgram(natives, machines, phases, regions, memory);
    }

    // ---- what forms ask for

    /** The type of feature maps and of their gradients in the step that phases are added for. */
    memory.data_type type() {
        return type;
    }

    /** Bytes of a number of a feature map. */
    int typeBytes() {
        return OneDnn.bytes(type);
    }

    FeatureShape maps(String value) {
        return shapes.of(value);
    }

    Plan plan() {
        return plan;
    }

    ParameterLayout layout() {
        return layout;
    }

    TrainingRunState run() {
        return run;
    }

    int workers() {
        return workers;
    }

    NativeObjects natives() {
        return natives;
    }

    WeightPacking packing() {
        return packing;
    }

    ParameterLayout.Parameter parameter(String name) {
        ParameterLayout.Parameter parameter = parameters.get(name);
        if (parameter == null) {
            throw new IllegalArgumentException("the plan has the weight " + name + ", which the network has not");
        }
        return parameter;
    }

    /** Whether the loss depends on a weight by way of this value, so that its gradient is wanted. */
    boolean isDifferentiable(String value) {
        return differentiable.contains(value);
    }

    /** Begins a phase; all that is asked for from now on is used by it. */
    Phase phase(String name) {
        Phase phase = new Phase(name);
        phases.add(phase);
        deferredUses.forEach(Runnable::run);
        deferredUses.clear();
        deferred.forEach(phase::task);
        deferred.clear();
        return phase;
    }

    /** Adds a task to the phase that will begin next; nothing in between waits for it. */
    void later(List<Region> used, Phase.Task task) {
        deferredUses.add(() -> used.forEach(this::use));
        deferred.add(task);
    }

    private int now() {
        return phases.size() - 1;
    }

    /** Memory of the present phase, and of later ones that {@link #use} it. */
    Region region(long bytes) {
        Region region = new Region(bytes, now());
        regions.add(region);
        return region;
    }

    /** Memory that lives as long as the program. */
    Region lasting(long bytes) {
        Region region = region(bytes);
        lasting.add(region);
        return region;
    }

    /** Memory of the present phase, for each worker. */
    Place perWorker(long bytes) {
        Region[] each = new Region[workers];
        for (int worker = 0; worker < workers; worker++) {
            each[worker] = region(bytes);
        }
        return new Place(each, 0);
    }

    /** The present phase uses it. */
    Region use(Region region) {
        region.use(now());
        return region;
    }

    /** Memory for a value that the present phase computes. */
    Region define(String value) {
        boolean logits = value.equals(plan.logits().output());
        Region region = region(shapes.of(value).elements() * (logits ? Float.BYTES : typeBytes()));
        values.put(new Typed(value, type), region);
        return region;
    }

    /** A value that the present phase reads. */
    Region value(String value) {
        return value(value, type);
    }

    /** A value that the present phase reads, in a type. */
    Region value(String value, memory.data_type wished) {
        Region region = values.get(new Typed(value, wished));
        if (region == null) {
            throw new IllegalStateException(value + " is read, but not there");
        }
        return use(region);
    }

    /** The type in which forward computed a value. */
    memory.data_type computedType(String value) {
        return arithmetic.computed(value);
    }

    /** Whether a value was computed, and not forgotten since. */
    boolean hasValue(String value) {
        return values.containsKey(new Typed(value, type));
    }

    /** Nothing reads a value any more, or not before it is defined again. */
    void forget(String value) {
        values.remove(new Typed(value, type));
    }

    /** The gradient by a value, which is complete: all that read the value have been differentiated. */
    Region gradient(String value) {
        Region region = gradients.get(new Typed(value, type));
        if (region == null) {
            throw new IllegalArgumentException("no step of the plan reads " + value);
        }
        return use(region);
    }

    /** Whether there is a part of the gradient by a value already. */
    boolean hasGradient(String value) {
        return gradients.containsKey(new Typed(value, type));
    }

    /** Memory for the first part of the gradient by a value. */
    Region defineGradient(String value) {
        Region region = region(shapes.of(value).elements() * typeBytes());
        gradients.put(new Typed(value, type), region);
        return region;
    }

    /**
     * What the product of each filter with the gradient by it is, for a value that a norm alone reads: known when the norm
     * has been differentiated.
     */
    void alongFilters(String value, double[] products) {
        long readings = plan.steps().stream()
                .flatMap(step -> step.inputs().stream())
                .filter(value::equals)
                .count();
        if (readings == 1) {
            alongFilters.put(value, products);
        }
    }

    /** What the product of each filter with the gradient by it will be, or null if no norm knows it. */
    double[] alongFilters(String value) {
        return alongFilters.get(value);
    }

    /** Makes a region, that nothing writes any more but what adds to it, the first part of the gradient by a value. */
    void handOver(Region region, String value) {
        gradients.put(new Typed(value, type), use(region));
    }

    /** A task that runs kernels in turn. */
    static Phase.Task inTurn(List<Phase.Task> calls) {
        List<Phase.Task> copy = List.copyOf(calls);
        return worker -> {
            for (Phase.Task call : copy) {
                call.run(worker);
            }
        };
    }

    /** A call of a kernel. */
    Phase.Task call(Kernel kernel, Place... places) {
        for (Place place : places) {
            for (Region region : place.regions()) {
                use(region);
            }
        }
        return worker -> kernel.run(worker, machines.stream(worker), machines.scratchAddress(worker), places);
    }

    /** A kernel for the present type, made once for its key. */
    Kernel kernel(String key, Supplier<Kernel> make) {
        String typed = type + " " + key;
        Kernel kernel = kernels.get(typed);
        if (kernel == null) {
            kernel = make.get();
            kernels.put(typed, kernel);
        }
        return kernel;
    }

    /** Makes a kernel. */
    Kernel make(primitive_desc_base description, primitive primitive, int[] roles, memory.desc... layouts) {
        return new Kernel(natives, workers, description, primitive, dnnl.DNNL_ARG_SCRATCHPAD, roles, layouts);
    }

    /** Copies from one layout or type to another. */
    Kernel reorder(String key, memory.desc from, memory.desc to) {
        return kernel(key, () -> {
            reorder.primitive_desc description =
                    new reorder.primitive_desc(OneDnn.CPU, from, OneDnn.CPU, to, OneDnn.attributes(), false);
            return make(
                    description, new reorder(description), new int[] {dnnl.DNNL_ARG_FROM, dnnl.DNNL_ARG_TO}, from, to);
        });
    }

    /** Numbers that never change, in the layout and type that is wished for. */
    Place constant(String key, float[] numbers, memory.desc plain, memory.desc wished) {
        return constants.computeIfAbsent(
                type + " " + key,
                name -> NativeObjects.scoped(() -> {
                    memory target = natives.keep(new memory(wished, OneDnn.CPU));
                    memory source = new memory(plain, OneDnn.CPU, new FloatPointer(numbers));
                    new reorder(source, target).execute(machines.stream(0), source, target);
                    machines.stream(0)._wait();
                    Pointer handle = target.get_data_handle();
                    return Region.fixed(wished.get_size(), handle.address()).at(0);
                }));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.ObjLongConsumer;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.efficientsegnet.nn.plan.Closing;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.RunPool;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.team.WorkerTeam;
import org.efficientsegnet.spi.Network;

/**
 * A plan for one input size, type and number of workers, with its primitives and its memory. Owns them; not thread-safe:
 * one run at a time, by a team of that many workers or fewer.
 */
final class Program implements RunPool.Resource {

    private final NativeObjects natives;
    private final Arena arena;
    private final CallerArrays caller;
    private final List<LoweredStep> stages;
    private final Map<String, Place> values;
    private final memory.data_type type;
    private final Worker[] workers;
    private final long nanos;
    private final WorkerTeam.Task task = this::task;
    /** The job on its way. */
    private Job job;

    /**
     * A step and what computes it.
     *
     * @param step the step of the plan; null for the arrival of the input
     * @param jobs done in turn
     */
    record LoweredStep(Step step, List<Job> jobs) {
        LoweredStep {
            jobs = List.copyOf(jobs);
        }

        /** The implementation that oneDNN chose, or those. */
        String implementation() {
            return String.join(
                    ", ",
                    jobs.stream()
                            .flatMap(job -> job.tasks().stream())
                            .flatMap(List::stream)
                            .map(Call::implementation)
                            .distinct()
                            .toList());
        }
    }

    /**
     * @param natives become the program's
     * @param buffers where they lie in the arena
     * @param arena becomes the program's
     * @param caller what the calls read the input from and write the logits to
     * @param stages the arrival of the input, then the steps of the plan
     * @param values where the outputs of steps lie, once a step has ended
     * @param type of feature maps
     * @param workers how many work on a run at most
     */
    Program(
            NativeObjects natives,
            Buffers buffers,
            Arena arena,
            CallerArrays caller,
            List<LoweredStep> stages,
            Map<String, Place> values,
            memory.data_type type,
            int workers) {
        this.natives = natives;
        this.arena = arena;
        this.caller = caller;
        this.stages = List.copyOf(stages);
        this.values = values;
        this.type = type;
        this.workers = new Worker[workers];
        for (int i = 0; i < workers; i++) {
            this.workers[i] = new Worker(i, buffers);
        }
        this.nanos = stages.stream()
                .flatMap(stage -> stage.jobs().stream())
                .mapToLong(Job::nanos)
                .sum();
    }

    /** The steps in the order of computation. */
    List<LoweredStep> stages() {
        return stages.subList(1, stages.size());
    }

    /** How much memory a run needs besides the weights. */
    long bytes() {
        return arena.bytes();
    }

    /** Runs from input to logits; the arrays are as for {@link Network#run}. */
    void run(WorkerTeam team, float[] input, float[] logits) {
        begin(team, input, logits);
        try {
            for (LoweredStep stage : stages) {
                execute(team, stage);
            }
        } finally {
            caller.set(null, null);
        }
    }

    /** Runs and tells how long each step took, ns. */
    void profile(WorkerTeam team, float[] input, float[] logits, ObjLongConsumer<LoweredStep> times) {
        begin(team, input, logits);
        for (LoweredStep stage : stages) {
            long started = System.nanoTime();
            execute(team, stage);
            if (stage.step() != null) {
                times.accept(stage, System.nanoTime() - started);
            }
        }
    }

    /** Runs, one task after the other, and tells how long each task of each job took, ns. */
    void timeTasks(WorkerTeam team, float[] input, float[] logits, BiConsumer<LoweredStep, long[]> times) {
        begin(team, input, logits);
        for (LoweredStep stage : stages) {
            for (Job next : stage.jobs()) {
                long[] nanos = new long[next.tasks().size()];
                job = next;
                team.run(1, next.nanos(), (only, worker) -> {
                    for (int i = 0; i < nanos.length; i++) {
                        long started = System.nanoTime();
                        task(i, worker);
                        nanos[i] = System.nanoTime() - started;
                    }
                });
                times.accept(stage, nanos);
            }
        }
    }

    /** Runs and shows the outputs of these steps, the logits last. */
    void trace(
            WorkerTeam team,
            float[] input,
            PlanShapes shapes,
            Collection<String> steps,
            Network.BlockObserver observer) {
        Step last = stages.get(stages.size() - 1).step();
        float[] logits = new float[(int) shapes.of(last.output()).elements()];
        begin(team, input, logits);
        for (LoweredStep stage : stages) {
            execute(team, stage);
            if (stage.step() != null
                    && stage.step() != last
                    && steps.contains(stage.step().output())) {
                String name = stage.step().output();
                PlanShapes.FeatureShape maps = shapes.of(name);
                observer.block(name, maps.channels(), maps.shape(), planar(values.get(name), maps));
            }
        }
        PlanShapes.FeatureShape maps = shapes.of(last.output());
        observer.block("output", maps.channels(), maps.shape(), logits);
    }

    /**
     * Runs and finds how large the numbers of feature maps are, which have to be 32-bit.
     *
     * @param names of these
     */
    Map<String, Magnitudes> magnitudes(WorkerTeam team, float[] input, PlanShapes shapes, Set<String> names) {
        Step last = stages.get(stages.size() - 1).step();
        float[] logits = new float[(int) shapes.of(last.output()).elements()];
        Map<String, Magnitudes> found = new HashMap<>();
        begin(team, input, logits);
        for (LoweredStep stage : stages) {
            execute(team, stage);
            if (stage.step() != null && names.contains(stage.step().output())) {
                String name = stage.step().output();
                found.put(name, magnitudes(values.get(name), shapes.of(name).elements()));
            }
        }
        return found;
    }

    private Magnitudes magnitudes(Place place, long numbers) {
        Magnitudes magnitudes = new Magnitudes();
        float[] part = new float[1 << 16];
        for (long done = 0; done < numbers; done += part.length) {
            int count = (int) Math.min(part.length, numbers - done);
            workers[0].floats(place.plus(done * Float.BYTES)).get(part, 0, count);
            magnitudes.add(part, count);
        }
        return magnitudes;
    }

    private void begin(WorkerTeam team, float[] input, float[] logits) {
        BytePointer start = arena.require();
        for (Worker worker : workers) {
            worker.begin(start);
        }
        caller.set(input, logits);
        team.expect(nanos);
    }

    private void execute(WorkerTeam team, LoweredStep stage) {
        for (Job next : stage.jobs()) {
            job = next;
            team.run(next.tasks().size(), next.nanos(), task);
        }
    }

    private void task(int number, int worker) {
        for (Call call : job.tasks().get(number)) {
            call.run(workers[worker]);
        }
    }

    private float[] planar(Place block, PlanShapes.FeatureShape maps) {
        return NativeObjects.scoped(() -> {
            memory source = new memory(OneDnn.channelsLast(maps, type), OneDnn.CPU);
            workers[0].move(source, block);
            memory target = new memory(
                    new memory.desc(OneDnn.dimensions(maps), memory.data_type.f32, memory.format_tag.ncdhw),
                    OneDnn.CPU);
            new reorder(source, target).execute(workers[0].stream(), source, target);
            workers[0].stream()._wait();
            float[] values = new float[(int) maps.elements()];
            new FloatPointer(target.get_data_handle()).get(values);
            return values;
        });
    }

    /** Gives the working memory back until the next run. */
    @Override
    public void release() {
        arena.release();
    }

    @Override
    public void close() {
        List<Runnable> closings = new ArrayList<>(List.of(arena::close));
        for (Worker worker : workers) {
            closings.add(worker::close);
        }
        closings.add(natives::close);
        Closing.all(closings);
    }
}

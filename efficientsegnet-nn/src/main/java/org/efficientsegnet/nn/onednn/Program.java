package org.efficientsegnet.nn.onednn;

import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.ObjLongConsumer;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.RunPool;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.spi.Network;

/**
 * A plan for one input size, type and number of threads, with its primitives and its memory. Owns them; not thread-safe:
 * one run at a time, on a thread set to that number of threads.
 */
final class Program implements RunPool.Resource {

    private final NativeObjects natives;
    private final Arena arena;
    private final memory input;
    private final memory logits;
    private final List<Call> arrival;
    private final List<Stage> stages;
    private final Map<String, memory> blocks;
    private final stream stream;

    /**
     * A step and what computes it.
     *
     * @param step the step of the plan
     * @param calls executed in turn
     */
    record Stage(Step step, List<Call> calls) {
        Stage {
            calls = List.copyOf(calls);
        }

        /** The implementation that oneDNN chose, or those. */
        String implementation() {
            return String.join(
                    ", ", calls.stream().map(Call::implementation).distinct().toList());
        }
    }

    Program(
            NativeObjects natives,
            Arena arena,
            memory input,
            memory logits,
            List<Call> arrival,
            List<Stage> stages,
            Map<String, memory> blocks) {
        this.natives = natives;
        this.arena = arena;
        this.input = input;
        this.logits = logits;
        this.arrival = List.copyOf(arrival);
        this.stages = List.copyOf(stages);
        this.blocks = blocks;
        this.stream = natives.keep(new stream(OneDnn.CPU));
    }

    /** The steps in the order of computation. */
    List<Stage> stages() {
        return stages;
    }

    /** How much memory a run needs besides the weights. */
    long bytes() {
        return arena.bytes();
    }

    /** Runs from input to logits; the arrays are as for {@link Network#run}. */
    void run(float[] values, float[] result, BooleanSupplier stop) {
        begin(values);
        for (Stage stage : stages) {
            execute(stage, stop);
        }
        fetch(logits, result);
    }

    /** Runs and tells how long each step took, ns. */
    void profile(float[] values, ObjLongConsumer<Stage> times) {
        begin(values);
        for (Stage stage : stages) {
            long started = System.nanoTime();
            execute(stage, () -> false);
            times.accept(stage, System.nanoTime() - started);
        }
    }

    /** Runs and shows the output of every block, the logits last. */
    void trace(float[] values, PlanShapes shapes, Network.BlockObserver observer) {
        begin(values);
        for (Stage stage : stages) {
            execute(stage, () -> false);
            String name = stage.step().output();
            PlanShapes.Maps maps = shapes.of(name);
            if (blocks.containsKey(name)) {
                observer.block(name, maps.channels(), maps.shape(), planar(blocks.get(name), maps));
            } else if (stage.step() instanceof Step.Logits) {
                float[] result = new float[(int) maps.elements()];
                fetch(logits, result);
                observer.block("output", maps.channels(), maps.shape(), result);
            }
        }
    }

    private void begin(float[] values) {
        arena.require();
        new FloatPointer(input.get_data_handle()).put(values, 0, values.length);
        for (Call call : arrival) {
            call.run(stream);
        }
    }

    private void execute(Stage stage, BooleanSupplier stop) {
        if (stop.getAsBoolean()) {
            throw new SegmentationCancelledException(
                    "stopped before: step " + stage.step().output());
        }
        for (Call call : stage.calls()) {
            call.run(stream);
        }
    }

    private static void fetch(memory from, float[] to) {
        new FloatPointer(from.get_data_handle()).get(to, 0, to.length);
    }

    private float[] planar(memory block, PlanShapes.Maps maps) {
        return NativeObjects.scoped(() -> {
            memory target = new memory(
                    new memory.desc(OneDnn.dimensions(maps), memory.data_type.f32, memory.format_tag.ncdhw),
                    OneDnn.CPU);
            new reorder(block, target).execute(stream, block, target);
            stream._wait();
            float[] values = new float[(int) maps.elements()];
            fetch(target, values);
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
        arena.close();
        natives.close();
    }
}

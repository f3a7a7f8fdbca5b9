// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.plan.Calibration;
import org.efficientsegnet.nn.plan.Closing;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.RunPool;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.team.WorkerPool;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Shape;

/**
 * A plan that runs on oneDNN. Concurrent runs queue for the one program there is, or take one each, as the options say;
 * in both cases the networks of a process together use no more threads than there are processors.
 *
 * <p>Owns native memory; {@link #close} waits for runs on their way and frees it. Thread-safe.
 */
public final class OneDnnNetwork implements Network {

    private static final RunControl NEVER = RunControl.of(new CancellationToken());

    /** The share of the numbers of feature maps that 8 bits have to hold; the rest is cut off. */
    private static final double CALIBRATED = 0.99999;

    private final String name;
    private final Plan plan;
    private final PlanShapes shapes;
    private final Precision precision;
    private final EngineOptions options;
    private final WorkerPool pool;
    private final PackedWeights weights;
    private final Quantization quantization;
    private final RunPool<Program> programs;
    /** One of them, for what is the same for all. */
    private final Program first;

    /**
     * Builds the primitives and packs the weights.
     *
     * @param calibration needed for {@code INT8}
     * @param precision not {@code AUTO}
     * @param pool where runs get their workers
     * @throws SegmentationException if the plan does not serve the input size or the weights are not the plan's
     */
    OneDnnNetwork(
            String name,
            Plan plan,
            Shape inputSize,
            Weights weights,
            Optional<Calibration> calibration,
            Precision precision,
            EngineOptions options,
            WorkerPool pool) {
        this.name = name;
        this.plan = plan;
        this.shapes = PlanShapes.of(plan, inputSize);
        this.precision = precision;
        this.options = options;
        this.pool = pool;
        this.weights = new PackedWeights(weights);
        this.quantization = precision == Precision.INT8
                ? Quantization.of(plan, shapes, calibration.orElseThrow())
                : Quantization.NONE;
        this.programs = new RunPool<>(
                name,
                options,
                () -> pool.call(
                        1,
                        NEVER,
                        team -> ProgramBuilder.build(
                                plan,
                                shapes,
                                OneDnn.type(precision),
                                this.weights,
                                quantization,
                                pool.available(options.threads()))));
        // Made now, so that a plan that oneDNN cannot run fails here and not in the first run.
        try {
            this.first = programs.with(program -> program);
        } catch (RuntimeException | Error e) {
            this.weights.close();
            throw e;
        }
    }

    /**
     * A step of a run with its cost.
     *
     * @param step what was computed
     * @param implementation what oneDNN chose for it
     * @param seconds how long it took
     * @param flops how many floating-point operations its convolutions take
     * @param bytes how much it has to read and write at least
     */
    public record StepCost(Step step, String implementation, double seconds, double flops, long bytes) {}

    @Override
    public void run(float[] input, float[] logits, RunControl control) {
        shapes.requireLength(name, "input", input, plan.input());
        shapes.requireLength(name, "logits", logits, plan.logits().output());
        control.check(name);
        programs.with(program -> pool.call(options.threads(), control, team -> {
            program.run(team, input, logits);
            return null;
        }));
    }

    @Override
    public void trace(float[] input, BlockObserver observer) {
        trace(input, plan.blocks(), observer);
    }

    /** Runs and shows the outputs of these steps as 32-bit numbers, the logits last, under the name {@code output}. */
    void trace(float[] input, Collection<String> steps, BlockObserver observer) {
        shapes.requireLength(name, "input", input, plan.input());
        programs.with(program -> pool.call(options.threads(), NEVER, team -> {
            program.trace(team, input, shapes, steps, observer);
            return null;
        }));
    }

    /** Runs and says what each step cost, in order. For finding out where the time goes. */
    public List<StepCost> profile(float[] input) {
        shapes.requireLength(name, "input", input, plan.input());
        List<StepCost> costs = new ArrayList<>();
        float[] logits = new float[(int) shapes.of(plan.logits().output()).elements()];
        programs.with(program -> pool.call(options.threads(), NEVER, team -> {
            program.profile(
                    team,
                    input,
                    logits,
                    (stage, nanos) -> costs.add(new StepCost(
                            stage.step(),
                            stage.implementation(),
                            nanos / 1e9,
                            shapes.flops(stage.step()),
                            traffic(stage.step()))));
            return null;
        }));
        return costs;
    }

    /**
     * A job of a run: tasks that may be done at once, by as many workers as there are.
     *
     * @param value what it is a part of: the output of a step, or the network's input
     * @param seconds how long each task took, in the order in which they are taken
     */
    public record JobCost(String value, List<Double> seconds) {
        /** Copies the list. */
        public JobCost {
            seconds = List.copyOf(seconds);
        }
    }

    /**
     * Runs, one task after the other, and says what each cost; jobs in order. For finding out how the work divides among
     * workers: which tasks there are does not depend on how many workers there are.
     */
    public List<JobCost> tasks(float[] input) {
        shapes.requireLength(name, "input", input, plan.input());
        List<JobCost> jobs = new ArrayList<>();
        float[] logits = new float[(int) shapes.of(plan.logits().output()).elements()];
        programs.with(program -> pool.call(1, NEVER, team -> {
            program.timeTasks(
                    team,
                    input,
                    logits,
                    (stage, nanos) -> jobs.add(new JobCost(
                            stage.step() == null ? plan.input() : stage.step().output(),
                            Arrays.stream(nanos).mapToObj(ns -> ns / 1e9).toList())));
            return null;
        }));
        return jobs;
    }

    /**
     * Runs and says how large those feature maps get that can be held in 8 bits, but for one number in a hundred
     * thousand: a few outliers would make all others coarser. Maps that hold negative numbers, or nothing but zeros, are
     * left out. Several inputs are joined by {@link Calibration#join}.
     *
     * @throws IllegalStateException if the network is not in FP32
     */
    public Calibration calibrate(float[] input) {
        shapes.requireLength(name, "input", input, plan.input());
        if (precision != Precision.FP32) {
            throw new IllegalStateException("networks are calibrated in FP32, not in " + precision);
        }
        Map<String, Float> largest = new HashMap<>();
        programs.with(program -> pool.call(options.threads(), NEVER, team -> {
            program.magnitudes(team, input, shapes, Quantization.candidates(plan, shapes))
                    .forEach((value, found) -> {
                        float most = found.quantile(CALIBRATED);
                        if (!found.hasNegative() && most > 0) {
                            largest.put(value, most);
                        }
                    });
            return null;
        }));
        return new Calibration(largest);
    }

    @Override
    public Shape inputSize() {
        return shapes.of(plan.input()).shape();
    }

    @Override
    public int classes() {
        return plan.logits().channels();
    }

    @Override
    public Precision precision() {
        return precision;
    }

    /** How much native memory one run works in, known before the first one. */
    public long workingBytes() {
        return first.bytes();
    }

    /** How much native memory the packed weights take. */
    public long weightBytes() {
        return weights.bytes();
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "oneDNN on %s, %s, %d threads%s, %d steps, working memory %.1f MB, weights %.1f MB",
                OneDnn.instructionSet(),
                precision == Precision.INT8 ? "INT8 with " + OneDnn.type(precision) : precision,
                pool.available(options.threads()),
                pool.isSerial()
                        ? ""
                        : " (the number of threads of OpenMP cannot be set here: one worker, and each"
                                + " primitive is divided among all processors)",
                plan.steps().size(),
                workingBytes() / 1e6,
                weightBytes() / 1e6);
    }

    /** The plan as a table: each step with its output, the bytes it has to move, its work and its implementation. */
    public String table() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "%-16s %-48s %4s %12s %9s %8s  %s%n",
                "step",
                "output",
                "c",
                "z*y*x",
                "MB",
                "GFLOP",
                "implementation"));
        double flops = 0;
        for (Program.LoweredStep stage : first.stages()) {
            Step step = stage.step();
            PlanShapes.FeatureShape maps = shapes.of(step.output());
            flops += shapes.flops(step);
            table.append(String.format(
                    Locale.ROOT,
                    "%-16s %-48s %4d %12s %9.1f %8.2f  %s%n",
                    step.getClass().getSimpleName(),
                    step.output(),
                    maps.channels(),
                    maps.shape(),
                    traffic(step) / 1e6,
                    shapes.flops(step) / 1e9,
                    stage.implementation()));
        }
        return table.append(String.format(
                        Locale.ROOT,
                        "%d steps, %.1f GFLOP, working memory %.1f MB, weights %.1f MB%n",
                        plan.steps().size(),
                        flops / 1e9,
                        workingBytes() / 1e6,
                        weightBytes() / 1e6))
                .toString();
    }

    private long traffic(Step step) {
        int bytes = OneDnn.bytes(OneDnn.type(precision));
        long total = shapes.of(step.output()).elements() * (step instanceof Step.Logits ? Float.BYTES : bytes);
        for (String input : step.inputs()) {
            total += shapes.of(input).elements() * bytes;
        }
        return total;
    }

    @Override
    public void releaseMemory() {
        programs.releaseIdle();
    }

    @Override
    public void close() {
        Closing.all(List.of(programs::close, weights::close));
    }
}

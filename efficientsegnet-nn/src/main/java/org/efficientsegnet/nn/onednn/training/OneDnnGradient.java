// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.nn.network.DropoutPlaces;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.team.WorkerPool;
import org.efficientsegnet.nn.team.WorkerTeam;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.DropoutFactors;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.spi.RunControl;

/**
 * A network with its loss, differentiated by oneDNN: the steps of its plan forwards, the loss in 64-bit arithmetic on
 * 32-bit logits, and the steps backwards, all in one block of memory whose size is known beforehand.
 *
 * <p>In BF16 most feature maps and gradients by them are bfloat16 ({@link Arithmetic}); weights, statistics, sums and the gradients by weights are
 * 32-bit. The samples of a batch go through the network one after the other. The gradient has the same bits for every
 * number of workers.
 *
 * <p>Owns native memory, which the first call takes, and the first after {@link #releaseMemory}; {@link #close} frees it. Not thread-safe.
 */
public final class OneDnnGradient implements GradientFunction {

    private final GradientRequest request;
    private final Plan plan;
    private final PlanShapes shapes;
    private final Precision precision;
    private final WorkerPool pool;
    private final int threads;
    private final ParameterLayout layout;
    private final TrainingRunState state = new TrainingRunState();
    private final Map<String, String> dropoutPlaces;
    private final TrainingProgram program;
    private float[] ofSample;
    private boolean closed;

    /**
     * Builds the primitives.
     *
     * @param plan of the network that the request names
     * @param precision FP32 or BF16
     * @param pool lends the workers
     * @param threads how many workers a call has at most
     */
    OneDnnGradient(GradientRequest request, Plan plan, Precision precision, WorkerPool pool, int threads) {
        this.request = request;
        this.plan = plan;
        this.precision = precision;
        this.pool = pool;
        this.threads = threads;
        this.layout = new ParameterLayout(request.spec());
        this.dropoutPlaces = request.dropout() > 0 ? DropoutPlaces.of(request.spec(), request.size()) : Map.of();
        requireDropoutInNorms();
        this.shapes = PlanShapes.of(plan, request.size());
        TrainingLoss loss = new TrainingLoss(
                request.loss(), request.spec().classes(), request.size().arrayLength());
        memory.data_type type = OneDnn.type(precision);
        this.program = pool.call(
                threads,
                RunControl.of(new CancellationToken()),
                team -> TrainingBuilder.build(
                        plan, shapes, type, layout, state, loss, request.recompute(), team.size()));
    }

    private void requireDropoutInNorms() {
        List<String> places = new ArrayList<>(dropoutPlaces.keySet());
        for (Step step : plan.steps()) {
            if (step instanceof Step.Normalization norm && norm.relu() && norm.residual() == null) {
                places.remove(norm.output());
            }
        }
        if (!places.isEmpty()) {
            throw new IllegalArgumentException(
                    "the plan has no normalisation with ReLU at " + places + ", where the network has dropout");
        }
    }

    /** Where each weight lies in the flat arrays. */
    public ParameterLayout layout() {
        return layout;
    }

    /** The arithmetic, FP32 or BF16. */
    public Precision precision() {
        return precision;
    }

    /** How much native memory a call works in, known before the first one. */
    public long workingBytes() {
        return program.bytes();
    }

    /** Fills working memory, for a test that nothing depends on what was there. */
    void fill(int value) {
        program.fill(value);
    }

    /** What it is and on what it runs, in a line. */
    public String describe() {
        return String.format(
                Locale.ROOT,
                "oneDNN on %s, %s, %d workers, working memory %.1f MB",
                OneDnn.instructionSet(),
                precision,
                pool.available(threads),
                workingBytes() / 1e6);
    }

    /**
     * What a phase of a step cost.
     *
     * @param name of the value that is computed, and what of it
     * @param tasks how many parts it has
     * @param seconds how long it took
     */
    public record PhaseCost(String name, int tasks, double seconds) {}

    @Override
    public double gradient(float[] weights, Batch samples, long dropoutSeed, double scale, float[] gradient) {
        return gradient(weights, samples, dropoutSeed, scale, gradient, new ArrayList<>());
    }

    /** Computes a gradient and says what each phase cost, in order. For finding out where the time goes. */
    public List<PhaseCost> profile(float[] weights, Batch samples) {
        List<PhaseCost> costs = new ArrayList<>();
        gradient(weights, samples, 0, 1, new float[layout.size()], costs);
        return costs;
    }

    private double gradient(
            float[] weights, Batch samples, long dropoutSeed, double scale, float[] gradient, List<PhaseCost> costs) {
        if (closed) {
            throw new IllegalStateException("the gradient is closed");
        }
        Known known = check(weights, samples, gradient);
        int voxels = request.size().arrayLength();
        int classes = request.spec().classes();
        if (request.batch() > 1 && ofSample == null) {
            ofSample = new float[layout.size()];
        }
        double loss = 0;
        for (int sample = 0; sample < request.batch(); sample++) {
            float[] target = sample == 0 ? gradient : ofSample;
            state.give(
                    weights,
                    slice(samples.images(), sample, voxels),
                    Arrays.copyOfRange(samples.labels(), sample * voxels, (sample + 1) * voxels),
                    samples.known().length == 0
                            ? samples.known()
                            : Arrays.copyOfRange(samples.known(), sample * classes, (sample + 1) * classes),
                    known.rows()[sample],
                    known.voxels(),
                    known.rowCount(),
                    scale,
                    dropout(dropoutSeed, sample),
                    target);
            run(costs);
            loss += state.loss();
            if (sample > 0) {
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] += target[i];
                }
            }
        }
        return loss;
    }

    /** An interrupt stops a run; a step of training is not left half done for it, but done again. */
    private void run(List<PhaseCost> costs) {
        boolean interrupted = false;
        while (true) {
            try {
                costs.addAll(pool.call(threads, RunControl.of(new CancellationToken()), this::timed));
                break;
            } catch (SegmentationCancelledException e) {
                interrupted = true;
                Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private List<PhaseCost> timed(WorkerTeam team) {
        List<PhaseCost> costs = new ArrayList<>();
        program.run(
                team,
                (phase, nanos) ->
                        costs.add(new PhaseCost(phase.name(), phase.tasks().size(), nanos / 1e9)));
        return costs;
    }

    private float[] slice(float[] images, int sample, int voxels) {
        return request.batch() == 1 ? images : Arrays.copyOfRange(images, sample * voxels, (sample + 1) * voxels);
    }

    private Function<String, float[]> dropout(long seed, int sample) {
        Map<String, float[]> factors = new HashMap<>();
        for (Step step : plan.steps()) {
            String name = dropoutPlaces.get(step.output());
            if (name != null) {
                int channels = shapes.of(step.output()).channels();
                float[] all = DropoutFactors.of(name, request.batch() * channels, request.dropout(), seed);
                factors.put(step.output(), Arrays.copyOfRange(all, sample * channels, (sample + 1) * channels));
            }
        }
        return factors::get;
    }

    /** How much is known of a batch: rows are channels of samples. */
    private record Known(boolean[][] rows, int rowCount, long voxels) {}

    private Known check(float[] weights, Batch samples, float[] gradient) {
        int batch = request.batch();
        int classes = request.spec().classes();
        int voxels = request.size().arrayLength();
        if (samples.size() != batch || samples.images().length != batch * voxels) {
            throw new IllegalArgumentException("the engine takes " + batch + " samples of " + request.size() + ", not "
                    + samples.size() + " with " + samples.images().length + " voxels together");
        }
        if (samples.known().length != 0 && samples.known().length != batch * classes) {
            throw new IllegalArgumentException("the engine takes " + batch + " samples of " + classes
                    + " channels, not " + samples.known().length + " flags");
        }
        if (weights.length != layout.size() || gradient.length != layout.size()) {
            throw new IllegalArgumentException("the network has " + layout.size() + " weights, the arrays "
                    + weights.length + " and " + gradient.length);
        }
        boolean[][] rows = new boolean[batch][classes];
        int rowCount = 0;
        long known = 0;
        for (int sample = 0; sample < batch; sample++) {
            long labelled = 0;
            for (int v = sample * voxels; v < (sample + 1) * voxels; v++) {
                int label = samples.labels()[v] & 0xff;
                boolean unknown = label == Batch.UNKNOWN;
                if (label > classes && !(unknown && request.partial())) {
                    throw new IllegalArgumentException(
                            "a voxel has the label " + label + ", but the network has " + classes + " classes");
                }
                labelled += unknown ? 0 : 1;
            }
            for (int channel = 0; channel < classes; channel++) {
                boolean annotated = samples.known().length == 0 || samples.known()[sample * classes + channel];
                rows[sample][channel] = annotated && labelled > 0;
                rowCount += rows[sample][channel] ? 1 : 0;
                known += annotated ? labelled : 0;
            }
        }
        return new Known(rows, rowCount, known);
    }

    @Override
    public void releaseMemory() {
        program.releaseMemory();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            program.close();
        }
    }
}

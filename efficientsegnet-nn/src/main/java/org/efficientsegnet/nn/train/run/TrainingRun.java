// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.optimize.Adam;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;

/**
 * Trains one network. The run's directory holds {@code last.safetensors}, from which it is taken up again, and {@code
 * log.jsonl}. A run that was killed at any moment and taken up gives the same losses as one that was not: everything
 * random is a function of the seed and of the step's number.
 */
public final class TrainingRun {

    /** After so many steps in a row that cannot be made, the weights are past help. */
    private static final int MOST_SKIPPED_IN_A_ROW = 10;

    private final TrainingCourse course;
    private final TrainingOptions options;
    private final ParameterLayout layout;
    private final String fingerprint;
    private final Path directory;
    private final Callbacks callbacks;
    private final FineTuning.Inheritance inheritance;

    /** What a run asks for and whom it tells. */
    public interface Callbacks {

        /**
         * The DSC of each organ on the cases that were held back, NaN for an organ that none of them has.
         *
         * @param weights those for use: the moving average if there is one
         * @param size of the network's input
         * @throws IOException if a case cannot be read
         */
        Map<String, Double> validate(Weights weights, Shape size) throws IOException;

        /**
         * Writes weights for use.
         *
         * @param which {@code best} or {@code last}
         * @param weights those for use: the moving average if there is one
         * @param size of the network's input
         * @throws IOException if they cannot be written
         */
        void write(String which, Weights weights, Shape size) throws IOException;

        /** A step was made. */
        void step(StepReport report);

        /**
         * A validation was made.
         *
         * @throws IOException if something that it shall leave cannot be written
         */
        void validated(int epoch, Map<String, Double> dice, double mean, boolean best) throws IOException;

        /**
         * Everything that the run is taken up from is on the disk, {@link #stateFile} last.
         *
         * @throws IOException if the run shall not go on
         */
        default void saved() throws IOException {}
    }

    /**
     * A step that was made.
     *
     * @param step its number, the first is 1
     * @param steps how many there will be at most
     * @param epoch the first is 1
     * @param loss before the step
     * @param learningRate of the step
     * @param seconds that it took
     * @param waitedSeconds of these for samples
     * @param skipped whether it was left out, since its loss or gradient was not finite: the weights stayed
     * @param skippedSoFar how many steps of the run were left out, this one included
     * @param ids of its samples
     */
    public record StepReport(
            int step,
            int steps,
            int epoch,
            double loss,
            double learningRate,
            double seconds,
            double waitedSeconds,
            boolean skipped,
            int skippedSoFar,
            List<String> ids) {}

    /**
     * How a run ended.
     *
     * @param steps how many were tried
     * @param best highest mean DSC of any validation at the last size
     * @param plateau whether it stopped since nothing got better
     */
    public record Result(int steps, double best, boolean plateau) {}

    /**
     * @param course of the training
     * @param layout of the network's weights
     * @param cases what else the run depends on, in words: a run is only taken up with the same
     * @param directory the run's directory
     * @param callbacks validation, output, listeners
     */
    public TrainingRun(
            TrainingCourse course, ParameterLayout layout, String cases, Path directory, Callbacks callbacks) {
        this(course, layout, cases, directory, callbacks, FineTuning.Inheritance.NONE);
    }

    /** @param inheritance what the network has of one that was trained before */
    TrainingRun(
            TrainingCourse course,
            ParameterLayout layout,
            String cases,
            Path directory,
            Callbacks callbacks,
            FineTuning.Inheritance inheritance) {
        this.inheritance = inheritance;
        this.course = course;
        this.options = course.options();
        this.layout = layout;
        this.directory = directory;
        this.callbacks = callbacks;
        fingerprint = options.fingerprint() + " " + cases;
    }

    /** The file that a run is taken up from. */
    public static Path stateFile(Path directory) {
        return directory.resolve("last.safetensors");
    }

    /** The run's log. */
    public static Path logFile(Path directory) {
        return directory.resolve("log.jsonl");
    }

    /**
     * Runs, or goes on with a run. One that has come to its end goes on if the options have more epochs than it had.
     *
     * @param parts computes the parts of each step; stays the caller's
     * @param initial the weights to begin with
     * @param resume whether to go on with what is in the directory, if there is anything
     * @throws IOException if something cannot be read or written, or the directory holds a run that shall not go on
     * @throws InterruptedException if the thread is interrupted; the run can be taken up, after a step from that step
     * @throws TrainingStoppedException if step after step the loss is no longer a number
     */
    public Result run(StepParts parts, Weights initial, boolean resume) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Path stateFile = stateFile(directory);
        String rounding = parts.rounding();
        String fingerprint = this.fingerprint + (rounding.isEmpty() ? "" : " gradients " + rounding);
        RunState state;
        if (resume && Files.exists(stateFile)) {
            state = RunState.read(stateFile, fingerprint, options);
        } else if (Files.exists(stateFile)) {
            throw new IOException(directory + " holds a run already; resume it, or begin in another directory");
        } else {
            state = RunState.initial(fingerprint, options, layout.flatten(initial));
        }
        if (!state.finished() && state.iteration() >= course.steps()) {
            throw new IOException(directory + " holds a run of " + state.iteration() + " steps already, with "
                    + options.epochs() + " epochs there would be " + course.steps() + "; ask for more epochs");
        }
        boolean more = state.iteration() < course.steps() && !plateau(state);
        state = state.withFinished(state.finished() && !more);
        if (state.finished()) {
            return new Result(state.iteration(), state.best(), plateau(state));
        }
        try (TrainingLog log = TrainingLog.open(logFile(directory), state.iteration())) {
            return new Loop(parts, log, layout.flatten(initial), state).run();
        }
    }

    private boolean plateau(RunState state) {
        return options.patience() > 0
                && state.sinceBest() >= options.patience()
                && course.isLastStage((state.iteration() - 1) / course.stepsPerEpoch());
    }

    /** The run from one start to its end. */
    private final class Loop {
        private final StepParts parts;
        private final TrainingLog log;
        private final float[] begun;
        private final int stepsPerEpoch = course.stepsPerEpoch();
        private final int steps = course.steps();
        private final float[] sum = new float[layout.size()];
        private RunState state;

        Loop(StepParts parts, TrainingLog log, float[] begun, RunState state) {
            this.parts = parts;
            this.log = log;
            this.begun = begun;
            this.state = state;
        }

        Result run() throws IOException, InterruptedException {
            while (!state.finished()) {
                step();
                // Taken now, since with it pending neither validation nor files would come to their end.
                boolean stop = Thread.interrupted();
                int done = state.iteration();
                boolean epochEnds = done % stepsPerEpoch == 0;
                if (epochEnds) {
                    int epoch = done / stepsPerEpoch;
                    boolean last = epoch == options.epochs();
                    if (last || epoch % options.validateEvery() == 0) {
                        validate(epoch);
                    }
                    if (last || plateau(state)) {
                        state = state.withFinished(true);
                    }
                }
                if (stop || epochEnds || done % options.checkpointEvery() == 0) {
                    if (epochEnds) {
                        callbacks.write("last", weights(), sizeOfEpoch(done / stepsPerEpoch - 1));
                        if (!state.finished() && course.beginsStage(done / stepsPerEpoch)) {
                            state = state.inNextStage();
                        }
                    }
                    state.write(stateFile(directory));
                    callbacks.saved();
                }
                if (stop) {
                    throw new InterruptedException("stopped after step " + done);
                }
            }
            return new Result(state.iteration(), state.best(), plateau(state));
        }

        private Shape sizeOfEpoch(int epoch) {
            return course.stageSize(epoch);
        }

        private Weights weights() {
            float[] best = state.adam().bestWeights();
            return layout.weights(state.settled() ? best : inheritance.blend(begun, best));
        }

        /** From now on everything but new channels is as it will be used; they learn with it, and count anew. */
        private void settle(boolean now) {
            if (now && !state.settled()) {
                Adam adam = state.adam();
                float[] used = inheritance.blend(begun, adam.bestWeights());
                System.arraycopy(used, 0, adam.weights(), 0, used.length);
                System.arraycopy(used, 0, adam.average(), 0, adam.average().length);
                state = state.inNextStage();
            }
            // More epochs than before: there is something to learn again.
            state = state.withSettled(now);
        }

        private void step() throws IOException, InterruptedException {
            long start = System.nanoTime();
            int number = state.iteration();
            int settling = inheritance.settleEpochs() * stepsPerEpoch;
            int learning = steps - settling;
            settle(number >= learning);
            Adam adam = state.adam();
            double[] rates = state.settled()
                    ? inheritance.settledRates(options.optimizer(), (double) (number - learning) / settling)
                    : inheritance.learningRates(options.optimizer(), number, Math.min(1, (double) number / learning));
            double rate = rates[state.settled() ? rates.length - 1 : 0];
            LossScale scale = state.scale();
            Sum total = new Sum(scale);
            long first = (long) number * options.accumulate();
            Arrays.fill(sum, 0);
            parts.compute(adam.weights(), first, options.accumulate(), scale.factor(), total);
            boolean skipped = !Double.isFinite(total.loss) || !LossScale.NONE.unscale(sum);
            double norm = skipped ? Double.NaN : adam.step(sum, inheritance.groups(), rates);
            if (state.settled()) {
                // So few weights need no average, and it would hold on to those that suited other features.
                System.arraycopy(adam.weights(), 0, adam.average(), 0, adam.average().length);
            }
            state = skipped ? state.afterSkip() : state.afterStep();
            double seconds = (System.nanoTime() - start) / 1e9;
            double waited = parts.waitedSeconds();
            int epoch = number / stepsPerEpoch + 1;
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("type", skipped ? "skipped" : "step");
            line.put("step", number + 1);
            line.put("epoch", epoch);
            if (!skipped) {
                line.put("loss", total.loss);
                line.put("norm", norm);
            }
            line.put("rate", rate);
            line.put("scale", scale.factor());
            line.put("seconds", seconds);
            line.put("waited", waited);
            line.put("ids", total.ids);
            if (skipped) {
                line.put("not_finite", total.notFinite);
            }
            log.write(line);
            callbacks.step(new StepReport(
                    number + 1,
                    steps,
                    epoch,
                    total.loss,
                    rate,
                    seconds,
                    waited,
                    skipped,
                    state.skipped(),
                    skipped ? total.notFinite : total.ids));
            if (skipped && state.skippedInARow() >= MOST_SKIPPED_IN_A_ROW && !scale.canShrink()) {
                stop(number + 1, total);
            }
        }

        /** Adds up parts in their order. */
        private final class Sum implements StepParts.Sink {
            private final LossScale scale;
            private final List<String> ids = new ArrayList<>();
            private final List<String> notFinite = new ArrayList<>();
            private long culprit = -1;
            private double loss;

            Sum(LossScale scale) {
                this.scale = scale;
            }

            @Override
            public void accept(StepParts.Part part) {
                int count = options.accumulate();
                float[] gradient = part.gradient();
                loss += part.loss() / count;
                ids.addAll(part.ids());
                boolean finite = scale.unscale(gradient) && Double.isFinite(part.loss());
                if (!finite) {
                    notFinite.addAll(part.ids());
                }
                if (!finite || culprit < 0) {
                    culprit = part.number();
                }
                for (int k = 0; k < sum.length; k++) {
                    sum[k] += gradient[k] / count;
                }
            }
        }

        private void stop(int step, Sum total) throws IOException {
            Path file = directory.resolve("stopped-at-step-" + step + ".safetensors");
            Batch batch = parts.batch(total.culprit);
            Safetensors.builder()
                    .metadata("loss", Double.toString(total.loss))
                    .metadata("ids", String.join(",", batch.ids()))
                    .add("images", DType.F32, new Tensor(new int[] {batch.images().length}, batch.images()))
                    .add("labels", DType.U8, new int[] {batch.labels().length}, batch.labels())
                    .addAll("weight.", DType.F32, layout.weights(state.adam().weights()))
                    .build()
                    .write(file);
            throw new TrainingStoppedException("step " + step + ": the loss is " + total.loss
                    + " and its gradient is not finite, as in the " + (MOST_SKIPPED_IN_A_ROW - 1)
                    + " steps before; the step's samples and weights are in " + file
                    + ". A lower learning rate or clipping may help");
        }

        private void validate(int epoch) throws IOException {
            Weights weights = weights();
            Shape size = sizeOfEpoch(epoch - 1);
            // Inference and a step need their memory one after the other.
            parts.releaseMemory();
            Map<String, Double> dice = callbacks.validate(weights, size);
            double mean = dice.values().stream()
                    .filter(d -> !d.isNaN())
                    .mapToDouble(Double::doubleValue)
                    .average()
                    .orElse(0);
            boolean best = mean > state.best();
            if (best) {
                callbacks.write("best", weights, size);
            }
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("type", "validation");
            line.put("step", state.iteration());
            line.put("epoch", epoch);
            line.put("mean", mean);
            Map<String, Double> present = new LinkedHashMap<>(dice);
            present.values().removeIf(d -> d.isNaN());
            line.put("dice", present);
            log.write(line);
            state = state.validated(mean);
            callbacks.validated(epoch, dice, mean, best);
        }
    }
}

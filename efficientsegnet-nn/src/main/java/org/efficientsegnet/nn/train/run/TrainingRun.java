package org.efficientsegnet.nn.train.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.data.SampleLoader;
import org.efficientsegnet.nn.train.data.Seeds;
import org.efficientsegnet.nn.train.optimize.Adam;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;

/**
 * Trains one network. The run's directory holds {@code last.safetensors}, from which it is taken up again, and {@code
 * log.jsonl}. A run that was killed at any moment and taken up gives the same losses as one that was not: everything
 * random is a function of the seed and of the step's number.
 */
public final class TrainingRun {

    private static final long DROPOUT = 0x64726f70;

    private final TrainingOptions options;
    private final ParameterLayout layout;
    private final String fingerprint;
    private final Path directory;
    private final int samplesPerEpoch;
    private final Surroundings surroundings;

    /** What a run needs from outside. */
    public interface Surroundings {

        /**
         * The DSC of each organ on the cases that were held back, NaN for an organ that none of them has.
         *
         * @throws IOException if a case cannot be read
         */
        Map<String, Double> validate(Weights weights) throws IOException;

        /**
         * Writes weights for use.
         *
         * @param which {@code best} or {@code last}
         * @throws IOException if they cannot be written
         */
        void write(String which, Weights weights) throws IOException;

        /** A step was made. */
        void step(StepReport report);

        /** A validation was made. */
        void validated(int epoch, Map<String, Double> dice, double mean, boolean best);
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
     * @param skipped whether its gradient overflowed, so that the weights stayed
     */
    public record StepReport(
            int step,
            int steps,
            int epoch,
            double loss,
            double learningRate,
            double seconds,
            double waitedSeconds,
            boolean skipped) {}

    /**
     * How a run ended.
     *
     * @param steps how many were tried
     * @param best highest mean DSC of any validation
     * @param plateau whether it stopped since nothing got better
     */
    public record Result(int steps, double best, boolean plateau) {}

    /**
     * @param options how it is trained
     * @param layout of the network's weights
     * @param samplesPerEpoch how many samples an epoch has; rounded up to whole steps
     * @param cases what else the run depends on, in words: a run is only taken up with the same
     * @param directory the run's directory
     * @param surroundings validation, output, listeners
     */
    public TrainingRun(
            TrainingOptions options,
            ParameterLayout layout,
            int samplesPerEpoch,
            String cases,
            Path directory,
            Surroundings surroundings) {
        this.options = options;
        this.layout = layout;
        this.directory = directory;
        this.surroundings = surroundings;
        int step = options.batch() * options.accumulate();
        this.samplesPerEpoch = (samplesPerEpoch + step - 1) / step * step;
        fingerprint = options + " " + cases;
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
     * Runs, or goes on with a run.
     *
     * @param gradients the network with its loss; stays the caller's
     * @param initial the weights to begin with
     * @param source makes the samples
     * @param resume whether to go on with what is in the directory, if there is anything
     * @throws IOException if something cannot be read or written, or the directory holds a run that shall not go on
     * @throws InterruptedException if the thread is interrupted; the run can be taken up, after a step from that step
     * @throws TrainingStoppedException if the loss is no longer a number
     */
    public Result run(GradientFunction gradients, Weights initial, SampleLoader.Source source, boolean resume)
            throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Path stateFile = stateFile(directory);
        RunState state;
        if (resume && Files.exists(stateFile)) {
            state = RunState.read(stateFile, fingerprint, options);
        } else if (Files.exists(stateFile)) {
            throw new IOException(directory + " holds a run already; resume it, or begin in another directory");
        } else {
            Adam adam = new Adam(options.optimizer(), layout.flatten(initial));
            state = new RunState(fingerprint, 0, options.lossScale(), -1, 0, false, adam);
        }
        if (state.finished()) {
            return new Result(state.iteration(), state.best(), plateau(state));
        }
        long consumed = (long) state.iteration() * options.batch() * options.accumulate();
        int ahead = options.batch() + options.loaderThreads();
        try (TrainingLog log = TrainingLog.open(logFile(directory), state.iteration());
                SampleLoader loader = new SampleLoader(source, consumed, ahead, options.loaderThreads())) {
            return new Loop(gradients, loader, log, state).run();
        }
    }

    private boolean plateau(RunState state) {
        return options.patience() > 0 && state.sinceBest() >= options.patience();
    }

    /** The run from one start to its end. */
    private final class Loop {
        private final GradientFunction gradients;
        private final SampleLoader loader;
        private final TrainingLog log;
        private final int stepsPerEpoch = samplesPerEpoch / (options.batch() * options.accumulate());
        private final int steps = stepsPerEpoch * options.epochs();
        private final float[] sum = new float[layout.size()];
        private final float[] part = new float[layout.size()];
        private RunState state;

        Loop(GradientFunction gradients, SampleLoader loader, TrainingLog log, RunState state) {
            this.gradients = gradients;
            this.loader = loader;
            this.log = log;
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
                        state = with(state.iteration(), state.scale(), state.best(), state.sinceBest(), true);
                    }
                }
                if (stop || epochEnds || done % options.checkpointEvery() == 0) {
                    if (epochEnds) {
                        surroundings.write("last", weights());
                    }
                    state.write(stateFile(directory));
                }
                if (stop) {
                    throw new InterruptedException("stopped after step " + done);
                }
            }
            return new Result(state.iteration(), state.best(), plateau(state));
        }

        private RunState with(int iteration, LossScale scale, double best, int sinceBest, boolean finished) {
            return new RunState(fingerprint, iteration, scale, best, sinceBest, finished, state.adam());
        }

        private Weights weights() {
            return layout.weights(state.adam().bestWeights());
        }

        private void step() throws IOException, InterruptedException {
            long start = System.nanoTime();
            int number = state.iteration();
            double rate = options.optimizer().learningRate(number, Math.min(1, (double) number / steps));
            Adam adam = state.adam();
            LossScale scale = state.scale();
            double loss = 0;
            Batch batch = null;
            Arrays.fill(sum, 0);
            for (int i = 0; i < options.accumulate(); i++) {
                batch = loader.batch(options.batch());
                long seed = Seeds.mix(options.seed() ^ DROPOUT, (long) number * options.accumulate() + i);
                double partLoss = gradients.gradient(adam.weights(), batch, seed, scale.factor(), part);
                loss += partLoss / options.accumulate();
                boolean finite = scale.unscale(part) && Double.isFinite(partLoss);
                if (!finite && !scale.canShrink()) {
                    stop(number + 1, partLoss, batch);
                }
                for (int k = 0; k < sum.length; k++) {
                    sum[k] += part[k] / options.accumulate();
                }
            }
            boolean skipped = !Double.isFinite(loss) || !LossScale.NONE.unscale(sum);
            double norm = skipped ? Double.NaN : adam.step(sum, rate);
            state = with(
                    number + 1,
                    skipped ? scale.afterOverflow() : scale.afterSuccess(),
                    state.best(),
                    state.sinceBest(),
                    false);
            double seconds = (System.nanoTime() - start) / 1e9;
            double waited = loader.waitedSeconds();
            int epoch = number / stepsPerEpoch + 1;
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("type", skipped ? "skipped" : "step");
            line.put("step", number + 1);
            line.put("epoch", epoch);
            if (!skipped) {
                line.put("loss", loss);
                line.put("norm", norm);
            }
            line.put("rate", rate);
            line.put("scale", scale.factor());
            line.put("seconds", seconds);
            line.put("waited", waited);
            line.put("ids", batch.ids());
            log.write(line);
            surroundings.step(new StepReport(number + 1, steps, epoch, loss, rate, seconds, waited, skipped));
        }

        private void stop(int step, double loss, Batch batch) throws IOException {
            Path file = directory.resolve("stopped-at-step-" + step + ".safetensors");
            Safetensors.builder()
                    .metadata("loss", Double.toString(loss))
                    .metadata("ids", String.join(",", batch.ids()))
                    .add("images", DType.F32, new Tensor(new int[] {batch.images().length}, batch.images()))
                    .add("labels", DType.U8, new int[] {batch.labels().length}, batch.labels())
                    .addAll("weight.", DType.F32, layout.weights(state.adam().weights()))
                    .build()
                    .write(file);
            throw new TrainingStoppedException("step " + step + ": the loss is " + loss
                    + " and its gradient is not finite; the step's samples and weights are in " + file
                    + ". A lower learning rate or clipping may help");
        }

        private void validate(int epoch) throws IOException {
            Weights weights = weights();
            Map<String, Double> dice = surroundings.validate(weights);
            double mean = dice.values().stream()
                    .filter(d -> !d.isNaN())
                    .mapToDouble(Double::doubleValue)
                    .average()
                    .orElse(0);
            boolean best = mean > state.best();
            if (best) {
                surroundings.write("best", weights);
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
            state = with(
                    state.iteration(),
                    state.scale(),
                    best ? mean : state.best(),
                    best ? 0 : state.sinceBest() + 1,
                    false);
            surroundings.validated(epoch, dice, mean, best);
        }
    }

    /** How many samples an epoch has: the given number, or each case once and hard ones several times. */
    public static int samplesPerEpoch(TrainingOptions options, List<String> epoch) {
        return options.samplesPerEpoch() > 0 ? options.samplesPerEpoch() : epoch.size();
    }

    /** How many samples an epoch of this run has. */
    public int samplesPerEpoch() {
        return samplesPerEpoch;
    }
}

package org.efficientsegnet.nn.train.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.metrics.Dice;
import org.efficientsegnet.nn.bundle.CheckpointConverter;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.GradientGraph;
import org.efficientsegnet.nn.train.augment.Augmenter;
import org.efficientsegnet.nn.train.data.Folds;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.Stage;
import org.efficientsegnet.nn.train.data.SampleLoader;
import org.efficientsegnet.nn.train.data.Seeds;
import org.efficientsegnet.nn.train.loss.Losses;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Shape;

/**
 * Trains the coarse network, then the fine one, and writes bundles.
 *
 * <p>The directory holds a folder for each network with its state, log, learning curve and weights, and {@code best.zip}
 * and {@code last.zip}, bundles of the coarse network's best weights and the fine network's best and last. Validation of
 * the coarse network compares the mask it finds in the whole scan with the labels; that of the fine network runs the
 * whole pipeline, a {@link Segmenter} with a bundle of the weights as they are then.
 */
public final class PairTraining {

    private final PreparedDataset dataset;
    private final Options options;
    private final Path directory;
    private final Listener listener;
    private final Folds.Split split;
    private final PipelineSpec pipeline;

    /**
     * What is trained.
     *
     * @param name of the bundle
     * @param coarse how the coarse network is trained
     * @param fine how the fine network is trained
     * @param coarseFrom a bundle whose coarse network is taken instead of training one
     * @param folds into how many parts the cases are divided, one of which is held back; 0 to hold none back and
     *     validate on the cases that are trained on
     * @param fold which part is held back, from 0
     * @param foldSeed shuffles the cases
     * @param hard cases that are drawn more often, such as pathological ones
     * @param hardTimes how often, compared with others
     */
    public record Options(
            String name,
            TrainingOptions coarse,
            TrainingOptions fine,
            Optional<Path> coarseFrom,
            int folds,
            int fold,
            long foldSeed,
            Set<String> hard,
            int hardTimes) {

        /** @throws IllegalArgumentException if hard cases are drawn less than once */
        public Options {
            hard = Set.copyOf(hard);
            if (hardTimes < 1) {
                throw new IllegalArgumentException("hardTimes: " + hardTimes + " is below 1");
            }
        }
    }

    /** Is told how training goes on, on its thread. */
    public interface Listener {
        /** A network's training begins. */
        void stage(Stage stage, int training, int validation);

        /** A step was made. */
        void step(Stage stage, TrainingRun.StepReport report);

        /** A validation was made. */
        void validated(Stage stage, int epoch, Map<String, Double> dice, double mean, boolean best);
    }

    private PairTraining(PreparedDataset dataset, Options options, Path directory, Listener listener) {
        this.dataset = dataset;
        this.options = options;
        this.directory = directory;
        this.listener = listener;
        split = options.folds() == 0
                ? new Folds.Split(dataset.ids(), dataset.ids())
                : Folds.split(dataset.ids(), options.folds(), options.fold(), options.foldSeed());
        pipeline = pipeline(dataset);
    }

    /** The published pipeline for the labels of a data set: two components of an organ called kidney, else one. */
    static PipelineSpec pipeline(PreparedDataset dataset) {
        List<String> labels = dataset.options().labels();
        List<Integer> components = new ArrayList<>();
        labels.forEach(label -> components.add(label.equals("kidney") || label.equals("kidneys") ? 2 : 1));
        return CheckpointConverter.PUBLISHED_PIPELINE
                .withLabels(labels, components)
                .withOrientation(dataset.options().orientation())
                .withMarginMm(dataset.options().marginMm());
    }

    /**
     * Trains, or goes on with a training.
     *
     * @param dataset the cases
     * @param options how
     * @param directory of the training
     * @param resume whether to go on with what is in the directory
     * @param listener is told how it goes
     * @return the bundle with the best weights
     * @throws IOException if something cannot be read or written
     * @throws InterruptedException if the thread is interrupted; the training can be taken up
     * @throws TrainingStoppedException if a loss is no longer a number
     */
    public static Path run(PreparedDataset dataset, Options options, Path directory, boolean resume, Listener listener)
            throws IOException, InterruptedException {
        PairTraining training = new PairTraining(dataset, options, directory, listener);
        Files.createDirectories(directory);
        WeightedNetwork coarse = training.coarse(resume);
        training.fine(coarse, resume);
        return directory.resolve("best.zip");
    }

    private WeightedNetwork coarse(boolean resume) throws IOException, InterruptedException {
        if (options.coarseFrom().isPresent()) {
            return new ModelBundles().read(options.coarseFrom().get()).coarse();
        }
        NetworkSpec spec = options.coarse().spec();
        Path folder = directory.resolve(Stage.COARSE.label());
        train(Stage.COARSE, options.coarse(), resume, new Ends() {
            @Override
            public Map<String, Double> validate(Weights weights) throws IOException {
                try (CoarseValidation validation =
                        new CoarseValidation(network(Stage.COARSE, spec, weights), pipeline)) {
                    return dice(validation::labels);
                }
            }

            @Override
            public void write(String which, Weights weights) throws IOException {
                Safetensors.builder()
                        .addAll("", DType.F32, weights)
                        .build()
                        .write(folder.resolve(which + "-weights.safetensors"));
            }
        });
        Weights best =
                Safetensors.read(folder.resolve("best-weights.safetensors")).weights();
        return network(Stage.COARSE, spec, best);
    }

    private void fine(WeightedNetwork coarse, boolean resume) throws IOException, InterruptedException {
        NetworkSpec spec = options.fine().spec();
        train(Stage.FINE, options.fine(), resume, new Ends() {
            @Override
            public Map<String, Double> validate(Weights weights) throws IOException {
                try (Segmenter segmenter =
                        Segmenter.builder().model(bundle(coarse, spec, weights)).build()) {
                    return dice(prepared ->
                            segmenter.segment(prepared.volume()).labels().labels());
                }
            }

            @Override
            public void write(String which, Weights weights) throws IOException {
                ModelBundles.write(directory.resolve(which + ".zip"), bundle(coarse, spec, weights), DType.F32);
            }
        });
    }

    private FileModelBundle bundle(WeightedNetwork coarse, NetworkSpec spec, Weights weights) {
        return FileModelBundle.of(options.name(), null, pipeline, coarse, network(Stage.FINE, spec, weights));
    }

    private WeightedNetwork network(Stage stage, NetworkSpec spec, Weights weights) {
        return new WeightedNetwork(stage.label() + " in training", spec, size(stage), weights);
    }

    private Shape size(Stage stage) {
        return stage == Stage.COARSE
                ? dataset.options().coarseSize()
                : dataset.options().fineSize();
    }

    /** Validation and output of one network. */
    private interface Ends {
        Map<String, Double> validate(Weights weights) throws IOException;

        void write(String which, Weights weights) throws IOException;
    }

    /** Finds labels in a case. */
    private interface Finder {
        byte[] labels(PreparedCase prepared);
    }

    private Map<String, Double> dice(Finder finder) throws IOException {
        List<String> labels = dataset.options().labels();
        double[] sums = new double[labels.size()];
        int[] counts = new int[labels.size()];
        for (String id : split.validation()) {
            PreparedCase prepared = dataset.load(id);
            byte[] found = finder.labels(prepared);
            for (int i = 0; i < sums.length; i++) {
                double dice = Dice.of(prepared.labels(), found, i + 1, Parallelism.common());
                if (!Double.isNaN(dice)) {
                    sums[i] += dice;
                    counts[i]++;
                }
            }
        }
        Map<String, Double> dice = new LinkedHashMap<>();
        for (int i = 0; i < sums.length; i++) {
            dice.put(labels.get(i), counts[i] == 0 ? Double.NaN : sums[i] / counts[i]);
        }
        return dice;
    }

    private void train(Stage stage, TrainingOptions how, boolean resume, Ends ends)
            throws IOException, InterruptedException {
        Path folder = directory.resolve(stage.label());
        listener.stage(stage, split.training().size(), split.validation().size());
        Augmenter augmenter = new Augmenter(
                dataset, stage, how.augment(), pipeline.windowLow(), pipeline.windowHigh(), pipeline.epsilon());
        List<String> first = epoch(how, 0);
        TrainingRun.Surroundings surroundings = new TrainingRun.Surroundings() {
            @Override
            public Map<String, Double> validate(Weights weights) throws IOException {
                return ends.validate(weights);
            }

            @Override
            public void write(String which, Weights weights) throws IOException {
                ends.write(which, weights);
                LearningCurve.draw(
                        options.name() + ", " + stage.label() + " network",
                        TrainingRun.logFile(folder),
                        folder.resolve("learning-curve.png"));
            }

            @Override
            public void step(TrainingRun.StepReport report) {
                listener.step(stage, report);
            }

            @Override
            public void validated(int epoch, Map<String, Double> dice, double mean, boolean best) {
                listener.validated(stage, epoch, dice, mean, best);
            }
        };
        String cases = stage + " " + dataset.options() + " " + split + " " + options.hardTimes() + " times "
                + new TreeSet<>(options.hard());
        try (GradientGraph graph = new GradientGraph(
                how.spec(),
                size(stage),
                how.batch(),
                Losses.byName(how.loss()),
                how.dropout(),
                how.arithmetic().type())) {
            TrainingRun run = new TrainingRun(
                    how, graph.layout(), TrainingRun.samplesPerEpoch(how, first), cases, folder, surroundings);
            int perEpoch = run.samplesPerEpoch();
            SampleLoader.Source source = number -> {
                List<String> epoch = epoch(how, (int) (number / perEpoch));
                String id = epoch.get((int) (number % perEpoch) % epoch.size());
                return augmenter.make(id, Seeds.mix(how.seed(), number));
            };
            run.run(graph, InitialWeights.kaiming(how.spec(), how.seed()), source, resume);
        }
    }

    private List<String> epoch(TrainingOptions how, int epoch) {
        return Folds.epoch(split.training(), options.hard(), options.hardTimes(), how.seed(), epoch);
    }
}

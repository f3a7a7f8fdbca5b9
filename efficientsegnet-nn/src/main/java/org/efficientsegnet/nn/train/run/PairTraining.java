package org.efficientsegnet.nn.train.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.metrics.Dice;
import org.efficientsegnet.nn.bundle.CheckpointConverter;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.data.Folds;
import org.efficientsegnet.nn.train.data.LabelMapping;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.Stage;
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

    private final List<Source> sources;
    private final Options options;
    private final Path directory;
    private final Listener listener;
    private final PartsFactory parts;
    private final List<Folds.Split> splits = new ArrayList<>();
    private final PipelineSpec pipeline;

    /**
     * A data set to train on.
     *
     * @param dataset the cases; labels of other data sets that it lacks were not annotated in it
     * @param weight how often it is drawn, compared with others
     */
    public record Source(PreparedDataset dataset, double weight) {}

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

    private PairTraining(List<Source> sources, Options options, Path directory, Listener listener, PartsFactory parts) {
        this.sources = List.copyOf(sources);
        this.options = options;
        this.directory = directory;
        this.listener = listener;
        this.parts = parts;
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("there is no data set to train on");
        }
        for (Source source : sources) {
            List<String> ids = source.dataset().ids();
            splits.add(
                    options.folds() == 0
                            ? new Folds.Split(ids, ids)
                            : Folds.split(ids, options.folds(), options.fold(), options.foldSeed()));
        }
        pipeline = pipeline(sources);
    }

    /** The labels of all data sets, in the order in which they come. */
    public static List<String> labels(List<Source> sources) {
        Set<String> labels = new LinkedHashSet<>();
        sources.forEach(source -> labels.addAll(source.dataset().options().labels()));
        return List.copyOf(labels);
    }

    /** The published pipeline for the labels of data sets: two components of an organ called kidney, else one. */
    static PipelineSpec pipeline(List<Source> sources) {
        List<String> labels = labels(sources);
        List<Integer> components = new ArrayList<>();
        labels.forEach(label -> components.add(label.equals("kidney") || label.equals("kidneys") ? 2 : 1));
        PreparationOptions first = sources.get(0).dataset().options();
        for (Source source : sources) {
            PreparationOptions other = source.dataset().options();
            if (!other.orientation().equals(first.orientation())) {
                throw new IllegalArgumentException(source.dataset().directory() + " was prepared in the orientation "
                        + other.orientation() + ", " + sources.get(0).dataset().directory() + " in "
                        + first.orientation() + "; prepare both alike");
            }
        }
        return CheckpointConverter.PUBLISHED_PIPELINE
                .withLabels(labels, components)
                .withOrientation(first.orientation())
                .withMarginMm(first.marginMm());
    }

    /**
     * Trains in this process, or goes on with a training.
     *
     * @param sources the data sets
     * @param options how
     * @param directory of the training
     * @param resume whether to go on with what is in the directory
     * @param listener is told how it goes
     * @return the bundle with the best weights
     * @throws IOException if something cannot be read or written
     * @throws InterruptedException if the thread is interrupted; the training can be taken up
     * @throws TrainingStoppedException if a loss is no longer a number
     */
    public static Path run(List<Source> sources, Options options, Path directory, boolean resume, Listener listener)
            throws IOException, InterruptedException {
        return run(sources, options, directory, resume, listener, PartsFactory.LOCAL);
    }

    /**
     * Trains, or goes on with a training.
     *
     * @param sources the data sets
     * @param options how
     * @param directory of the training
     * @param resume whether to go on with what is in the directory
     * @param listener is told how it goes
     * @param parts decides where the parts of the steps are computed; everything else happens here
     * @return the bundle with the best weights
     * @throws IOException if something cannot be read or written
     * @throws InterruptedException if the thread is interrupted; the training can be taken up
     * @throws TrainingStoppedException if a loss is no longer a number
     */
    public static Path run(
            List<Source> sources,
            Options options,
            Path directory,
            boolean resume,
            Listener listener,
            PartsFactory parts)
            throws IOException, InterruptedException {
        PairTraining training = new PairTraining(sources, options, directory, listener, parts);
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
            public Map<String, Double> validate(Weights weights, Shape size) throws IOException {
                try (CoarseValidation validation =
                        new CoarseValidation(network(Stage.COARSE, spec, weights, size), pipeline)) {
                    return dice(validation::labels);
                }
            }

            @Override
            public void write(String which, Weights weights, Shape size) throws IOException {
                Safetensors.builder()
                        .addAll("", DType.F32, weights)
                        .build()
                        .write(folder.resolve(which + "-weights.safetensors"));
            }
        });
        Weights best =
                Safetensors.read(folder.resolve("best-weights.safetensors")).weights();
        return network(Stage.COARSE, spec, best, size(Stage.COARSE));
    }

    private void fine(WeightedNetwork coarse, boolean resume) throws IOException, InterruptedException {
        NetworkSpec spec = options.fine().spec();
        train(Stage.FINE, options.fine(), resume, new Ends() {
            @Override
            public Map<String, Double> validate(Weights weights, Shape size) throws IOException {
                try (Segmenter segmenter = Segmenter.builder()
                        .model(bundle(coarse, spec, weights, size))
                        .build()) {
                    return dice(prepared ->
                            segmenter.segment(prepared.volume()).labels().labels());
                }
            }

            @Override
            public void write(String which, Weights weights, Shape size) throws IOException {
                ModelBundles.write(directory.resolve(which + ".zip"), bundle(coarse, spec, weights, size), DType.F32);
            }
        });
    }

    private FileModelBundle bundle(WeightedNetwork coarse, NetworkSpec spec, Weights weights, Shape size) {
        return FileModelBundle.of(options.name(), null, pipeline, coarse, network(Stage.FINE, spec, weights, size));
    }

    private static WeightedNetwork network(Stage stage, NetworkSpec spec, Weights weights, Shape size) {
        return new WeightedNetwork(stage.label() + " in training", spec, size, weights);
    }

    private Shape size(Stage stage) {
        return sources.get(0).dataset().size(stage);
    }

    /** Validation and output of one network. */
    private interface Ends {
        Map<String, Double> validate(Weights weights, Shape size) throws IOException;

        void write(String which, Weights weights, Shape size) throws IOException;
    }

    /** Finds labels in a case. */
    private interface Finder {
        byte[] labels(PreparedCase prepared);
    }

    /** The mean over the cases that were held back of each organ that was annotated in them, as far as it was. */
    private Map<String, Double> dice(Finder finder) throws IOException {
        List<String> labels = pipeline.labels();
        double[] sums = new double[labels.size()];
        int[] counts = new int[labels.size()];
        for (int set = 0; set < sources.size(); set++) {
            PreparedDataset dataset = sources.get(set).dataset();
            LabelMapping mapping = new LabelMapping(dataset.options().labels(), labels);
            for (String id : splits.get(set).validation()) {
                PreparedCase prepared = dataset.load(id);
                byte[] reference = mapping.apply(prepared.labels());
                byte[] found = onlyKnown(finder.labels(prepared), reference);
                for (int i = 0; i < sums.length; i++) {
                    double dice =
                            mapping.knows(i + 1) ? Dice.of(reference, found, i + 1, Parallelism.common()) : Double.NaN;
                    if (!Double.isNaN(dice)) {
                        sums[i] += dice;
                        counts[i]++;
                    }
                }
            }
        }
        Map<String, Double> dice = new LinkedHashMap<>();
        for (int i = 0; i < sums.length; i++) {
            dice.put(labels.get(i), counts[i] == 0 ? Double.NaN : sums[i] / counts[i]);
        }
        return dice;
    }

    private static byte[] onlyKnown(byte[] found, byte[] reference) {
        byte[] known = found.clone();
        for (int i = 0; i < known.length; i++) {
            if (reference[i] == (byte) Batch.UNKNOWN) {
                known[i] = 0;
            }
        }
        return known;
    }

    private void train(Stage stage, TrainingOptions how, boolean resume, Ends ends)
            throws IOException, InterruptedException {
        Path folder = directory.resolve(stage.label());
        TrainingTask task = task(stage, how);
        listener.stage(
                stage,
                splits.stream().mapToInt(split -> split.training().size()).sum(),
                splits.stream().mapToInt(split -> split.validation().size()).sum());
        TrainingRun.Surroundings surroundings = new TrainingRun.Surroundings() {
            @Override
            public Map<String, Double> validate(Weights weights, Shape size) throws IOException {
                return ends.validate(weights, size);
            }

            @Override
            public void write(String which, Weights weights, Shape size) throws IOException {
                ends.write(which, weights, size);
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
        StringJoiner cases = new StringJoiner(" and ");
        for (int set = 0; set < sources.size(); set++) {
            Source source = sources.get(set);
            cases.add(stage + " " + source.dataset().options() + " " + splits.get(set) + " " + options.hardTimes()
                    + " times " + new TreeSet<>(options.hard())
                    + (sources.size() == 1 ? "" : " weight " + source.weight()));
        }
        TrainingRun run =
                new TrainingRun(task.course(), new ParameterLayout(how.spec()), cases.toString(), folder, surroundings);
        try (StepParts opened = parts.open(task)) {
            run.run(opened, InitialWeights.kaiming(how.spec(), how.seed()), resume);
        }
    }

    private TrainingTask task(Stage stage, TrainingOptions how) {
        List<CaseSet> sets = new ArrayList<>();
        for (int set = 0; set < sources.size(); set++) {
            PreparedDataset dataset = sources.get(set).dataset();
            sets.add(new CaseSet(
                    dataset.directory().toAbsolutePath().toString(),
                    dataset.options(),
                    splits.get(set).training(),
                    options.hard().stream().filter(dataset.ids()::contains).toList(),
                    options.hardTimes(),
                    sources.get(set).weight()));
        }
        int samples = how.samplesPerEpoch() > 0
                ? how.samplesPerEpoch()
                : sets.stream()
                        .mapToInt(set -> TrainingTask.epoch(set, how.seed(), 0).size())
                        .sum();
        return new TrainingTask(
                stage,
                new TrainingCourse(how, samples, size(stage)),
                pipeline.labels(),
                sets,
                pipeline.windowLow(),
                pipeline.windowHigh(),
                pipeline.epsilon());
    }
}

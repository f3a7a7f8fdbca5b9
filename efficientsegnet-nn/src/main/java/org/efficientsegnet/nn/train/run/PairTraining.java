// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.nn.bundle.CheckpointConverter;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.bundle.ShippedPlans;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.data.Folds;
import org.efficientsegnet.nn.train.data.LabelMapping;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Orientation;
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
     * @param init a bundle that both networks begin with; labels that it lacks are new organs, and those of its labels
     *     that the data sets lack were not annotated in them
     * @param coarseFrom a bundle whose coarse network is taken instead of training one
     * @param coarseSize of the coarse network's input; if absent that of {@code init}, else of the first data set
     * @param fineSize of the fine network's input; if absent that of {@code init}, else of the first data set
     * @param folds into how many parts the cases are divided, one of which is held back; 0 to hold none back and
     *     validate on the cases that are trained on
     * @param fold which part is held back, from 0
     * @param foldSeed shuffles the cases
     * @param hard cases that are drawn more often, such as pathological ones
     * @param hardTimes how often, compared with others
     * @param kept share of the weights that training began with in those that are validated and saved, 0 for none of
     *     them; the channels of new organs stay as they were trained
     * @param settleEpochs for how many of the last epochs the weights that were taken over stay as they will be used,
     *     and only the channels of new organs learn
     */
    public record Options(
            String name,
            TrainingOptions coarse,
            TrainingOptions fine,
            Optional<FileModelBundle> init,
            Optional<FileModelBundle> coarseFrom,
            Optional<Shape> coarseSize,
            Optional<Shape> fineSize,
            int folds,
            int fold,
            long foldSeed,
            Set<String> hard,
            int hardTimes,
            double kept,
            int settleEpochs) {

        /** What is kept where training begins with a bundle, unless something else is wished. */
        public static final double KEPT = 0.6;

        /**
         * For how many of the last epochs only new organs' channels learn where training begins with a bundle, unless
         * something else is wished: a seventh of them, but at least one if there are two.
         */
        public static int settleEpochs(int epochs) {
            return Math.max(epochs / 7, Math.min(epochs - 1, 1));
        }

        /**
         * @throws IllegalArgumentException if hard cases are drawn less than once, weights are kept that there are not, or
         *     nothing is left of the epochs to learn in
         */
        public Options {
            hard = Set.copyOf(hard);
            if (hardTimes < 1) {
                throw new IllegalArgumentException("hardTimes: " + hardTimes + " is below 1");
            }
            if (!(kept >= 0 && kept < 1) || kept > 0 && init.isEmpty()) {
                throw new IllegalArgumentException("kept: " + kept
                        + (init.isEmpty()
                                ? ", but training begins with nothing to keep"
                                : " is not at least 0 and below 1"));
            }
            int least = coarseFrom.isPresent() ? fine.epochs() : Math.min(coarse.epochs(), fine.epochs());
            if (settleEpochs < 0 || settleEpochs >= least || settleEpochs > 0 && init.isEmpty()) {
                throw new IllegalArgumentException("settleEpochs: " + settleEpochs
                        + (init.isEmpty()
                                ? ", but training begins with nothing that could settle"
                                : " is not at least 0 and below the " + least + " epochs"));
            }
        }
    }

    /** Is told how training goes on, on its thread. */
    public interface Listener {
        /** A network's training begins. */
        void stage(CascadeStage stage, int training, int validation);

        /** A step was made. */
        void step(CascadeStage stage, TrainingRun.StepReport report);

        /** A validation was made. */
        void validated(CascadeStage stage, int epoch, Map<String, Double> dice, double mean, boolean best);

        /**
         * Everything that the training is taken up from is in its directory.
         *
         * @param stage whose {@link TrainingRun#stateFile} was written last
         * @throws IOException if the training shall not go on
         */
        default void saved(CascadeStage stage) throws IOException {}
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
            if (source.dataset().options().painted()) {
                // There is no scan to segment.
                splits.add(new Folds.Split(ids, List.of()));
                continue;
            }
            splits.add(
                    options.folds() == 0
                            ? new Folds.Split(ids, ids)
                            : Folds.split(ids, options.folds(), options.fold(), options.foldSeed()));
        }
        pipeline = pipeline(sources, base(options));
        requireClasses("coarse", options.coarse().spec());
        requireClasses("fine", options.fine().spec());
        options.init().ifPresent(init -> {
            requireSame("coarse", init.coarse().spec(), options.coarse().spec());
            requireSame("fine", init.fine().spec(), options.fine().spec());
        });
        // What is wrong with the fine network shall not come out when the coarse one is trained.
        task(CascadeStage.COARSE, options.coarse(), List.of());
        task(CascadeStage.FINE, options.fine(), List.of());
    }

    private void requireClasses(String which, NetworkSpec spec) {
        if (spec.classes() != pipeline.labels().size()) {
            throw new IllegalArgumentException("the " + which + " network has " + spec.classes() + " classes for the "
                    + pipeline.labels().size() + " labels " + String.join(", ", pipeline.labels()));
        }
    }

    private static void requireSame(String which, NetworkSpec init, NetworkSpec spec) {
        if (!init.withClasses(spec.classes()).equals(spec)) {
            throw new IllegalArgumentException("the " + which + " network is " + spec
                    + ", the one that it shall begin with " + init + "; leave its options out");
        }
    }

    private static Optional<FileModelBundle> base(Options options) {
        return options.init().or(options::coarseFrom);
    }

    /**
     * The labels that are trained: those of a bundle, then those of all data sets that it lacks, in the order in which
     * they come.
     *
     * @param sources the data sets
     * @param base the bundle that training begins with, or takes the coarse network of, if any
     */
    public static List<String> labels(List<Source> sources, Optional<FileModelBundle> base) {
        List<String> wanted = sources.stream()
                .flatMap(source -> source.dataset().options().labels().stream())
                .toList();
        return FineTuning.labels(base.map(b -> b.pipeline().labels()).orElse(List.of()), wanted);
    }

    /** That of the bundle, or the published one: two components of an organ called kidney, else one. */
    static PipelineSpec pipeline(List<Source> sources, Optional<FileModelBundle> base) {
        List<String> labels = labels(sources, base);
        Orientation orientation = base.map(b -> b.pipeline().orientation())
                .orElse(sources.get(0).dataset().options().orientation());
        for (Source source : sources) {
            Orientation other = source.dataset().options().orientation();
            if (!other.equals(orientation)) {
                throw new IllegalArgumentException(
                        source.dataset().files().place() + " was prepared in the orientation " + other
                                + ", the networks read " + orientation + "; prepare it again");
            }
        }
        if (base.isPresent()) {
            return FineTuning.pipeline(base.get().pipeline(), labels);
        }
        List<Integer> components = new ArrayList<>();
        labels.forEach(label -> components.add(label.equals("kidney") || label.equals("kidneys") ? 2 : 1));
        return CheckpointConverter.PUBLISHED_PIPELINE
                .withLabels(labels, components)
                .withOrientation(orientation)
                .withMarginMm(sources.get(0).dataset().options().marginMm());
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
            return FineTuning.network(
                    options.coarseFrom().get().coarse(), pipeline.labels().size());
        }
        NetworkSpec spec = options.coarse().spec();
        Path folder = directory.resolve(CascadeStage.COARSE.label());
        train(task(CascadeStage.COARSE, options.coarse(), List.of()), resume, new WeightsSink() {
            @Override
            public Validation.Result validate(Weights weights, Shape size) throws IOException {
                try (CoarseFinder finder =
                        new CoarseFinder(network(CascadeStage.COARSE, spec, weights, size), pipeline)) {
                    return PairTraining.this.validate(finder::labels);
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
        return network(CascadeStage.COARSE, spec, best, size(CascadeStage.COARSE));
    }

    private void fine(WeightedNetwork coarse, boolean resume) throws IOException, InterruptedException {
        NetworkSpec spec = options.fine().spec();
        train(task(CascadeStage.FINE, options.fine(), organs(coarse)), resume, new WeightsSink() {
            @Override
            public Validation.Result validate(Weights weights, Shape size) throws IOException {
                try (Segmenter segmenter = Segmenter.builder()
                        .model(bundle(coarse, spec, weights, size))
                        .build()) {
                    return PairTraining.this.validate(prepared ->
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
        return FileModelBundle.of(
                options.name(), null, pipeline, coarse, network(CascadeStage.FINE, spec, weights, size));
    }

    private static WeightedNetwork network(CascadeStage stage, NetworkSpec spec, Weights weights, Shape size) {
        return new WeightedNetwork(stage.label() + " in training", spec, size, weights, ShippedPlans.of(spec));
    }

    private Shape size(CascadeStage stage) {
        Optional<Shape> wished = stage == CascadeStage.COARSE ? options.coarseSize() : options.fineSize();
        return wished.or(() -> options.init().map(init -> of(init, stage).inputSize()))
                .orElse(sources.get(0).dataset().size(stage));
    }

    private static WeightedNetwork of(FileModelBundle bundle, CascadeStage stage) {
        return stage == CascadeStage.COARSE ? bundle.coarse() : bundle.fine();
    }

    /** What becomes of the weights of one network: they are validated and written. */
    private interface WeightsSink {
        Validation.Result validate(Weights weights, Shape size) throws IOException;

        void write(String which, Weights weights, Shape size) throws IOException;
    }

    private Validation.Result validate(Validation.Finder finder) throws IOException {
        List<Validation.Cases> held = new ArrayList<>();
        for (int set = 0; set < sources.size(); set++) {
            held.add(new Validation.Cases(
                    sources.get(set).dataset(), splits.get(set).validation()));
        }
        return new Validation(pipeline.labels(), pipeline.windowLow(), pipeline.windowHigh(), held).run(finder);
    }

    /** What a run calls: validation and output of a network, and everybody who is told of it. */
    private final class StageCallbacks implements TrainingRun.Callbacks {
        private final CascadeStage stage;
        private final WeightsSink sink;
        private final TrainingJournal journal;
        private final StepParts parts;
        private final TrainingCourse course;
        private Optional<BufferedImage> picture = Optional.empty();

        StageCallbacks(TrainingTask task, WeightsSink sink, TrainingJournal journal, StepParts parts) {
            this.stage = task.stage();
            this.course = task.course();
            this.sink = sink;
            this.journal = journal;
            this.parts = parts;
        }

        @Override
        public Map<String, Double> validate(Weights weights, Shape size) throws IOException {
            Validation.Result result = sink.validate(weights, size);
            picture = result.picture();
            return result.dice();
        }

        @Override
        public void write(String which, Weights weights, Shape size) throws IOException {
            sink.write(which, weights, size);
            journal.curve();
        }

        @Override
        public void step(TrainingRun.StepReport report) {
            journal.step(report);
            listener.step(stage, report);
        }

        @Override
        public void validated(int epoch, Map<String, Double> dice, double mean, boolean best) throws IOException {
            int step = epoch * course.stepsPerEpoch();
            long part = ((long) step - 1) * course.options().accumulate();
            journal.validated(step, dice, mean);
            journal.sample(step, parts.batch(part), course.size(part));
            picture.ifPresent(image -> journal.picture(step, "validation", image));
            listener.validated(stage, epoch, dice, mean, best);
        }

        @Override
        public void saved() throws IOException {
            listener.saved(stage);
        }
    }

    private void train(TrainingTask task, boolean resume, WeightsSink sink) throws IOException, InterruptedException {
        CascadeStage stage = task.stage();
        TrainingOptions how = task.course().options();
        Path folder = directory.resolve(stage.label());
        listener.stage(
                stage,
                splits.stream().mapToInt(split -> split.training().size()).sum(),
                splits.stream().mapToInt(split -> split.validation().size()).sum());
        StringJoiner cases = new StringJoiner(" and ");
        for (int set = 0; set < sources.size(); set++) {
            Source source = sources.get(set);
            cases.add(stage + " " + source.dataset().options() + " " + splits.get(set) + " " + options.hardTimes()
                    + " times " + new TreeSet<>(options.hard())
                    + (sources.size() == 1 ? "" : " weight " + source.weight()));
        }
        options.init().ifPresent(init -> cases.add("from " + init.identity().sha256()));
        String title = options.name() + ", " + stage.label() + " network";
        try (StepParts opened = parts.open(task);
                TrainingJournal journal = new TrainingJournal(title, folder)) {
            ParameterLayout layout = new ParameterLayout(how.spec());
            FineTuning.Inheritance inheritance = options.init()
                    .map(init -> FineTuning.inheritance(layout, of(init, stage).classes(), options))
                    .orElse(FineTuning.Inheritance.NONE);
            TrainingRun run = new TrainingRun(
                    task.course(),
                    layout,
                    cases.toString(),
                    folder,
                    new StageCallbacks(task, sink, journal, opened),
                    inheritance);
            run.run(opened, initialWeights(stage, how), resume);
        }
    }

    private Weights initialWeights(CascadeStage stage, TrainingOptions how) {
        return options.init()
                .map(init ->
                        FineTuning.weights(of(init, stage), pipeline.labels().size()))
                .orElseGet(() -> InitialWeights.kaiming(how.spec(), how.seed()));
    }

    /**
     * Where the organs lie in the cases of data sets in which some were not annotated, as the coarse network finds them:
     * the fine network shall be trained on the regions that it will be shown.
     */
    private List<Map<String, Box>> organs(WeightedNetwork coarse) throws IOException {
        List<Map<String, Box>> organs = new ArrayList<>();
        for (int set = 0; set < sources.size(); set++) {
            PreparedDataset dataset = sources.get(set).dataset();
            boolean partial = new LabelMapping(dataset.options().labels(), pipeline.labels()).isPartial();
            organs.add(
                    partial
                            ? OrganBoxes.of(
                                    dataset,
                                    splits.get(set).training(),
                                    coarse,
                                    pipeline,
                                    directory.resolve("organs-" + (set + 1) + ".json"))
                            : Map.of());
        }
        return organs;
    }

    private TrainingTask task(CascadeStage stage, TrainingOptions how, List<Map<String, Box>> organs) {
        List<CaseSet> sets = new ArrayList<>();
        for (int set = 0; set < sources.size(); set++) {
            PreparedDataset dataset = sources.get(set).dataset();
            sets.add(new CaseSet(
                    dataset.files().place(),
                    dataset.options(),
                    splits.get(set).training(),
                    options.hard().stream().filter(dataset.ids()::contains).toList(),
                    options.hardTimes(),
                    sources.get(set).weight(),
                    organs.isEmpty() ? Map.of() : organs.get(set)));
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

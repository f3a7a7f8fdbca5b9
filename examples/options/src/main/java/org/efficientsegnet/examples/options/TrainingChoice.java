// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.efficientsegnet.Precision;
import org.efficientsegnet.files.TextFiles;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.run.PairTraining;
import org.efficientsegnet.nn.train.run.SizeStage;
import org.efficientsegnet.nn.train.run.TrainingOptions;
import org.efficientsegnet.volume.Shape;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * What is trained, on what and how, as chosen on a command line. Places are words: whoever runs the training decides
 * whether they are paths or something else.
 */
public final class TrainingChoice {

    private static final String PRETRAINED = "pretrained";
    private static final Pattern SETTING = Pattern.compile("^([a-z][A-Za-z0-9]*): ");
    private static final Map<String, String> CALLED_OTHERWISE =
            Map.of("kept", "--keep", "earlierSizes", "--coarse-stages, --fine-stages");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Parameters(
            paramLabel = "PREPARED",
            arity = "1..*",
            description =
                    "What the command prepare wrote. Of several, an organ that one of them lacks was not annotated in"
                            + " it, and is left out there.")
    private List<String> prepared;

    @Option(
            names = "--weights",
            split = ",",
            paramLabel = "W",
            description = "How often samples come of each PREPARED, in their order. Default: 1 each.")
    private List<Double> weights = List.of();

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Directory of the training.")
    private String output;

    @Option(names = "--resume", description = "Go on with the training in the directory.")
    private boolean resume;

    @Option(names = "--name", paramLabel = "NAME", defaultValue = "trained", description = "Name of the bundle.")
    private String name;

    @Option(
            names = "--init",
            paramLabel = "BUNDLE",
            description = "Begin with the networks of this bundle, or of the one in this program: " + PRETRAINED
                    + ". Labels that it lacks become new organs.")
    private String init;

    @Option(
            names = "--keep",
            paramLabel = "SHARE",
            description =
                    "Share of the weights of --init in those that are validated and saved: known organs lose less,"
                            + " of what is new less is learned. 0 for none. Default: " + PairTraining.Options.KEPT
                            + ".")
    private Double keep;

    @Option(
            names = "--settle",
            paramLabel = "EPOCHS",
            description = "With --init: for so many of the last epochs what was taken over stays as it will be saved,"
                    + " --keep included, and only the channels of new organs learn. Default: a seventh of them.")
    private Integer settle;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "How often the cases are gone through; more than before with --resume goes on with a training"
                    + " that has ended. Default: 200; with --init 100.")
    private Integer epochs;

    @Option(
            names = "--samples-per-epoch",
            paramLabel = "N",
            defaultValue = "0",
            description = "Samples of an epoch. Default: each case once, hard ones several times.")
    private int samplesPerEpoch;

    @Option(
            names = "--coarse-channels",
            split = ",",
            paramLabel = "N",
            description = "Channels of the coarse network's levels. Default: 8,16,32,64,128; with --init as there.")
    private List<Integer> coarseChannels;

    @Option(
            names = "--fine-channels",
            split = ",",
            paramLabel = "N",
            description = "Channels of the fine network's levels. Default: 16,32,64,128,256; with --init as there.")
    private List<Integer> fineChannels;

    @Option(
            names = "--coarse-size",
            paramLabel = "Z,Y,X",
            converter = ShapeConverter.class,
            description =
                    "Input of the coarse network, one number for a cube. Default: as prepared; with --init as there.")
    private Shape coarseSize;

    @Option(
            names = "--fine-size",
            paramLabel = "Z,Y,X",
            converter = ShapeConverter.class,
            description =
                    "Input of the fine network, one number for a cube. Default: as prepared; with --init as there.")
    private Shape fineSize;

    @Option(
            names = "--coarse-stages",
            split = ",",
            paramLabel = "SIZE:EPOCHS",
            converter = SizeStageConverter.class,
            description =
                    "Other sizes that the coarse network begins with, such as 96:60,128:30; the epochs that are left"
                            + " have the size of its input.")
    private List<SizeStage> coarseStages = List.of();

    @Option(
            names = "--fine-stages",
            split = ",",
            paramLabel = "SIZE:EPOCHS",
            converter = SizeStageConverter.class,
            description = "The same for the fine network.")
    private List<SizeStage> fineStages = List.of();

    @Option(names = "--mix-sizes", description = "Draw every second batch at one of the sizes of earlier stages.")
    private boolean mixSizes;

    @Option(
            names = "--coarse-from",
            paramLabel = "BUNDLE",
            description = "Take the coarse network of this bundle, or of the one in this program: " + PRETRAINED
                    + ", instead of training one.")
    private String coarseFrom;

    @Option(
            names = "--loss",
            paramLabel = "NAME",
            defaultValue = LossTerm.DEFAULT,
            description = "dice, bce, focal, focal-published, top-k, dice+focal, dice+focal-published, dice+bce,"
                    + " dice+top-k. Default: ${DEFAULT-VALUE}.")
    private String loss;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "1", description = "Samples at once. Default: 1.")
    private int batch;

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            defaultValue = "1",
            description = "Batches whose gradients are averaged before a step. Default: 1.")
    private int accumulate;

    @Mixin
    private OptimizerChoice optimizer;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "Arithmetic of the network: fp32, bf16, fp16 with loss scaling, or auto; weights are kept in"
                    + " 32 bits. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            defaultValue = GradientEngines.AUTO,
            description =
                    "What differentiates the network: onednn, samediff, or auto for the best one. Default: ${DEFAULT-VALUE}.")
    private String engine;

    @Option(
            names = "--recompute",
            description =
                    "Take less memory and more time: compute what is cheap a second time for the gradient, instead of"
                            + " keeping it. The weights are the same. For the engine onednn.")
    private boolean recompute;

    @Option(
            names = "--dropout",
            paramLabel = "P",
            description = "Share of channels that are dropped. Default: 0.2; with --init 0.")
    private Double dropout;

    @Option(
            names = "--folds",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "Parts the cases are divided into, one of which is held back; 0 to hold none back and validate"
                            + " on what is trained on. Default: 5.")
    private int folds;

    @Option(names = "--fold", paramLabel = "I", defaultValue = "0", description = "Which is held back, from 0.")
    private int fold;

    @Option(names = "--hard", paramLabel = "FILE", description = "Cases, one a line, that are drawn more often.")
    private String hard;

    @Option(names = "--hard-times", paramLabel = "N", defaultValue = "3", description = "How often. Default: 3.")
    private int hardTimes;

    @Mixin
    private AugmentationChoice augmentation;

    @Option(
            names = "--validate-every",
            paramLabel = "EPOCHS",
            defaultValue = "5",
            description = "Default: ${DEFAULT-VALUE}.")
    private int validateEvery;

    @Option(
            names = "--patience",
            paramLabel = "N",
            defaultValue = "0",
            description = "Stop after so many validations without a better result. Default: never.")
    private int patience;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "STEPS",
            defaultValue = "100",
            description = "Default: ${DEFAULT-VALUE}.")
    private int checkpointEvery;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Default: 0.")
    private long seed;

    @Option(
            names = "--loaders",
            paramLabel = "N",
            defaultValue = "1",
            description = "Samples made at once beside the step. Default: ${DEFAULT-VALUE}.")
    private int loaders;

    /** Opens what the command prepare wrote. */
    @FunctionalInterface
    public interface Datasets {
        /** @throws IOException if there is none at this place */
        PreparedDataset open(String place) throws IOException;
    }

    /** Finds files on this machine. */
    @FunctionalInterface
    public interface Places {
        /**
         * @return the file, which need not be there
         * @throws IOException if it cannot be had
         */
        Path file(String place) throws IOException;
    }

    /** Where the training is written. */
    public String output() {
        return output;
    }

    /** Whether a training shall be gone on with. */
    public boolean resume() {
        return resume;
    }

    /**
     * The data sets, opened.
     *
     * @throws IOException if one cannot be opened
     * @throws ParameterException if the options do not fit
     */
    public List<PairTraining.Source> sources(Datasets datasets) throws IOException {
        if (!weights.isEmpty() && weights.size() != prepared.size()) {
            throw wrong(
                    "--weights: " + weights.size() + " weights for " + prepared.size() + " data sets; give one each");
        }
        List<PairTraining.Source> sources = new ArrayList<>();
        for (int i = 0; i < prepared.size(); i++) {
            double weight = weights.isEmpty() ? 1 : weights.get(i);
            if (!(weight > 0)) {
                throw wrong("--weights: " + weight + " is not above 0");
            }
            sources.add(new PairTraining.Source(datasets.open(prepared.get(i)), weight));
        }
        return sources;
    }

    /**
     * How they are trained on.
     *
     * @throws IOException if a file that an option names cannot be read
     * @throws ParameterException if an option makes no sense
     */
    public PairTraining.Options options(List<PairTraining.Source> sources, Places places) throws IOException {
        return options(sources, bundle(init, places), bundle(coarseFrom, places), hardCases(sources, places));
    }

    /** Messages of the library begin with the name of a setting; who is at a command line knows it as an option. */
    private String withOption(String message) {
        Matcher setting = SETTING.matcher(message);
        if (!setting.find()) {
            return message;
        }
        String name = setting.group(1);
        String option = "--" + name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        String known = CALLED_OTHERWISE.getOrDefault(name, spec.findOption(option) == null ? name : option);
        return known + message.substring(setting.end(1));
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private static Optional<FileModelBundle> bundle(String place, Places places) throws IOException {
        if (place == null) {
            return Optional.empty();
        }
        ModelBundles bundles = new ModelBundles();
        return Optional.of(
                place.equals(PRETRAINED) && !Files.exists(Path.of(PRETRAINED))
                        ? bundles.pretrained()
                        : bundles.read(places.file(place)));
    }

    private PairTraining.Options options(
            List<PairTraining.Source> sources,
            Optional<FileModelBundle> begin,
            Optional<FileModelBundle> coarse,
            Set<String> hardCases) {
        try {
            int classes = PairTraining.labels(sources, begin.or(() -> coarse)).size();
            TrainingOptions fine = training(fineSpec(begin, classes), begin.isPresent(), fineStages);
            return new PairTraining.Options(
                    name,
                    training(coarseSpec(begin, classes), begin.isPresent(), coarseStages),
                    fine,
                    begin,
                    coarse,
                    Optional.ofNullable(coarseSize),
                    Optional.ofNullable(fineSize),
                    folds,
                    fold,
                    seed,
                    hardCases,
                    hardTimes,
                    keep != null ? keep : begin.isPresent() ? PairTraining.Options.KEPT : 0,
                    settle != null ? settle : begin.isPresent() ? PairTraining.Options.settleEpochs(fine.epochs()) : 0);
        } catch (IllegalArgumentException e) {
            throw wrong(withOption(e.getMessage()));
        }
    }

    private NetworkSpec coarseSpec(Optional<FileModelBundle> begin, int classes) {
        return coarseChannels == null && begin.isPresent()
                ? begin.get().coarse().spec().withClasses(classes)
                : NetworkSpec.coarseUNet(
                        classes, coarseChannels == null ? List.of(8, 16, 32, 64, 128) : coarseChannels);
    }

    private NetworkSpec fineSpec(Optional<FileModelBundle> begin, int classes) {
        return fineChannels == null && begin.isPresent()
                ? begin.get().fine().spec().withClasses(classes)
                : NetworkSpec.efficientSegNet(
                        classes, fineChannels == null ? List.of(16, 32, 64, 128, 256) : fineChannels);
    }

    /** @param begun whether the network was trained before */
    TrainingOptions training(NetworkSpec network, boolean begun, List<SizeStage> stages) {
        TrainingOptions usual = begun ? TrainingOptions.fineTuning(network) : TrainingOptions.published(network);
        return new TrainingOptions(
                network,
                loss,
                dropout == null ? usual.dropout() : dropout,
                batch,
                accumulate,
                epochs == null ? usual.epochs() : epochs,
                samplesPerEpoch,
                optimizer.options(usual.optimizer()),
                precision,
                TrainingOptions.lossScale(precision),
                augmentation.options(usual.augment()),
                seed,
                validateEvery,
                patience,
                checkpointEvery,
                loaders,
                stages,
                mixSizes,
                recompute,
                engine);
    }

    private Set<String> hardCases(List<PairTraining.Source> sources, Places places) throws IOException {
        Set<String> known = new HashSet<>();
        sources.forEach(source -> known.addAll(source.dataset().ids()));
        Set<String> cases = new HashSet<>();
        if (hard != null) {
            for (String line : TextFiles.lines(places.file(hard))) {
                String id = line.strip();
                if (!id.isEmpty() && !known.contains(id)) {
                    throw new IOException(hard + ": there is no case named " + id + " in " + prepared);
                }
                cases.add(id);
            }
            cases.remove("");
        }
        return cases;
    }
}

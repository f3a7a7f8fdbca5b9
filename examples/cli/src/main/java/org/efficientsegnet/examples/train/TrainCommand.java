package org.efficientsegnet.examples.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.examples.cli.ExitCodes;
import org.efficientsegnet.examples.cli.OutputOptions;
import org.efficientsegnet.examples.cli.Version;
import org.efficientsegnet.files.TextFiles;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.run.PairTraining;
import org.efficientsegnet.nn.train.run.TrainingOptions;
import org.efficientsegnet.nn.train.run.TrainingStoppedException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code train}: trains a coarse and a fine network. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Trains the coarse network, then the fine one, on a data set that was prepared, and writes model bundles:"
                    + " best.zip and last.zip. A training that was stopped in whatever way goes on with --resume and"
                    + " the same options.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet train prepared/ -o training/ --epochs 200",
            "  efficientsegnet train prepared/ -o training/ --epochs 200 --resume",
            "  efficientsegnet segment ct.nii.gz -o labels.nii.gz --model training/best.zip"
        })
public final class TrainCommand implements Callable<Integer> {

    private final CancellationToken cancellation;

    @Parameters(paramLabel = "PREPARED", description = "What the command prepare wrote.")
    private Path prepared;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Directory of the training.")
    private Path output;

    @Option(names = "--resume", description = "Go on with the training in the directory.")
    private boolean resume;

    @Option(names = "--name", paramLabel = "NAME", defaultValue = "trained", description = "Name of the bundle.")
    private String name;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "200",
            description = "How often the cases are gone through. Default: ${DEFAULT-VALUE}.")
    private int epochs;

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
            description = "Channels of the coarse network's levels. Default: 8,16,32,64,128.")
    private List<Integer> coarseChannels = List.of(8, 16, 32, 64, 128);

    @Option(
            names = "--fine-channels",
            split = ",",
            paramLabel = "N",
            description = "Channels of the fine network's levels. Default: 16,32,64,128,256.")
    private List<Integer> fineChannels = List.of(16, 32, 64, 128, 256);

    @Option(
            names = "--coarse-from",
            paramLabel = "BUNDLE",
            description = "Take the coarse network of this bundle instead of training one.")
    private Path coarseFrom;

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
                    "What differentiates the network: samediff, or auto for the best one. Default: ${DEFAULT-VALUE}.")
    private String engine;

    @Option(
            names = "--dropout",
            paramLabel = "P",
            defaultValue = "0.2",
            description = "Share of channels that are dropped. Default: ${DEFAULT-VALUE}.")
    private double dropout;

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
    private Path hard;

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

    @Mixin
    private OutputOptions console;

    /** @param cancellation stops between two steps */
    public TrainCommand(CancellationToken cancellation) {
        this.cancellation = cancellation;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        PreparedDataset dataset = PreparedDataset.open(prepared);
        PairTraining.Options options = options(dataset.options().labels().size(), hardCases(dataset));
        try {
            Path best = PairTraining.run(
                    List.of(new PairTraining.Source(dataset, 1)),
                    options,
                    output,
                    resume,
                    new ConsoleProgress(console, cancellation));
            console.say("the best weights are in " + best);
            return ExitCodes.OK;
        } catch (TrainingStoppedException e) {
            console.error("error: " + e.getMessage());
            return ExitCodes.FAILED;
        } catch (InterruptedException e) {
            console.error("stopped; the same command with --resume goes on");
            return ExitCodes.STOPPED;
        }
    }

    private PairTraining.Options options(int classes, Set<String> hardCases) {
        try {
            return new PairTraining.Options(
                    name,
                    training(NetworkSpec.coarseUNet(classes, coarseChannels)),
                    training(NetworkSpec.efficientSegNet(classes, fineChannels)),
                    Optional.ofNullable(coarseFrom),
                    folds,
                    fold,
                    seed,
                    hardCases,
                    hardTimes);
        } catch (IllegalArgumentException e) {
            throw console.wrong(e.getMessage());
        }
    }

    TrainingOptions training(NetworkSpec network) {
        return new TrainingOptions(
                network,
                loss,
                dropout,
                batch,
                accumulate,
                epochs,
                samplesPerEpoch,
                optimizer.options(),
                precision,
                TrainingOptions.lossScale(precision),
                augmentation.options(),
                seed,
                validateEvery,
                patience,
                checkpointEvery,
                loaders,
                List.of(),
                false,
                engine);
    }

    private Set<String> hardCases(PreparedDataset dataset) throws IOException {
        Set<String> cases = new HashSet<>();
        if (hard != null) {
            for (String line : TextFiles.lines(hard)) {
                String id = line.strip();
                if (!id.isEmpty() && !dataset.ids().contains(id)) {
                    throw new IOException(hard + ": there is no case named " + id + " in " + prepared);
                }
                cases.add(id);
            }
            cases.remove("");
        }
        return cases;
    }
}

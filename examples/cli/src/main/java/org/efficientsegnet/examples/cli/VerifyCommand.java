// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.NetworkFamily;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify}: whether this installation computes what it should. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Shows whether this machine computes what an independent implementation computed.",
            "",
            "With nothing else: for the sample scan that the program brings, segmented with its pretrained model.",
            "",
            "With FILEs: each is a reference file (safetensors) with a network's weights, an input, and samples of every"
                    + " block's output. The network runs on the engine; printed is the relative L2 error of every"
                    + " block, and which block departs first. The exit code is 1 if an output departs by more than the"
                    + " tolerance.",
            "",
            "With --scan and --labels: the whole way from scan to label map is compared with a given map, by the Dice"
                    + " coefficient of every organ. The exit code is 1 if one lies below --dice."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet verify",
            "  efficientsegnet verify efficientsegnet.safetensors",
            "  efficientsegnet verify *.safetensors --engine samediff --precision fp32",
            "  efficientsegnet verify --scan ct.nii.gz --labels expected.nii.gz"
        })
final class VerifyCommand implements Callable<Integer> {

    private static final double LEAST_DICE = 0.99;
    private static final double LEAST_DICE_FP32 = 0.9999;

    private final Environment environment;

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "FILE", description = "Reference files.")
    private List<Path> files = List.of();

    @Option(
            names = "--network",
            paramLabel = "NAME",
            description = "Whose weights the files hold: ${COMPLETION-CANDIDATES}. Default: told from the weights.")
    private NetworkFamily network;

    @Option(
            names = "--tolerance",
            paramLabel = "T",
            description = "The largest relative L2 error of an output that passes. Default: "
                    + VerifyNetwork.FP32_TOLERANCE_TEXT + " in FP32, " + VerifyNetwork.HALF_TOLERANCE_TEXT
                    + " in 16-bit arithmetic.")
    private Double tolerance;

    @Option(names = "--scan", paramLabel = "CT", description = "The scan of a whole case.")
    private Path scan;

    @Option(names = "--labels", paramLabel = "MAP", description = "The label map that is expected of it.")
    private Path labels;

    @Option(
            names = "--dice",
            paramLabel = "D",
            description = "The least Dice coefficient of an organ that passes. Default: " + LEAST_DICE
                    + ", for the sample scan " + LEAST_DICE_FP32 + " in FP32.")
    private Double dice;

    @Mixin
    private EngineChoice engine;

    @Mixin
    private OutputOptions console;

    VerifyCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        if ((scan == null) != (labels == null) || scan != null && !files.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "give reference files, or --scan and --labels of a whole case, or nothing for the sample scan");
        }
        if (dice != null && !(dice >= 0 && dice <= 1)) {
            throw new ParameterException(spec.commandLine(), "--dice must be a share from 0 to 1, not " + dice);
        }
        boolean passes;
        if (!files.isEmpty()) {
            passes = new VerifyNetwork(engine, console).run(files, network, tolerance);
        } else if (scan != null) {
            passes = verify(scan, labels, LEAST_DICE);
        } else {
            if (engine.model() != null) {
                throw new ParameterException(
                        spec.commandLine(),
                        "what the sample scan's organs should be is known for the model that the program brings; give"
                                + " --scan and --labels for " + engine.model());
            }
            try (SampleCase sample = new SampleCase()) {
                passes = verify(sample.scan(), sample.labels(), LEAST_DICE_FP32);
            }
        }
        return passes ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private boolean verify(Path scan, Path labels, double leastInFp32) throws IOException {
        return new VerifyCase(environment, engine, console)
                .run(
                        scan,
                        labels,
                        precision -> dice != null ? dice : precision == Precision.FP32 ? leastInFp32 : LEAST_DICE);
    }
}

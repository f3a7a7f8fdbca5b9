// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.examples.options.ShapeConverter;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.nn.bundle.CheckpointConverter;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.onednn.Calibrator;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code convert}: checkpoints to a model bundle. */
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Makes a model bundle of a pair of checkpoints, as the published EfficientSegNet code saves them (PyTorch,"
                    + " .pt) or as safetensors. PyTorch files are read without executing anything in them.",
            "",
            "What the networks are made of is told from the names and shapes of their weights. What a checkpoint does"
                    + " not hold (window, orientation, components kept) is taken as published."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet convert --coarse coarse.pt --fine fine.pt -o bundle.zip",
            "  efficientsegnet segment ct.nii.gz -o labels.nii.gz --model bundle.zip"
        })
final class ConvertCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--coarse",
            required = true,
            paramLabel = "FILE",
            description = "The checkpoint of the network that finds the region.")
    private Path coarse;

    @Option(
            names = "--fine",
            required = true,
            paramLabel = "FILE",
            description = "The checkpoint of the network that segments the region.")
    private Path fine;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "BUNDLE",
            description = "The bundle to write: a file that ends in .zip, or a folder that is not there yet.")
    private Path output;

    @Option(names = "--name", paramLabel = "NAME", description = "The model's name. Default: that of the bundle.")
    private String name;

    @Option(
            names = "--model-version",
            paramLabel = "V",
            description = "The model's version. Default: the first digits of its checksum.")
    private String version;

    @Option(
            names = "--labels",
            split = ",",
            paramLabel = "NAME",
            description = "The names of labels 1, 2, ..., divided by commas. Default: liver,kidney,spleen,pancreas.")
    private List<String> labels;

    @Option(
            names = "--components",
            split = ",",
            paramLabel = "N",
            description = "How many components are kept of each label. Default: 1,2,1,1, or 1 for each of --labels.")
    private List<Integer> components;

    @Option(
            names = "--coarse-size",
            paramLabel = "Z,Y,X",
            converter = ShapeConverter.class,
            description = "The coarse network's input, one number for a cube. Default: 160.")
    private Shape coarseSize = CheckpointConverter.PUBLISHED_COARSE_SIZE;

    @Option(
            names = "--fine-size",
            paramLabel = "Z,Y,X",
            converter = ShapeConverter.class,
            description = "The fine network's input, one number for a cube. Default: 192.")
    private Shape fineSize = CheckpointConverter.PUBLISHED_FINE_SIZE;

    @Option(
            names = "--weights",
            paramLabel = "TYPE",
            description = "How weights are stored: F32, F16 or BF16. Default: ${DEFAULT-VALUE}.",
            defaultValue = "F32")
    private DType weights;

    @Option(
            names = "--calibrate",
            arity = "1..*",
            paramLabel = "SCAN",
            description =
                    "Scans, files or folders of DICOM, that tell how large numbers get within the networks: the"
                            + " bundle can then run with --precision INT8. A few are enough, of the kind that will be segmented.")
    private List<Path> calibrate = List.of();

    @Mixin
    private OutputOptions console;

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        if (Files.isDirectory(output)) {
            throw new ParameterException(
                    spec.commandLine(), "'" + output + "' is a folder that is there already; give another name to -o");
        }
        FileModelBundle bundle = CheckpointConverter.convert(
                coarse, fine, name == null ? stem(output) : name, version, pipeline(), coarseSize, fineSize);
        if (!calibrate.isEmpty()) {
            bundle = calibrated(bundle);
        }
        Files.createDirectories(output.toAbsolutePath().getParent());
        ModelBundles.write(output, bundle, weights);
        FileModelBundle written = new ModelBundles().read(output);
        console.say("model   " + written.identity().name() + " "
                + written.identity().version() + " (sha256 "
                + written.identity().sha256() + ")");
        console.say("labels  " + String.join(", ", written.pipeline().labels()));
        console.say("coarse  " + written.coarse().name() + " at " + coarseSize);
        console.say("fine    " + written.fine().name() + " at " + fineSize);
        console.say("wrote " + output);
        return ExitCodes.OK;
    }

    private FileModelBundle calibrated(FileModelBundle bundle) throws IOException {
        try (Calibrator calibrator = new Calibrator(bundle)) {
            for (Path scan : calibrate) {
                Volume volume = Volumes.read(scan);
                try {
                    calibrator.add(volume);
                } catch (SegmentationException e) {
                    throw new SegmentationException(scan + ": " + e.getMessage(), e);
                }
                console.say("calibrated with " + scan);
            }
            return bundle.withCalibrations(calibrator.coarse(), calibrator.fine());
        }
    }

    private PipelineSpec pipeline() {
        PipelineSpec published = CheckpointConverter.PUBLISHED_PIPELINE;
        List<String> names = labels == null
                ? published.labels()
                : labels.stream().map(String::strip).toList();
        List<Integer> kept = components;
        if (kept == null) {
            kept = labels == null ? published.componentsPerLabel() : Collections.nCopies(names.size(), 1);
        }
        try {
            return published.withLabels(names, kept);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static String stem(Path bundle) {
        String name = bundle.getFileName().toString();
        return name.endsWith(".zip") ? name.substring(0, name.length() - 4) : name;
    }
}

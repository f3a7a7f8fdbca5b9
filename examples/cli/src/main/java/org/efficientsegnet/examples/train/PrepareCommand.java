// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.examples.cli.ExitCodes;
import org.efficientsegnet.examples.cli.OutputOptions;
import org.efficientsegnet.examples.cli.Version;
import org.efficientsegnet.examples.options.ShapeConverter;
import org.efficientsegnet.nn.train.data.Dataset;
import org.efficientsegnet.nn.train.data.Preparation;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prepare}: checks a data set and puts it into the form that training reads. */
@Command(
        name = "prepare",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Checks pairs of scans and labels and writes a cache that training reads without decoding anything: the"
                    + " scans turned to one orientation, the whole scan at the coarse size, the region of the labels"
                    + " at the fine size. It may be stopped and started again. A case that cannot be used is named and"
                    + " left out.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet prepare FLARE21/ -o prepared/",
            "  efficientsegnet prepare pairs.csv -o prepared/ --coarse-size 96,96,96 --fine-size 128,128,128"
        })
public final class PrepareCommand implements Callable<Integer> {

    private final boolean terminal;
    private final CancellationToken cancellation;

    @Parameters(
            paramLabel = "DATA",
            description = "A folder as FLARE21 has it (NAME_0000.nii.gz and NAME.nii.gz), or a CSV file with lines"
                    + " image,labels or image,labels,name.")
    private Path data;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Receives the cache.")
    private Path output;

    @Option(
            names = "--labels",
            split = ",",
            paramLabel = "NAME",
            description = "Names of labels 1, 2, ... Default: liver,kidney,spleen,pancreas.")
    private List<String> labels = PreparationOptions.FLARE21;

    @Option(
            names = "--coarse-size",
            paramLabel = "Z,Y,X",
            converter = ShapeConverter.class,
            description = "Input of the coarse network, one number for a cube. Default: ${DEFAULT-VALUE}.",
            defaultValue = "160,160,160")
    private Shape coarseSize;

    @Option(
            names = "--fine-size",
            paramLabel = "Z,Y,X",
            converter = ShapeConverter.class,
            description = "Input of the fine network, one number for a cube. Default: ${DEFAULT-VALUE}.",
            defaultValue = "192,192,192")
    private Shape fineSize;

    @Option(
            names = "--margin",
            paramLabel = "MM",
            description = "Added to the box of the labels on every side, mm. Default: ${DEFAULT-VALUE}.",
            defaultValue = "20")
    private double margin;

    @Option(
            names = "--unknown-label",
            paramLabel = "N",
            description =
                    "Label of voxels that nobody annotated; they are left out of losses and of DSC. Default: none.",
            defaultValue = "0")
    private int unknownLabel;

    @Option(
            names = "--painted",
            description =
                    "DATA is a CSV file of label maps without images, lines \",labels,name\": training paints scans"
                            + " from them.")
    private boolean painted;

    @Option(
            names = "--tissues",
            split = ",",
            paramLabel = "N=NAME",
            description = "With --painted: names of labels beyond --labels, such as 5=fat,6=muscle,7=vertebra.")
    private Map<Integer, String> tissues = Map.of();

    @Mixin
    private CaseThreads threads;

    @Mixin
    private OutputOptions console;

    /**
     * @param terminal whether a person is watching, so that a progress bar makes sense
     * @param cancellation stops between two cases
     */
    public PrepareCommand(boolean terminal, CancellationToken cancellation) {
        this.terminal = terminal;
        this.cancellation = cancellation;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        Dataset dataset = FileCases.dataset(data);
        dataset.problems().forEach(problem -> console.error("left out: " + problem));
        PreparationOptions options = options();
        Preparation.Report report;
        try (CaseProgress progress =
                new CaseProgress("prepare", terminal, dataset.pairs().size(), console, cancellation)) {
            report =
                    Preparation.run(dataset.pairs(), new FileCases(), output, options, threads.parallelism(), progress);
        } catch (SegmentationCancelledException e) {
            console.error("stopped; the same command does what is missing");
            return ExitCodes.STOPPED;
        }
        console.say(report.dataset().ids().size() + " cases are ready in " + output + ", " + report.reused()
                + " of them from before; "
                + (report.problems().size() + dataset.problems().size()) + " left out");
        return report.problems().isEmpty() && dataset.problems().isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private PreparationOptions options() {
        try {
            PreparationOptions options = new PreparationOptions(labels, coarseSize, fineSize, margin, Orientation.RAS)
                    .withUnknownLabel(unknownLabel);
            return painted ? options.withPaintedTissues(tissues) : options;
        } catch (IllegalArgumentException e) {
            throw console.wrong(e.getMessage());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.evaluate.Comparison;
import org.efficientsegnet.examples.evaluate.MapPair;
import org.efficientsegnet.examples.evaluate.PairFinder;
import org.efficientsegnet.examples.evaluate.ScoreJson;
import org.efficientsegnet.examples.evaluate.ScoreTable;
import org.efficientsegnet.io.cases.Explanation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code evaluate}: how well label maps agree. */
@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Compares label maps with references: Dice (DSC), normalised surface Dice at a tolerance (NSD), average"
                    + " symmetric surface distance (ASSD) and 95%% Hausdorff distance (HD95) of every label.",
            "",
            "Surfaces and distances are those of DeepMind's surface-distance package. A dash stands where neither map"
                    + " has the label, inf where one lacks it. Two folders are paired by file name; means leave"
                    + " out what is not a finite number."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet evaluate reference.nii.gz labels.nii.gz",
            "  efficientsegnet evaluate references/ results/ --tolerance 2 --json",
            "  efficientsegnet evaluate a.nii.gz b.nii.gz --names liver,kidney,spleen,pancreas"
        })
final class EvaluateCommand implements Callable<Integer> {

    private final CancellationToken cancellation;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "REFERENCE", description = "The label map taken as true, or a folder.")
    private Path reference;

    @Parameters(index = "1", paramLabel = "PREDICTION", description = "The label map to judge, or a folder.")
    private Path prediction;

    @Option(
            names = "--tolerance",
            paramLabel = "MM",
            description = "Up to which distance surfaces count as the same for NSD, in mm. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private double tolerance;

    @Option(
            names = "--names",
            split = ",",
            paramLabel = "NAME",
            description = "Names of labels 1, 2, ..., divided by commas. Default: those in the reference.")
    private List<String> names = List.of();

    @Option(names = "--json", description = "Print JSON instead of a table.")
    private boolean json;

    @Mixin
    private OutputOptions console;

    /** @param cancellation stops between two pairs */
    EvaluateCommand(CancellationToken cancellation) {
        this.cancellation = cancellation;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        if (!(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
            throw new ParameterException(
                    spec.commandLine(), "--tolerance must be a distance in mm, 0 or more, not " + tolerance);
        }
        PairFinder.Found found = PairFinder.find(reference, prediction);
        List<Comparison> comparisons = new ArrayList<>();
        int failures = found.withoutPrediction().size();
        found.withoutPrediction().forEach(file -> console.error(file + ": there is no prediction of that name"));
        boolean single = found.pairs().size() == 1 && failures == 0;
        for (MapPair pair : found.pairs()) {
            cancellation.check(pair.name());
            try {
                comparisons.add(Comparison.of(pair, namesByLabel(), tolerance));
            } catch (IOException | IllegalArgumentException e) {
                if (single) {
                    throw e;
                }
                failures++;
                console.error(Explanation.of(e));
            }
        }
        if (comparisons.isEmpty()) {
            throw new IOException(reference + " and " + prediction + ": no pair of label maps could be compared");
        }
        comparisons.forEach(comparison -> comparison.remarks().forEach(remark -> console.note("note: " + remark)));
        if (json) {
            console.result(ScoreJson.of(comparisons, tolerance));
        } else {
            ScoreTable.of(comparisons, tolerance).forEach(console::result);
        }
        return failures == 0 ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private SortedMap<Integer, String> namesByLabel() {
        SortedMap<Integer, String> map = new TreeMap<>();
        for (String name : names) {
            map.put(map.size() + 1, name.strip());
        }
        return map;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.cli.ExitCodes;
import org.efficientsegnet.examples.cli.OutputOptions;
import org.efficientsegnet.examples.cli.Version;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.nn.train.analyze.AnalysisReport;
import org.efficientsegnet.nn.train.analyze.CaseAnalysis;
import org.efficientsegnet.nn.train.analyze.DatasetAnalysis;
import org.efficientsegnet.nn.train.data.CasePair;
import org.efficientsegnet.nn.train.data.Dataset;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code analyze}: what a data set looks like. */
@Command(
        name = "analyze",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Measures a data set: size, spacing and orientation of the scans; volume, intensity, axes and missing cases"
                    + " of each organ, and where it lies as seen from the others. Prints a table.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet analyze FLARE21/ --json analysis.json --plots analysis.png",
            "  efficientsegnet analyze pairs.csv --labels liver,kidney",
            "  efficientsegnet analyze prepared/"
        })
public final class AnalyzeCommand implements Callable<Integer> {

    private final boolean terminal;
    private final CancellationToken cancellation;

    @Parameters(
            paramLabel = "DATA",
            description = "A folder with NAME_0000.nii.gz and NAME.nii.gz, as FLARE21 has it, a CSV file with lines"
                    + " image,labels or image,labels,name, or what the command prepare wrote, where scans have one"
                    + " orientation already.")
    private Path data;

    @Option(
            names = "--labels",
            split = ",",
            paramLabel = "NAME",
            description = "Names of labels 1, 2, ... Default: those of what was prepared, else"
                    + " liver,kidney,spleen,pancreas.")
    private List<String> labels;

    @Option(names = "--json", paramLabel = "FILE", description = "Receives all numbers, those of each case included.")
    private Path json;

    @Option(names = "--plots", paramLabel = "FILE", description = "Receives a page of plots, PNG.")
    private Path plots;

    @Mixin
    private CaseThreads threads;

    @Mixin
    private OutputOptions console;

    /**
     * @param terminal whether a person is watching, so that a progress bar makes sense
     * @param cancellation stops between two cases
     */
    public AnalyzeCommand(boolean terminal, CancellationToken cancellation) {
        this.terminal = terminal;
        this.cancellation = cancellation;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        List<String> ids = new ArrayList<>();
        List<String> names = labels == null ? PreparationOptions.FLARE21 : labels;
        DatasetAnalysis.Source source;
        int problems = 0;
        if (Files.exists(data.resolve("dataset.json"))) {
            PreparedDataset prepared = PreparedDataset.open(data);
            names = labels == null ? prepared.options().labels() : labels;
            ids.addAll(prepared.ids());
            source = preparedCases(prepared, names);
        } else {
            Dataset dataset = FileCases.dataset(data);
            dataset.problems().forEach(problem -> console.error("left out: " + problem));
            problems = dataset.problems().size();
            dataset.pairs().forEach(pair -> ids.add(pair.id()));
            source = files(dataset, names);
        }
        DatasetAnalysis.Report report;
        try (CaseProgress progress = new CaseProgress("analyze", terminal, ids.size(), console, cancellation)) {
            report = DatasetAnalysis.run(names, ids, source, threads.parallelism(), progress);
        }
        console.result(AnalysisReport.table(report.analysis()).stripTrailing());
        if (json != null) {
            byte[] bytes = AnalysisReport.json(report.analysis()).getBytes(StandardCharsets.UTF_8);
            AtomicOutput.write(json, stream -> stream.write(bytes));
        }
        if (plots != null) {
            AnalysisReport.draw(report.analysis(), plots);
        }
        return problems == 0 && report.problems().isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private static DatasetAnalysis.Source preparedCases(PreparedDataset prepared, List<String> names) {
        return id -> {
            PreparedCase one = prepared.load(id);
            return CaseAnalysis.of(id, one.volume(), one.labelMap(names), names);
        };
    }

    private static DatasetAnalysis.Source files(Dataset dataset, List<String> names) {
        Map<String, CasePair> pairs = new HashMap<>();
        dataset.pairs().forEach(pair -> pairs.put(pair.id(), pair));
        FileCases reader = new FileCases();
        return id -> CaseAnalysis.of(
                id,
                reader.image(pairs.get(id).image()),
                reader.labels(pairs.get(id).labels()),
                names);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.io.LabelMaps;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@link OrganSegmentation} for {@code spark-submit}; master and resources are given to that. */
@Command(
        name = "SegmentJob",
        mixinStandardHelpOptions = true,
        description = "Segments the organs of many scans on the executors of a Spark application.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:The job has ended; failed and crashed cases are rows of the table.",
            "1:The job cannot be done: the model cannot be loaded, or the output not be written.",
            "2:The command line is wrong."
        })
public final class SegmentJob implements Runnable {

    @Parameters(
            paramLabel = "INPUT",
            arity = "0..*",
            description = "URIs of folders that are searched, and of scans; of any Hadoop file system.")
    private List<String> inputs = List.of();

    @Option(
            names = "--table",
            paramLabel = "URI",
            description = "A table of cases instead, with columns id, path and perhaps series: Parquet, or CSV with a"
                    + " header if the name ends in .csv.")
    private String table;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "URI",
            required = true,
            description = "The output folder.")
    private String output;

    @Option(
            names = "--labels",
            paramLabel = "ENDING",
            defaultValue = ".nii.gz",
            description = "The ending of the label maps. Default: ${DEFAULT-VALUE}.")
    private String labels;

    @Option(
            names = "--model",
            paramLabel = "URI",
            description = "The model bundle, a folder or zip file. Default: the pretrained one.")
    private String model;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "The engine. Default: the best of each executor's machine.")
    private String engine;

    @Option(
            names = "--precision",
            paramLabel = "P",
            defaultValue = "AUTO",
            description = "The networks' arithmetic: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(names = "--threads", paramLabel = "N", description = "Threads for one case. Default: spark.task.cpus.")
    private Integer threads;

    @Option(
            names = "--cases-per-task",
            paramLabel = "N",
            defaultValue = "16",
            description = "Cases that a task works on one after the other. Default: ${DEFAULT-VALUE}.")
    private int casesPerTask;

    @Option(names = "--redo", description = "Do cases again that an earlier run finished.")
    private boolean redo;

    @Option(names = "--allow-uneven", description = "Resample DICOM slices that are spaced unevenly.")
    private boolean uneven;

    @Option(names = "--skip-unreadable", description = "Leave out DICOM files that cannot be read.")
    private boolean skipUnreadable;

    @Spec
    private CommandSpec spec;

    private SegmentJob() {}

    /** Runs the job and ends the virtual machine if it cannot be done. */
    public static void main(String... arguments) {
        int code = commandLine().execute(arguments);
        if (code != 0) {
            System.exit(code);
        }
    }

    static CommandLine commandLine() {
        return new CommandLine(new SegmentJob())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(SegmentJob::usage)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    if (failure instanceof SegmentationException
                            || failure instanceof IllegalArgumentException
                            || failure instanceof UncheckedIOException) {
                        command.getErr().println("error: " + failure.getMessage());
                        return CommandLine.ExitCode.SOFTWARE;
                    }
                    throw failure;
                });
    }

    private static int usage(CommandLine.ParameterException failure, String[] arguments) {
        PrintWriter err = failure.getCommandLine().getErr();
        err.println("error: " + failure.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(failure, err);
        err.println("Try: --help");
        return CommandLine.ExitCode.USAGE;
    }

    @Override
    public void run() {
        if (inputs.isEmpty() == (table == null)) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "give either folders and scans, or a table of cases with --table");
        }
        if (!LabelMaps.endings().contains(labels.toLowerCase(Locale.ROOT))) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--labels is one of " + String.join(", ", LabelMaps.endings()));
        }
        SparkSession spark =
                SparkSession.builder().appName("efficientsegnet: segment").getOrCreate();
        Dataset<Row> results = segmentation().run(cases(spark));
        String counts = results.groupBy("status").count().orderBy("status").collectAsList().stream()
                .map(row -> row.getLong(1) + " " + row.getString(0))
                .collect(Collectors.joining(", "));
        System.out.println(
                "cases: " + (counts.isEmpty() ? "none found" : counts) + "; table: " + output + "/cases.parquet");
        spark.stop();
    }

    private Dataset<Row> cases(SparkSession spark) {
        if (table == null) {
            return Cases.find(spark, inputs.toArray(String[]::new));
        }
        return table.endsWith(".csv")
                ? spark.read().option("header", true).csv(table)
                : spark.read().parquet(table);
    }

    private OrganSegmentation segmentation() {
        OrganSegmentation segmentation = OrganSegmentation.to(output)
                .labels(labels)
                .casesPerTask(casesPerTask)
                .precision(precision)
                .redo(redo)
                .allowUneven(uneven)
                .skipUnreadable(skipUnreadable);
        if (model != null) {
            segmentation.model(model);
        }
        if (engine != null) {
            segmentation.engine(engine);
        }
        if (threads != null) {
            segmentation.threads(threads);
        }
        return segmentation;
    }
}

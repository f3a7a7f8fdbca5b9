// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.options.TrainingChoice;
import org.efficientsegnet.examples.options.TrainingProgress;
import org.efficientsegnet.io.cases.Explanation;
import org.efficientsegnet.nn.train.run.PairTraining;
import org.efficientsegnet.nn.train.run.TrainingStoppedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A training on many machines, for {@code spark-submit}: the options of the program's command {@code train}. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Trains the coarse network, then the fine one, on a data set that was prepared, and writes model bundles:"
                    + " best.zip and last.zip. The batches of a step (--accumulate) are computed by the executors. A"
                    + " training that was stopped in whatever way goes on with --resume and the same options. Places"
                    + " are URIs of any file system that Hadoop reaches.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  spark-submit --class org.efficientsegnet.spark.training.TrainJob … \\",
            "      s3a://archive/prepared/ -o s3a://results/training/ --accumulate 8",
            "  the same with --resume goes on",
        })
public final class TrainJob implements Callable<Integer> {

    /** Everything was done. */
    static final int OK = 0;

    /** The training stopped since its loss was no longer a number. */
    static final int FAILED = 1;

    /** The command line is wrong; nothing was done. */
    static final int USAGE = 2;

    /** A file cannot be read or written, an engine not be used, or a part not be computed. */
    static final int UNUSABLE = 3;

    /** Stopped from outside. */
    static final int STOPPED = 130;

    private final PrintWriter out;
    private final PrintWriter err;

    @Spec
    private CommandSpec spec;

    @Mixin
    private TrainingChoice choice;

    @Option(
            names = "--gradient-bits",
            paramLabel = "N",
            defaultValue = "32",
            description =
                    "Bits of a number of a gradient on its way to the driver, 32 or 16. Default: ${DEFAULT-VALUE}.")
    private int gradientBits;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Threads of an executor's engine. Default: spark.executor.cores, or all processors.")
    private int threads;

    private TrainJob(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    /** Runs a training and ends the virtual machine with 0 if it came to its end. */
    public static void main(String[] args) {
        Charset charset = Charset.defaultCharset();
        int code = run(new PrintWriter(System.out, true, charset), new PrintWriter(System.err, true, charset), args);
        System.exit(code);
    }

    static int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine command = new CommandLine(new TrainJob(out, err));
        command.setCaseInsensitiveEnumValuesAllowed(true);
        command.setOut(out);
        command.setErr(err);
        command.setParameterExceptionHandler(TrainJob::usage);
        command.setExecutionExceptionHandler((failure, failed, parsed) -> explain(failure, err));
        return command.execute(args);
    }

    private static int usage(ParameterException failure, String[] args) {
        PrintWriter err = failure.getCommandLine().getErr();
        err.println("error: " + failure.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(failure, err);
        err.println("Try: --help");
        return USAGE;
    }

    private static int explain(Exception failure, PrintWriter err) {
        err.println("error: " + Explanation.inFull(failure));
        if (!Explanation.isForeseen(failure)) {
            failure.printStackTrace(err);
        }
        return UNUSABLE;
    }

    private void requireSense() {
        try {
            GradientForm.ofBits(gradientBits);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--gradient-bits: " + e.getMessage());
        }
        if (threads < 0) {
            throw new ParameterException(spec.commandLine(), "--threads: " + threads + " is below 0");
        }
    }

    @Override
    public Integer call() throws IOException {
        requireSense();
        SparkConf conf = new SparkConf().setIfMissing("spark.app.name", "efficientsegnet train");
        try (SparkSession spark = SparkSession.builder().config(conf).getOrCreate()) {
            SparkTraining training =
                    SparkTraining.on(spark).gradientBits(gradientBits).threads(threads);
            List<PairTraining.Source> sources = choice.sources(training::dataset);
            PairTraining.Options options = choice.options(sources, training::file);
            String best = training.run(
                    sources,
                    options,
                    choice.output(),
                    choice.resume(),
                    new TrainingProgress(out::println, new CancellationToken()));
            out.println("the best weights are in " + best);
            return OK;
        } catch (TrainingStoppedException e) {
            err.println("error: " + e.getMessage());
            return FAILED;
        } catch (InterruptedException e) {
            err.println("stopped; the same command with --resume goes on");
            return STOPPED;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.options.TrainingChoice;
import org.efficientsegnet.examples.options.TrainingProgress;
import org.efficientsegnet.nn.train.data.CasePair;
import org.efficientsegnet.nn.train.data.CaseReader;
import org.efficientsegnet.nn.train.data.Preparation;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.run.PairTraining;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.spark.TestSpark;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** A training of a few seconds: four cases with a cube, two networks of two levels. Also a driver, to be killed. */
public final class TinyTraining {

    static final List<String> CASES = List.of("case0", "case1", "case2", "case3");

    private static final Shape SHAPE = new Shape(16, 16, 16);
    private static final Geometry GRID = Geometry.of(Orientation.RAS, 8, 8, 8);
    /** Natives of ND4J are large: every process would unpack them anew. */
    static final String NATIVES =
            "-Dorg.bytedeco.javacpp.cachedir=" + Path.of(System.getProperty("user.home"), ".javacpp", "cache");

    private static final List<String> OPTIONS = List.of(
            "--folds", "0",
            "--coarse-channels", "2,4",
            "--fine-channels", "2,4",
            "--accumulate", "2",
            "--validate-every", "2",
            "--checkpoint-every", "1",
            "--learning-rate", "0.01",
            "--precision", "fp32");

    private TinyTraining() {}

    /** Prepares the cases for networks with inputs of 16³. */
    static Path prepare(Path folder) throws IOException {
        return prepare(folder, Shape.cube(16));
    }

    /** Prepares the cases for networks with inputs of this size. */
    static Path prepare(Path folder, Shape size) throws IOException {
        Files.createDirectories(folder);
        List<CasePair> pairs = new ArrayList<>();
        for (String id : CASES) {
            Path file = Files.writeString(folder.resolveSibling(id), id);
            pairs.add(new CasePair(id, file, file));
        }
        Preparation.run(
                pairs,
                new Cubes(),
                folder,
                new PreparationOptions(List.of("cube"), size, size, 8, Orientation.RAS),
                Parallelism.SINGLE,
                (id, done, total, problem) -> {});
        return folder;
    }

    /** A cube whose place follows from the file's name. */
    private static final class Cubes implements CaseReader {
        @Override
        public Volume image(Path file) {
            byte[] labels = labels(file).labels();
            short[] hu = new short[labels.length];
            for (int i = 0; i < hu.length; i++) {
                hu[i] = (short) ((labels[i] == 0 ? -80 : 120) + i * 37 % 41);
            }
            return Volume.ofHu(SHAPE, GRID, hu);
        }

        @Override
        public LabelMap labels(Path file) {
            int at = 2 + CASES.indexOf(file.getFileName().toString());
            byte[] labels = new byte[SHAPE.arrayLength()];
            for (int z = at; z < at + 6; z++) {
                for (int y = 4; y < 10; y++) {
                    for (int x = 9 - at; x < 15 - at; x++) {
                        labels[SHAPE.index(z, y, x)] = 1;
                    }
                }
            }
            return LabelMap.of(SHAPE, GRID, labels);
        }
    }

    /** The command line of a training; what is given more takes the place of what is usual here. */
    static String[] arguments(String prepared, String output, String... more) {
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < OPTIONS.size(); i += 2) {
            if (!List.of(more).contains(OPTIONS.get(i))) {
                arguments.addAll(OPTIONS.subList(i, i + 2));
            }
        }
        arguments.addAll(List.of(prepared, "-o", output));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    /** Trains as the program does, in this process. */
    static void here(Path prepared, Path output, String... more) throws IOException, InterruptedException {
        TrainingChoice choice = new TrainingChoice();
        CommandSpec command = CommandSpec.create().addMixin("choice", CommandSpec.forAnnotatedObject(choice));
        new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(arguments(prepared.toString(), output.toString(), more));
        List<PairTraining.Source> sources = choice.sources(place -> PreparedDataset.open(Path.of(place)));
        PairTraining.run(
                sources,
                choice.options(sources, Path::of),
                Path.of(choice.output()),
                choice.resume(),
                new TrainingProgress(line -> {}, new CancellationToken()));
    }

    /** What a job said, and how it ended. */
    record Ended(int code, String out, String err) {}

    /** Runs a job in the session that is there, and ends it. */
    static Ended job(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = TrainJob.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        return new Ended(code, out.toString(), err.toString());
    }

    /** A cluster with two executors that knows the slow file system. */
    static SparkSession cluster() {
        return TestSpark.cluster(2, 1024)
                .config(SlowFileSystem.SETTING, SlowFileSystem.class.getName())
                .config("spark.executor.extraJavaOptions", JavaModuleOptions.defaultModuleOptions() + " " + NATIVES)
                .getOrCreate();
    }

    /** A driver with a cluster of its own; the arguments are those of the job. */
    public static void main(String[] args) {
        cluster();
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        System.exit(TrainJob.run(out, out, args));
    }
}

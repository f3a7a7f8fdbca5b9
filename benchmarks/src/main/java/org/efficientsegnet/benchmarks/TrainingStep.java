// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.onednn.training.OneDnnGradient;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientGraph;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.augment.Augmenter;
import org.efficientsegnet.nn.train.data.CasePair;
import org.efficientsegnet.nn.train.data.CaseReader;
import org.efficientsegnet.nn.train.data.Preparation;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.SampleLoader;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.optimize.Adam;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * The time of a training step, what of it each part takes, and the peak of the process's resident memory. A program of
 * its own since memory is a matter of the whole process:
 *
 * <pre>java -Xmx2g -Dorg.bytedeco.javacpp.maxBytes=20g -Dorg.bytedeco.javacpp.maxPhysicalBytes=22g -cp
 * benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.TrainingStep fine 96,96,96 16,32,64,128 5 onednn bf16
 * </pre>
 *
 * <p>Samples are made as published, crop and contrast, from a case of 256×256×128 voxels, beside the step; the loss is
 * dice and focal, with dropout. The time of a step is the least of several, after one that is not counted; the shares
 * of operations are those of one step more.
 */
public final class TrainingStep {

    private static final Shape SCAN = new Shape(128, 256, 256);
    private static final int CLASSES = 4;
    private static final int DEAREST = 12;
    private static final double SMALLEST_SHARE = 0.01;

    private TrainingStep() {}

    /**
     * Runs it.
     *
     * @param args fine or coarse, the size, the channels, how many steps, perhaps the engine, the precision, and
     *     {@code recompute}
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length < 4 || args.length > 7) {
            throw new IllegalArgumentException("four to seven arguments are needed: fine|coarse Z,Y,X CHANNELS STEPS"
                    + " [ENGINE [PRECISION [recompute]]]");
        }
        int[] extent = numbers(args[1]);
        Shape size = new Shape(extent[0], extent[1], extent[2]);
        NetworkSpec spec = spec(args[0], numbers(args[2]));
        Path directory = Files.createTempDirectory("training-step");
        try {
            GradientRequest kept = new GradientRequest(
                    spec,
                    size,
                    1,
                    LossTerm.parse(LossTerm.DEFAULT),
                    0.2,
                    args.length > 5 ? Precision.valueOf(args[5].toUpperCase(Locale.ROOT)) : Precision.AUTO,
                    false);
            GradientRequest request = kept.withRecompute(args.length > 6 && args[6].equals("recompute"));
            String engine = args.length > 4 ? args[4] : GradientEngines.AUTO;
            measure(request, engine, prepared(directory, size), Integer.parseInt(args[3]));
        } finally {
            Folders.delete(directory);
        }
    }

    private static int[] numbers(String list) {
        return Arrays.stream(list.split(",")).mapToInt(Integer::parseInt).toArray();
    }

    private static NetworkSpec spec(String name, int[] channels) {
        List<Integer> list = Arrays.stream(channels).boxed().toList();
        return name.equals("fine") ? NetworkSpec.efficientSegNet(CLASSES, list) : NetworkSpec.coarseUNet(CLASSES, list);
    }

    /** A case with four balls in noise. */
    private static PreparedDataset prepared(Path directory, Shape size) throws IOException {
        short[] hu = new short[SCAN.arrayLength()];
        byte[] labels = new byte[hu.length];
        Random random = new Random(1);
        for (int z = 0; z < SCAN.z(); z++) {
            for (int y = 0; y < SCAN.y(); y++) {
                for (int x = 0; x < SCAN.x(); x++) {
                    int i = SCAN.index(z, y, x);
                    int organ = 1 + (y < 128 ? 0 : 1) + (x < 128 ? 0 : 2);
                    boolean inside = Math.hypot(z - 64, Math.hypot(y % 128 - 64, x % 128 - 64)) < 30;
                    labels[i] = (byte) (inside ? organ : 0);
                    hu[i] = (short) ((inside ? 40 * organ : -50) + 20 * random.nextGaussian());
                }
            }
        }
        Geometry geometry = Geometry.of(Orientation.RAS, 1, 1, 2);
        CaseReader reader = new CaseReader() {
            @Override
            public Volume image(Path file) {
                return Volume.ofHu(SCAN, geometry, hu);
            }

            @Override
            public LabelMap labels(Path file) {
                return LabelMap.of(SCAN, geometry, labels);
            }
        };
        PreparationOptions options =
                new PreparationOptions(PreparationOptions.FLARE21, size, size, 20, Orientation.RAS);
        Path file = Files.createFile(directory.resolve("balls"));
        return Preparation.run(
                        List.of(new CasePair("balls", file, file)),
                        reader,
                        directory,
                        options,
                        Parallelism.common(),
                        (id, done, total, problem) -> {})
                .dataset();
    }

    /** How long a step and its parts took, s. */
    private record StepTime(double whole, double samples, double gradient, double optimiser) {}

    private static void measure(GradientRequest request, String engine, PreparedDataset dataset, int steps)
            throws IOException, InterruptedException {
        Shape size = request.size();
        ParameterLayout layout = new ParameterLayout(request.spec());
        Augmenter augmenter = new Augmenter(
                dataset,
                dataset.options().labels(),
                PreparedDataset.CascadeStage.FINE,
                AugmentOptions.PUBLISHED,
                Map.of(),
                -325,
                325,
                1e-5);
        long sampling = System.nanoTime();
        for (int i = 0; i < steps; i++) {
            augmenter.make("balls", size, i);
        }
        double sample = seconds(sampling) / steps;
        long building = System.nanoTime();
        try (GradientFunction function = GradientEngines.choose(engine, request).open(request);
                SampleLoader loader = new SampleLoader(number -> augmenter.make("balls", size, number), 0, 2, 1)) {
            double built = seconds(building);
            float[] weights = layout.flatten(InitialWeights.kaiming(request.spec(), 1));
            float[] gradient = new float[weights.length];
            Adam adam = new Adam(OptimizerOptions.DEFAULT, weights);
            StepTime least = null;
            Batch batch = null;
            for (int step = 0; step <= steps; step++) {
                long start = System.nanoTime();
                batch = loader.batch(1);
                double waited = seconds(start);
                long differentiates = System.nanoTime();
                function.gradient(weights, batch, step, 1, gradient);
                double differentiated = seconds(differentiates);
                long optimises = System.nanoTime();
                LossScale.NONE.unscale(gradient);
                adam.step(gradient, 1e-3);
                StepTime time = new StepTime(seconds(start), waited, differentiated, seconds(optimises));
                System.out.printf(Locale.ROOT, "step %d: %.3f s%n", step, time.whole());
                if (step == 1 || step > 1 && time.whole() < least.whole()) {
                    least = time;
                }
            }
            System.out.printf(
                    Locale.ROOT,
                    "%s, %d weights, built in %.1f s; a sample takes %.3f s beside the step%n"
                            + "least step %.3f s: waiting for samples %.3f, gradient %.3f, optimiser %.3f%n",
                    size,
                    weights.length,
                    built,
                    sample,
                    least.whole(),
                    least.samples(),
                    least.gradient(),
                    least.optimiser());
            if (function instanceof OneDnnGradient engineGradient) {
                System.out.println(engineGradient.describe());
                long profiled = System.nanoTime();
                List<Cost> costs = engineGradient.profile(weights, batch).stream()
                        .map(cost -> new Cost(kind(cost.name()), cost.name(), cost.seconds()))
                        .toList();
                print(costs, seconds(profiled));
            } else if (function instanceof GradientGraph graph) {
                System.out.printf(Locale.ROOT, "arrays in use at once %.0f MB%n", graph.workingBytes() / 1e6);
                long profiled = System.nanoTime();
                List<Cost> costs = graph.profile(weights, batch).stream()
                        .map(cost -> new Cost(cost.kind(), cost.name(), cost.seconds()))
                        .toList();
                print(costs, seconds(profiled));
            }
        }
        double peak = WholeCase.peakMegabytes();
        System.out.printf(
                Locale.ROOT,
                "peak resident memory %.0f MB, %.0f bytes a voxel%n",
                peak,
                1e6 * peak / size.arrayLength());
    }

    /** A part of a gradient, its kind and how long it took, s. */
    private record Cost(String kind, String name, double seconds) {}

    /** The kind of a phase of the oneDNN engine: the last layer of the value's name, and what of it is computed. */
    private static String kind(String phase) {
        String[] words = phase.split(" ", 2);
        String layer = words[0].substring(words[0].lastIndexOf('/') + 1);
        return words.length == 1 ? layer : layer + " " + words[1];
    }

    private static void print(List<Cost> costs, double whole) {
        Map<String, double[]> kinds = new TreeMap<>();
        double operations = 0;
        for (Cost cost : costs) {
            double[] sum = kinds.computeIfAbsent(cost.kind(), kind -> new double[2]);
            sum[0]++;
            sum[1] += cost.seconds();
            operations += cost.seconds();
        }
        System.out.println("| operation | times | ms | share |");
        System.out.println("|---|---:|---:|---:|");
        kinds.entrySet().stream()
                .sorted(Comparator.comparingDouble(entry -> -entry.getValue()[1]))
                .filter(entry -> entry.getValue()[1] > SMALLEST_SHARE * whole)
                .forEach(entry -> row(entry.getKey(), entry.getValue()[0], entry.getValue()[1], whole));
        costs.stream()
                .sorted(Comparator.comparingDouble(cost -> -cost.seconds()))
                .limit(DEAREST)
                .forEach(cost -> row(cost.kind() + " " + cost.name(), 1, cost.seconds(), whole));
        row("everything around the operations", 1, whole - operations, whole);
        row("gradient of one step", 1, whole, whole);
    }

    private static void row(String name, double times, double seconds, double whole) {
        System.out.printf(
                Locale.ROOT, "| %s | %.0f | %.1f | %.1f %% |%n", name, times, 1e3 * seconds, 100 * seconds / whole);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}

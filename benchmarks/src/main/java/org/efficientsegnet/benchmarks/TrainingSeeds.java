// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.augment.Augmenter;
import org.efficientsegnet.nn.train.data.SampleLoader;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.optimize.Adam;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.volume.Shape;

/**
 * Whether training in bfloat16 comes to the same loss as in 32 bits: a network from nothing on the sample scan, with
 * several seeds, which decide on its weights, its samples and its dropout.
 *
 * <pre>java -Xmx2g -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.TrainingSeeds 64 60 3</pre>
 *
 * <p>The fine network with four levels, 16 to 128 channels; dice and focal loss, Adam at 1e-3, dropout 0.2, crop and
 * contrast as published. The loss at the end is the mean of the last sixth of the steps, before each of them.
 */
public final class TrainingSeeds {

    private static final List<Integer> CHANNELS = List.of(16, 32, 64, 128);
    private static final double RATE = 1e-3;
    private static final double DROPOUT = 0.2;

    private TrainingSeeds() {}

    /**
     * Prints a table in Markdown.
     *
     * @param args edge of the input, steps, how many seeds
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            throw new IllegalArgumentException("three arguments are needed: SIZE STEPS SEEDS");
        }
        Shape size = Shape.cube(Integer.parseInt(args[0]));
        int steps = Integer.parseInt(args[1]);
        int seeds = Integer.parseInt(args[2]);
        Path directory = Files.createTempDirectory("training-seeds");
        try {
            Augmenter samples = SampleScan.samples(directory, size, AugmentOptions.PUBLISHED);
            System.out.println("| precision | seed | first loss | loss at the end |");
            System.out.println("|---|---:|---:|---:|");
            for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
                List<Double> ends = new ArrayList<>();
                for (int seed = 0; seed < seeds; seed++) {
                    double[] losses = losses(samples, size, precision, seed, steps);
                    double end = mean(losses, steps - Math.max(1, steps / 6), steps);
                    ends.add(end);
                    System.out.printf(Locale.ROOT, "| %s | %d | %.4f | %.4f |%n", precision, seed, losses[0], end);
                }
                double mean = ends.stream().mapToDouble(e -> e).average().orElseThrow();
                double squares =
                        ends.stream().mapToDouble(e -> (e - mean) * (e - mean)).sum();
                System.out.printf(
                        Locale.ROOT,
                        "| %s | mean, sd | | %.4f, %.4f |%n",
                        precision,
                        mean,
                        Math.sqrt(squares / Math.max(1, ends.size() - 1)));
            }
        } finally {
            Folders.delete(directory);
        }
    }

    private static double[] losses(Augmenter samples, Shape size, Precision precision, int seed, int steps)
            throws IOException {
        NetworkSpec spec = NetworkSpec.efficientSegNet(4, CHANNELS);
        GradientRequest request =
                new GradientRequest(spec, size, 1, LossTerm.parse(LossTerm.DEFAULT), DROPOUT, precision, false);
        float[] weights = new ParameterLayout(spec).flatten(InitialWeights.kaiming(spec, seed));
        float[] gradient = new float[weights.length];
        Adam adam = new Adam(OptimizerOptions.DEFAULT, weights);
        double[] losses = new double[steps];
        try (GradientFunction function =
                GradientEngines.choose("onednn", request).open(request)) {
            for (int step = 0; step < steps; step++) {
                long number = (long) seed * steps + step;
                losses[step] = function.gradient(
                        weights,
                        SampleLoader.batchOf(List.of(samples.make(SampleScan.ID, size, number))),
                        number,
                        1,
                        gradient);
                adam.step(gradient, RATE);
            }
        }
        return losses;
    }

    private static double mean(double[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        return sum / (to - from);
    }
}

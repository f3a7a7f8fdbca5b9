// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.optimize.Adam;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.volume.Shape;

/**
 * A training step of the published fine network on each engine, in one run: alone, and beside a process that keeps a
 * processor busy.
 *
 * <pre>java -Xmx2g -Dorg.bytedeco.javacpp.maxBytes=18g -Dorg.bytedeco.javacpp.maxPhysicalBytes=22g -cp
 * benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.TrainingContention 128
 * onednn-bf16,onednn-fp32,samediff-fp32 4</pre>
 *
 * <p>A step is gradient and Adam, batch 1, dice and focal loss, dropout; the sample is noise, since making samples goes on
 * beside the steps. Two steps warm up. SameDiff is not measured beside others.
 */
public final class TrainingContention {

    private static final int CLASSES = 4;
    private static final double DROPOUT = 0.2;
    private static final int WARM_UP = 2;

    private TrainingContention() {}

    /**
     * Prints a table in Markdown: seconds a step, the median and the least.
     *
     * @param args edge of the input, the engines with commas, the number of steps
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            throw new IllegalArgumentException("three arguments are needed: SIZE ENGINES STEPS");
        }
        Shape size = Shape.cube(Integer.parseInt(args[0]));
        int steps = Integer.parseInt(args[2]);
        System.out.println("| step at " + args[0] + "³, s | alone: median | least | beside one busy: median | ratio |");
        System.out.println("|---|---:|---:|---:|---:|");
        for (String engine : args[1].split(",")) {
            measure(engine, size, steps);
        }
    }

    private static void measure(String engine, Shape size, int steps) throws IOException {
        String[] parts = engine.split("-");
        NetworkSpec spec = NetworkSpec.efficientSegNet(CLASSES);
        GradientRequest request = new GradientRequest(
                spec,
                size,
                1,
                LossTerm.parse(LossTerm.DEFAULT),
                DROPOUT,
                Precision.valueOf(parts[1].toUpperCase(Locale.ROOT)),
                false);
        Random random = new Random(1);
        byte[] labels = new byte[size.arrayLength()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) random.nextInt(CLASSES + 1);
        }
        Batch batch = new Batch(List.of("noise"), Workload.input(size), labels);
        float[] weights = new ParameterLayout(spec).flatten(InitialWeights.kaiming(spec, 1));
        float[] gradient = new float[weights.length];
        Adam adam = new Adam(OptimizerOptions.DEFAULT, weights);
        try (GradientFunction function =
                GradientEngines.choose(parts[0], request).open(request)) {
            Runnable step = () -> {
                function.gradient(weights, batch, 1, 1, gradient);
                adam.step(gradient, OptimizerOptions.DEFAULT.learningRate());
            };
            for (int i = 0; i < WARM_UP; i++) {
                step.run();
            }
            double[] alone = seconds(step, steps);
            String beside = "| |";
            if (!parts[0].equals("samediff")) {
                Process busy = Contention.busy();
                try {
                    step.run();
                    double median = median(seconds(step, steps));
                    beside = String.format(Locale.ROOT, "| %.2f | %.2f |", median, median / median(alone));
                } finally {
                    busy.destroy();
                }
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.2f | %.2f %s%n",
                    engine,
                    median(alone),
                    Arrays.stream(alone).min().orElseThrow(),
                    beside);
        }
    }

    private static double[] seconds(Runnable step, int steps) {
        double[] seconds = new double[steps];
        for (int i = 0; i < steps; i++) {
            long start = System.nanoTime();
            step.run();
            seconds[i] = (System.nanoTime() - start) / 1e9;
        }
        return seconds;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}

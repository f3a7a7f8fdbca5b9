// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.nn.train.run.CaseSet;
import org.efficientsegnet.nn.train.run.TrainingCourse;
import org.efficientsegnet.nn.train.run.TrainingOptions;
import org.efficientsegnet.nn.train.run.TrainingTask;
import org.efficientsegnet.spark.TestSpark;
import org.efficientsegnet.volume.Shape;

/**
 * A program that measures what a step of the published fine network, 9.4 million weights, costs beside its gradients: from
 * the broadcast of the weights to the sum of the gradients of as many parts as there are executors. The arguments are the
 * numbers of executors.
 */
public final class ExchangeFigures {

    /** The smallest input that the network takes: samples shall cost little. */
    private static final Shape SIZE = new Shape(128, 64, 64);

    private static final int WARM_UP = 5;
    private static final int STEPS = 11;

    private ExchangeFigures() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Path prepared =
                TinyTraining.prepare(Files.createTempDirectory("exchange").resolve("prepared"), SIZE);
        for (String executors : args) {
            int count = Integer.parseInt(executors);
            try (SparkSession spark = TestSpark.cluster(count, 1024).getOrCreate()) {
                for (GradientForm form : GradientForm.values()) {
                    measure(JavaSparkContext.fromSparkContext(spark.sparkContext()), task(prepared, count), form);
                }
            }
        }
    }

    private static TrainingTask task(Path prepared, int parts) throws IOException {
        PreparedDataset dataset = PreparedDataset.open(prepared);
        NetworkSpec spec = NetworkSpec.efficientSegNet(1, List.of(16, 32, 64, 128, 256));
        TrainingOptions options = new TrainingOptions(
                spec,
                LossTerm.DEFAULT,
                0,
                1,
                parts,
                1000,
                0,
                OptimizerOptions.DEFAULT,
                Precision.FP32,
                LossScale.NONE,
                AugmentOptions.NONE,
                0,
                1,
                0,
                1000,
                1,
                List.of(),
                false,
                false,
                InstantGradients.NAME);
        CaseSet set = new CaseSet(dataset.files().place(), dataset.options(), dataset.ids(), List.of(), 1, 1, Map.of());
        return new TrainingTask(
                CascadeStage.FINE,
                new TrainingCourse(options, 4 * parts, SIZE),
                dataset.options().labels(),
                List.of(set),
                -325,
                325,
                1e-5);
    }

    private static void measure(JavaSparkContext spark, TrainingTask task, GradientForm form)
            throws IOException, InterruptedException {
        int parts = task.course().options().accumulate();
        float[] weights = new float[new ParameterLayout(task.course().options().spec()).size()];
        Random random = new Random(1);
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian();
        }
        float[] sum = new float[weights.length];
        double[] millis = new double[STEPS];
        try (SparkParts computed = new SparkParts(spark, task, form, 0)) {
            for (int step = -WARM_UP; step < STEPS; step++) {
                long start = System.nanoTime();
                long first = (long) (step + WARM_UP) * parts;
                computed.compute(weights, first, parts, 1, part -> {
                    float[] gradient = part.gradient();
                    for (int i = 0; i < sum.length; i++) {
                        sum[i] += gradient[i] / parts;
                    }
                });
                if (step >= 0) {
                    millis[step] = (System.nanoTime() - start) / 1e6;
                }
            }
        }
        Arrays.sort(millis);
        System.out.printf(
                Locale.ROOT,
                "%d executors, %s, %d weights: least %.0f, median %.0f, most %.0f ms a step%n",
                parts,
                form,
                weights.length,
                millis[0],
                millis[STEPS / 2],
                millis[STEPS - 1]);
    }
}

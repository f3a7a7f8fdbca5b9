// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientGraph;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.data.Sample;
import org.efficientsegnet.nn.train.data.SampleLoader;
import org.efficientsegnet.nn.train.data.Seeds;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.loss.Losses;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.nn.train.optimize.Schedule;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;

/** A run that takes a second: two levels, 8³ voxels, a bright cube to be found. Also a program, to be killed. */
public final class ToyTraining {

    static final NetworkSpec SPEC = NetworkSpec.builder()
            .channels(2, 4)
            .blocksPerLevel(1)
            .context(ContextKind.NONE)
            .classes(1)
            .build();
    static final Shape SIZE = Shape.cube(8);
    static final OptimizerOptions OPTIMIZER = OptimizerOptions.DEFAULT
            .withLearningRate(0.01)
            .withSchedule(Schedule.COSINE)
            .withWarmUpSteps(3)
            .withAverageDecay(0.8);

    private ToyTraining() {}

    static TrainingOptions options(int epochs, OptimizerOptions optimizer, LossScale scale, int patience) {
        return new TrainingOptions(
                SPEC,
                LossTerm.DEFAULT,
                0.2,
                1,
                2,
                epochs,
                8,
                optimizer,
                Precision.FP32,
                scale,
                AugmentOptions.NONE,
                7,
                1,
                patience,
                3,
                2,
                List.of(),
                false,
                false,
                GradientEngines.AUTO);
    }

    /** A cube at a place that depends on the sample's number. */
    static Sample sample(long number) {
        SplittableRandom random = new SplittableRandom(Seeds.mix(3, number));
        int z0 = random.nextInt(4);
        int y0 = random.nextInt(4);
        int x0 = random.nextInt(4);
        float[] hu = new float[SIZE.arrayLength()];
        byte[] labels = new byte[hu.length];
        for (int z = 0; z < 8; z++) {
            for (int y = 0; y < 8; y++) {
                for (int x = 0; x < 8; x++) {
                    boolean inside = z >= z0 && z < z0 + 4 && y >= y0 && y < y0 + 4 && x >= x0 && x < x0 + 4;
                    int i = SIZE.index(z, y, x);
                    labels[i] = (byte) (inside ? 1 : 0);
                    hu[i] = (float) ((inside ? 1 : -0.5) + 0.3 * random.nextDouble());
                }
            }
        }
        return new Sample("toy-" + number, SIZE, hu, labels);
    }

    /** A sample without anything in it. */
    static Sample empty(long number, Shape size) {
        return new Sample("empty-" + number, size, new float[size.arrayLength()], new byte[size.arrayLength()]);
    }

    /** Keeps what a run tells. */
    static class Recorder implements TrainingRun.Callbacks {
        final List<TrainingRun.StepReport> steps = new ArrayList<>();
        final List<String> written = new ArrayList<>();
        final List<Integer> sizes = new ArrayList<>();
        double[] scores = {};
        int validations;

        /** The step after which the thread is interrupted. */
        int interruptAfter;

        @Override
        public Map<String, Double> validate(Weights weights, Shape size) {
            double score = validations < scores.length ? scores[validations] : weights.parameters() / 1e6;
            validations++;
            sizes.add(size.z());
            return Map.of("cube", score, "absent", Double.NaN);
        }

        @Override
        public void write(String which, Weights weights, Shape size) {
            written.add(which);
        }

        @Override
        public void step(TrainingRun.StepReport report) {
            steps.add(report);
            if (report.step() == interruptAfter) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void validated(int epoch, Map<String, Double> dice, double mean, boolean best) {}
    }

    static GradientGraph graph() {
        return new GradientGraph(SPEC, SIZE, 1, Losses.byName(LossTerm.DEFAULT), 0.2);
    }

    static TrainingRun.Result run(
            TrainingOptions options,
            GradientFunction gradients,
            SampleLoader.Numbered source,
            Path directory,
            boolean resume,
            Recorder recorder)
            throws IOException, InterruptedException {
        TrainingCourse course = new TrainingCourse(options, 8, SIZE);
        TrainingRun run = new TrainingRun(course, new ParameterLayout(SPEC), "toy", directory, recorder);
        try (LocalParts parts = new LocalParts(course, (number, size) -> source.sample(number), size -> gradients)) {
            return run.run(parts, InitialWeights.kaiming(SPEC, 5), resume);
        }
    }

    /**
     * Trains slowly, to be killed in the middle. The arguments are the directory and the sample that never comes, so that
     * the run does not end before it is killed.
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (GradientGraph graph = graph()) {
            long missing = Long.parseLong(args[1]);
            SampleLoader.Numbered slow = number -> {
                try {
                    Thread.sleep(number < missing ? 40 : Long.MAX_VALUE);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return sample(number);
            };
            run(options(6, OPTIMIZER, LossScale.NONE, 0), graph, slow, Path.of(args[0]), true, new Recorder());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.bundle.CheckpointConverter;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.onednn.OneDnnEngine;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FineTuningTest {

    private static final Shape SIZE = Shape.cube(8);

    private static float[] logits(WeightedNetwork network) {
        float[] input = new float[SIZE.arrayLength()];
        Random random = new Random(4);
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        float[] output = new float[network.classes() * input.length];
        EngineOptions options =
                new EngineOptions(Precision.FP32, 1, EngineOptions.defaults().concurrency(), false);
        try (Network loaded = new OneDnnEngine().load(network, options)) {
            loaded.run(input, output, new CancellationToken());
        }
        return output;
    }

    @Test
    void knownOrgansKeepTheirOutputsAndNewOnesBeginBetweenThem() {
        NetworkSpec spec = NetworkSpec.builder()
                .channels(4, 8)
                .blocksPerLevel(1)
                .context(ContextKind.NONE)
                .classes(2)
                .build();
        WeightedNetwork two = new WeightedNetwork("two", spec, SIZE, InitialWeights.kaiming(spec, 3));
        WeightedNetwork five = FineTuning.network(two, 5);
        assertEquals(5, five.classes());
        float[] before = logits(two);
        float[] after = logits(five);
        int n = SIZE.arrayLength();
        for (int v = 0; v < n; v++) {
            assertEquals(before[v], after[v], 1e-4f, "voxel " + v);
            assertEquals(before[n + v], after[n + v], 1e-4f, "voxel " + v);
            assertEquals((before[v] + before[n + v]) / 4, after[4 * n + v], 1e-4f, "voxel " + v);
        }
        two.weights().tensors().forEach((name, tensor) -> {
            if (!name.equals("final.weight")) {
                assertSame(tensor, five.weights().get(name));
            }
        });
        assertSame(two, FineTuning.network(two, 2));
    }

    /** The places of new channels are those at which layouts of three and of two channels differ. */
    @Test
    void weightsOfNewChannelsAreFound() {
        NetworkSpec spec = NetworkSpec.builder()
                .channels(4, 8)
                .blocksPerLevel(1)
                .context(ContextKind.NONE)
                .classes(2)
                .build();
        WeightedNetwork two = new WeightedNetwork("two", spec, SIZE, InitialWeights.kaiming(spec, 3));
        ParameterLayout layout = new ParameterLayout(spec.withClasses(3));
        float[] flat = layout.flatten(FineTuning.weights(two, 3));
        int[] places = places(FineTuning.groups(layout, 2), NEW);
        assertEquals(4, places.length);
        for (int i = 0; i < 4; i++) {
            float[] known = two.weights().get("final.weight").values();
            assertEquals((known[i] + known[4 + i]) / 4, flat[places[i]], 1e-6f);
        }
        assertEquals(0, places(FineTuning.groups(layout, 3), NEW).length);
    }

    private static final byte TAKEN_OVER = 0;
    private static final byte NEW = 1;

    private static int[] places(byte[] groups, byte group) {
        return IntStream.range(0, groups.length).filter(i -> groups[i] == group).toArray();
    }

    /** A gradient that is the same everywhere, below the norm at which it would be clipped. */
    private static final class EvenGradient implements StepParts {
        @Override
        public void compute(float[] weights, long first, int count, double scale, Sink sink) throws IOException {
            for (long number = first; number < first + count; number++) {
                float[] gradient = new float[weights.length];
                Arrays.fill(gradient, 1e-3f);
                sink.accept(new Part(number, 1, List.of("one"), gradient));
            }
        }

        @Override
        public Batch batch(long number) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private static TrainingOptions options(int epochs) {
        TrainingOptions usual = TrainingOptions.fineTuning(ToyTraining.SPEC);
        return ToyTraining.options(epochs, usual.optimizer(), usual.lossScale(), 0);
    }

    private static void run(
            Path directory, int epochs, FineTuning.Inheritance inheritance, ToyTraining.Recorder recorder)
            throws IOException, InterruptedException {
        TrainingCourse course = new TrainingCourse(options(epochs), 2, ToyTraining.SIZE);
        new TrainingRun(course, new ParameterLayout(ToyTraining.SPEC), "toy", directory, recorder, inheritance)
                .run(new EvenGradient(), InitialWeights.kaiming(ToyTraining.SPEC, 5), true);
    }

    private static float[] state(Path directory, String tensor) throws IOException {
        return Safetensors.read(TrainingRun.stateFile(directory)).tensor(tensor).values();
    }

    /**
     * The warm-up is for what was trained before: it moves by a twentieth of the rate, the new channel by thirty times the
     * whole rate.
     */
    @Test
    void eachGroupLearnsAtItsRateFromTheFirstStep(@TempDir Path directory) throws IOException, InterruptedException {
        ParameterLayout layout = new ParameterLayout(ToyTraining.SPEC);
        byte[] groups = FineTuning.groups(layout, 0);
        float[] before = layout.flatten(InitialWeights.kaiming(ToyTraining.SPEC, 5));
        List<Weights> saved = new ArrayList<>();
        ToyTraining.Recorder recorder = new ToyTraining.Recorder() {
            @Override
            public void write(String which, Weights weights, Shape size) {
                saved.add(weights);
            }
        };
        run(directory, 1, new FineTuning.Inheritance(groups, 0.25, 0), recorder);
        float[] after = state(directory, "weights");
        double rate = options(1).optimizer().learningRate();
        double[] moved = {rate / 20, 30 * rate};
        // The average of two weights is on the way, and of what is saved a quarter is what it was before.
        float[] average = state(directory, "average");
        float[] used = layout.flatten(saved.get(0));
        boolean[] seen = new boolean[2];
        for (int i = 0; i < groups.length; i++) {
            seen[groups[i]] = true;
            assertEquals(before[i] - moved[groups[i]], after[i], groups[i] == NEW ? 1e-6 : 2e-7, "weight " + i);
            assertEquals(groups[i] == NEW ? average[i] : 0.25f * before[i] + 0.75f * average[i], used[i], 2e-7);
        }
        assertTrue(seen[TAKEN_OVER] && seen[NEW]);
    }

    /**
     * Of six steps the last two are for the new channel: everything else is saved as it was mixed after the fourth, to the
     * bit, and the new channel is no average. With more steps all of it learns again.
     */
    @Test
    void whatSettledStaysAsItWasMixed(@TempDir Path directory) throws IOException, InterruptedException {
        ParameterLayout layout = new ParameterLayout(ToyTraining.SPEC);
        byte[] groups = FineTuning.groups(layout, 0);
        List<float[]> saved = new ArrayList<>();
        ToyTraining.Recorder recorder = new ToyTraining.Recorder() {
            @Override
            public void write(String which, Weights weights, Shape size) {
                if (which.equals("last")) {
                    saved.add(layout.flatten(weights));
                }
            }
        };
        FineTuning.Inheritance inheritance = new FineTuning.Inheritance(groups, 0.5, 2);
        run(directory, 6, inheritance, recorder);
        float[] weights = state(directory, "weights");
        run(directory, 9, inheritance, recorder);
        assertEquals(9, saved.size());
        double rate = 30 * options(6).optimizer().learningRate();
        for (int i = 0; i < groups.length; i++) {
            boolean isNew = groups[i] == NEW;
            String which = "weight " + i;
            assertEquals(!isNew, saved.get(3)[i] == saved.get(4)[i], which);
            assertEquals(!isNew, saved.get(4)[i] == saved.get(5)[i], which);
            if (isNew) {
                assertEquals(saved.get(3)[i] - rate, saved.get(4)[i], 1e-6, which);
                // Half of a cosine of two steps is half way down, to 0.03.
                assertEquals(saved.get(4)[i] - 0.515 * rate, saved.get(5)[i], 1e-6, which);
            }
            assertEquals(weights[i], saved.get(5)[i], which);
            assertNotEquals(saved.get(5)[i], saved.get(6)[i], which);
            assertEquals(!isNew, saved.get(6)[i] == saved.get(7)[i], which);
        }
    }

    @Test
    void aSeventhOfTheEpochsIsForSettling() {
        int[] expected = {0, 1, 1, 1, 2, 14};
        int[] epochs = {1, 2, 7, 13, 14, 100};
        for (int i = 0; i < epochs.length; i++) {
            assertEquals(expected[i], PairTraining.Options.settleEpochs(epochs[i]), epochs[i] + " epochs");
        }
    }

    /** In the middle, before what is trained settles, and after. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4, 5})
    void takenUpAgainGroupsGoOnAtTheirRates(int step, @TempDir Path directory)
            throws IOException, InterruptedException {
        ParameterLayout layout = new ParameterLayout(ToyTraining.SPEC);
        FineTuning.Inheritance inheritance = new FineTuning.Inheritance(FineTuning.groups(layout, 0), 0.25, 2);
        Path whole = directory.resolve("whole");
        run(whole, 6, inheritance, new ToyTraining.Recorder());
        Path parts = directory.resolve("parts");
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        recorder.interruptAfter = step;
        assertThrows(InterruptedException.class, () -> run(parts, 6, inheritance, recorder));
        run(parts, 6, inheritance, new ToyTraining.Recorder());
        for (String tensor : List.of("weights", "mean", "mean_square", "average")) {
            assertArrayEquals(state(whole, tensor), state(parts, tensor), tensor);
        }
    }

    @Test
    void newLabelsComeAfterTheKnownOnes() {
        List<String> labels = FineTuning.labels(List.of("liver", "spleen"), List.of("stomach", "liver"));
        assertEquals(List.of("liver", "spleen", "stomach"), labels);
        PipelineSpec known = CheckpointConverter.PUBLISHED_PIPELINE;
        PipelineSpec more = FineTuning.pipeline(known, FineTuning.labels(known.labels(), List.of("stomach")));
        assertEquals(List.of(1, 2, 1, 1, 1), more.componentsPerLabel());
        assertEquals("stomach", more.labels().get(4));
        assertTrue(more.windowLow() == known.windowLow() && more.marginMm() == known.marginMm());
    }
}

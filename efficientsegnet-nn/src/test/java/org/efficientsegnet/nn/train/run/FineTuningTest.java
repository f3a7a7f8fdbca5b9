// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
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

    /** The places are those at which layouts of three and of two channels differ. */
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
        int[] places = FineTuning.newChannels(layout, 2);
        assertEquals(4, places.length);
        for (int i = 0; i < 4; i++) {
            float[] known = two.weights().get("final.weight").values();
            assertEquals((known[i] + known[4 + i]) / 4, flat[places[i]], 1e-6f);
        }
        assertEquals(0, FineTuning.newChannels(layout, 3).length);
    }

    /** The warm-up is for what was trained before: it moves by a twentieth of the rate, the new channel by thirty times it. */
    @Test
    void newOrgansLearnFromTheFirstStep(@TempDir Path directory) throws IOException, InterruptedException {
        TrainingOptions usual = TrainingOptions.fineTuning(ToyTraining.SPEC);
        TrainingOptions options = ToyTraining.options(1, usual.optimizer(), usual.lossScale(), 0);
        ParameterLayout layout = new ParameterLayout(ToyTraining.SPEC);
        int[] places = FineTuning.newChannels(layout, 0);
        float[] before = layout.flatten(InitialWeights.kaiming(ToyTraining.SPEC, 5));
        StepParts ones = new StepParts() {
            @Override
            public void compute(float[] weights, long first, int count, double scale, Sink sink) throws IOException {
                for (long number = first; number < first + count; number++) {
                    float[] gradient = new float[weights.length];
                    // Below the norm at which it would be clipped.
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
        };
        TrainingCourse course = new TrainingCourse(options, 2, ToyTraining.SIZE);
        List<Weights> saved = new ArrayList<>();
        ToyTraining.Recorder recorder = new ToyTraining.Recorder() {
            @Override
            public void write(String which, Weights weights, Shape size) {
                saved.add(weights);
            }
        };
        new TrainingRun(course, layout, "toy", directory, recorder, new FineTuning.Inheritance(places, 0.25))
                .run(ones, InitialWeights.kaiming(ToyTraining.SPEC, 5), false);
        float[] after = Safetensors.read(TrainingRun.stateFile(directory))
                .tensor("weights")
                .values();
        double rate = usual.optimizer().learningRate();
        assertTrue(places.length > 0 && places[0] > 0);
        assertEquals(before[0] - rate / 20, after[0], 1e-7);
        for (int place : places) {
            assertEquals(before[place] - 30 * rate, after[place], 1e-6);
        }
        // The average of two weights is on the way, and of what is saved a quarter is what it was before.
        float[] average = Safetensors.read(TrainingRun.stateFile(directory))
                .tensor("average")
                .values();
        float[] used = layout.flatten(saved.get(0));
        assertEquals(0.25f * before[0] + 0.75f * average[0], used[0], 1e-7);
        for (int place : places) {
            assertEquals(average[place], used[place]);
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

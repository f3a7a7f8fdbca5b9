// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingCourseTest {

    @TempDir
    private Path directory;

    /** Two epochs at 4³, one at 6³, then 8³; four steps of two parts an epoch. */
    private static TrainingCourse course(boolean mixed) {
        TrainingOptions o = ToyTraining.options(6, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        TrainingOptions options = new TrainingOptions(
                o.spec(),
                o.loss(),
                o.dropout(),
                o.batch(),
                o.accumulate(),
                o.epochs(),
                o.samplesPerEpoch(),
                o.optimizer(),
                o.precision(),
                o.lossScale(),
                o.augment(),
                o.seed(),
                o.validateEvery(),
                o.patience(),
                o.checkpointEvery(),
                o.loaderThreads(),
                List.of(new SizeStage(Shape.cube(4), 2), new SizeStage(Shape.cube(6), 1)),
                mixed,
                o.recompute(),
                GradientEngines.AUTO);
        return new TrainingCourse(options, 7, ToyTraining.SIZE);
    }

    private static TrainingTask task() {
        CaseSet set = new CaseSet(
                "/data/prepared",
                PreparationOptions.DEFAULT.withLabels(List.of("cube")),
                List.of("a", "b"),
                List.of("b"),
                3,
                2,
                Map.of("b", new Box(0, 1, 2, 3, 4, 5)));
        return new TrainingTask(CascadeStage.FINE, course(true), List.of("cube"), List.of(set), -325, 325, 1e-5);
    }

    @Test
    void sizesFollowEachOther() {
        TrainingCourse course = course(false);
        assertEquals(4, course.stepsPerEpoch());
        assertEquals(24, course.steps());
        assertEquals(Shape.cube(4), course.size(15));
        assertEquals(Shape.cube(6), course.size(16));
        assertEquals(Shape.cube(6), course.size(23));
        assertEquals(Shape.cube(8), course.size(24));
        assertEquals(Shape.cube(8), course.size(1000));
        assertTrue(course.beginsStage(2) && course.beginsStage(3));
        assertFalse(course.beginsStage(1) || course.beginsStage(4));
        assertTrue(course.isLastStage(3));
        assertFalse(course.isLastStage(2));
    }

    @Test
    void mixedSizesAreThoseUpToNow() {
        TrainingCourse course = course(true);
        int[] counts = new int[9];
        Set<Integer> early = new TreeSet<>();
        for (long part = 0; part < 2000; part++) {
            int size = course.size(part).z();
            if (part < 16) {
                early.add(size);
            } else if (part >= 24) {
                counts[size]++;
            }
        }
        assertEquals(Set.of(4), early);
        assertEquals(1976, counts[4] + counts[6] + counts[8]);
        assertTrue(Math.abs(counts[8] - 988) < 120 && Math.abs(counts[4] - 494) < 120, counts[4] + " " + counts[8]);
    }

    @Test
    void allEpochsCannotBeEarlierOnes() {
        TrainingOptions o = course(false).options();
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> new TrainingOptions(
                        o.spec(),
                        o.loss(),
                        o.dropout(),
                        o.batch(),
                        o.accumulate(),
                        3,
                        o.samplesPerEpoch(),
                        o.optimizer(),
                        o.precision(),
                        o.lossScale(),
                        o.augment(),
                        o.seed(),
                        o.validateEvery(),
                        o.patience(),
                        o.checkpointEvery(),
                        o.loaderThreads(),
                        o.earlierSizes(),
                        false,
                        o.recompute(),
                        GradientEngines.AUTO));
        assertTrue(e.getMessage().contains("earlierSizes"), e.getMessage());
    }

    /**
     * A network of each size is open as long as it is needed, its memory is free at every validation, and bests are counted
     * anew for each.
     */
    @Test
    void aRunGoesThroughTheSizes() throws IOException, InterruptedException {
        List<String> events = new ArrayList<>();
        TrainingCourse course = course(false);
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        recorder.scores = new double[] {0.5, 0.9, 0.4, 0.3, 0.2, 0.1};
        TrainingRun run = new TrainingRun(course, new ParameterLayout(ToyTraining.SPEC), "toy", directory, recorder);
        try (LocalParts parts = new LocalParts(
                course, (number, size) -> ToyTraining.empty(number, size), size -> new Counting(size, events))) {
            run.run(parts, InitialWeights.kaiming(ToyTraining.SPEC, 1), false);
        }
        assertEquals(
                List.of(
                        "open 4x4x4",
                        "close 4x4x4 after 16 calls, 2 releases",
                        "open 6x6x6",
                        "close 6x6x6 after 8 calls, 1 releases",
                        "open 8x8x8",
                        "close 8x8x8 after 24 calls, 3 releases"),
                events);
        assertEquals(4, recorder.written.stream().filter("best"::equals).count());
        assertEquals(List.of(4, 4, 6, 8, 8, 8), recorder.sizes);
    }

    private static final class Counting implements GradientFunction {
        private final Shape size;
        private final List<String> events;
        private int calls;
        private int releases;

        Counting(Shape size, List<String> events) {
            this.size = size;
            this.events = events;
            events.add("open " + size);
        }

        @Override
        public double gradient(float[] weights, Batch batch, long dropoutSeed, double scale, float[] gradient) {
            assertEquals(size.arrayLength(), batch.images().length);
            calls++;
            return 1;
        }

        @Override
        public void releaseMemory() {
            releases++;
        }

        @Override
        public void close() {
            events.add("close " + size + " after " + calls + " calls, " + releases + " releases");
        }
    }

    /** What another process computes of a part is what this one does, in whatever order; here in a session of its own. */
    @Test
    void partsAreTheSameWhereverTheyAreComputed() throws IOException, InterruptedException {
        TrainingOptions options = ToyTraining.options(6, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        TrainingCourse course = new TrainingCourse(options, 8, ToyTraining.SIZE);
        float[] weights = new ParameterLayout(ToyTraining.SPEC).flatten(InitialWeights.kaiming(ToyTraining.SPEC, 1));
        List<String> whole = new ArrayList<>();
        try (LocalParts parts = parts(course)) {
            parts.compute(weights, 3, 4, 2, part -> whole.add(text(part)));
            assertEquals(parts.batch(5).ids(), List.of("toy-5"));
        }
        List<String> pieces = new ArrayList<>();
        for (long number : new long[] {5, 3, 6, 4}) {
            try (LocalParts parts = parts(course)) {
                parts.compute(weights, number, 1, 2, part -> pieces.add(text(part)));
            }
        }
        assertEquals(whole, List.of(pieces.get(1), pieces.get(3), pieces.get(0), pieces.get(2)));
        List<String> single = new ArrayList<>();
        try (LocalParts parts = parts(course)) {
            for (long number : new long[] {6, 4, 3, 5}) {
                float[] gradient = new float[weights.length];
                single.add(text(parts.part(weights, number, 2, parts.batch(number), gradient)));
            }
        }
        assertEquals(whole, List.of(single.get(2), single.get(1), single.get(3), single.get(0)));
        assertEquals(4, Set.copyOf(whole).size());
    }

    private static LocalParts parts(TrainingCourse course) {
        return new LocalParts(course, (number, size) -> ToyTraining.sample(number), size -> ToyTraining.graph());
    }

    private static String text(StepParts.Part part) {
        return part.number() + " " + part.loss() + " " + part.ids() + " " + Arrays.hashCode(part.gradient());
    }

    @Test
    void aTaskIsPortable() {
        TrainingTask task = task();
        byte[] json = PortableForm.of(task);
        TrainingTask read = PortableForm.task(json);
        assertEquals(task, read);
        assertArrayEquals(json, PortableForm.of(read));
        NetworkSpec spec = NetworkSpec.coarseUNet(4);
        assertEquals(spec, PortableForm.spec(PortableForm.of(spec)));
        TrainingOptions options = TrainingOptions.published(spec);
        assertEquals(options, PortableForm.options(PortableForm.of(options)));
    }

    @Test
    void whatIsMissingOrWrongInAPortableFormIsNamed() {
        String json = new String(PortableForm.of(NetworkSpec.coarseUNet(4)), StandardCharsets.UTF_8);
        for (String[] change : new String[][] {
            {"\"classes\":4", "\"classes\":0", "classes: 0"},
            {",\"classes\":4", "", "classes"},
            {"\"classes\":4", "\"classes\":4,\"colour\":1", "colour"},
            {"\"classes\":4", "\"classes\":null", "classes"},
            {"CONCAT", "GLUE", "GLUE"},
        }) {
            assertTrue(json.contains(change[0]), json);
            byte[] changed = json.replace(change[0], change[1]).getBytes(StandardCharsets.UTF_8);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> PortableForm.spec(changed));
            assertTrue(e.getMessage().contains(change[2]), e.getMessage());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientGraph;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingRunTest {

    @TempDir
    private Path directory;

    /** The first sample of step 21 of 24. */
    private static final long MISSING = 40;

    private static List<String> losses(Path run) throws IOException {
        List<String> losses = new ArrayList<>();
        for (JsonNode line : TrainingLog.read(TrainingRun.logFile(run))) {
            if (line.path("type").asText().equals("step")) {
                losses.add(line.path("step").asInt() + " " + line.path("loss").asDouble() + " " + line.path("ids"));
            }
        }
        return losses;
    }

    /**
     * A process without any chance to tidy up, killed at a moment that nobody chose, twice. The run to compare with is a
     * process too: sums depend on the number of threads, which other tests change in this one.
     */
    @Test
    void killedAndTakenUpItGivesTheSameLosses() throws IOException, InterruptedException {
        Path whole = directory.resolve("whole");
        finish(whole);
        List<String> expected = losses(whole);
        assertEquals(24, expected.size());
        Path run = directory.resolve("killed");
        for (int until : new int[] {5, 13}) {
            Process process = start(run, MISSING);
            while (process.isAlive() && losses(run).size() < until) {
                Thread.sleep(20);
            }
            process.destroyForcibly();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS));
            int done = losses(run).size();
            assertTrue(done >= until && done < 24, done + " steps: " + Files.readString(output(run)));
        }
        finish(run);
        assertEquals(expected, losses(run));
        Safetensors expectedState = Safetensors.read(TrainingRun.stateFile(whole));
        Safetensors state = Safetensors.read(TrainingRun.stateFile(run));
        for (String name : expectedState.names()) {
            assertEquals(expectedState.tensor(name), state.tensor(name), name);
        }
        assertEquals(expectedState.metadata(), state.metadata());
    }

    /** Begins a toy run, or takes it up, in a process of its own; it waits where it would need the missing sample. */
    private static Process start(Path run, long missing) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ToyTraining.class.getName(),
                        run.toString(),
                        Long.toString(missing))
                .redirectErrorStream(true)
                .redirectOutput(output(run).toFile())
                .start();
    }

    private static void finish(Path run) throws IOException, InterruptedException {
        Process process = start(run, Long.MAX_VALUE);
        assertTrue(process.waitFor(5, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue(), Files.readString(output(run)));
    }

    private static Path output(Path run) {
        return run.resolveSibling(run.getFileName() + ".output");
    }

    @Test
    void learnsAndDrawsItsCurve() throws IOException, InterruptedException {
        Path run = directory.resolve("run");
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        try (GradientGraph graph = ToyTraining.graph()) {
            TrainingOptions options =
                    ToyTraining.options(20, ToyTraining.OPTIMIZER.withLearningRate(0.03), LossScale.NONE, 0);
            TrainingRun.Result result = ToyTraining.run(options, graph, ToyTraining::sample, run, false, recorder);
            assertEquals(80, result.steps());
            double first = recorder.steps.get(0).loss();
            double last = recorder.steps.get(79).loss();
            assertTrue(last < 0.5 * first, first + " to " + last);
            assertEquals(20, recorder.validations);
            IOException again = assertThrows(
                    IOException.class,
                    () -> ToyTraining.run(options, graph, ToyTraining::sample, run, false, recorder));
            assertTrue(again.getMessage().contains("resume"), again.getMessage());
            TrainingOptions others = ToyTraining.options(20, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
            IOException refused = assertThrows(
                    IOException.class, () -> ToyTraining.run(others, graph, ToyTraining::sample, run, true, recorder));
            assertTrue(refused.getMessage().contains("other options"), refused.getMessage());
        }
        Path png = directory.resolve("curve.png");
        LearningCurve.draw("toy", TrainingRun.logFile(run), png);
        assertEquals(900, ImageIO.read(png.toFile()).getWidth());
    }

    @Test
    void stopsOnAPlateauAndKeepsTheBest() throws IOException, InterruptedException {
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        recorder.scores = new double[] {0.3, 0.5, 0.4, 0.5, 0.2, 0.9};
        TrainingOptions options = ToyTraining.options(6, ToyTraining.OPTIMIZER, LossScale.NONE, 3);
        TrainingRun.Result result = ToyTraining.run(
                options, new Constant(), ToyTraining::sample, directory.resolve("run"), false, recorder);
        assertTrue(result.plateau());
        assertEquals(5, recorder.validations);
        assertEquals(0.5, result.best());
        assertEquals(2, recorder.written.stream().filter("best"::equals).count());
    }

    /** Step 2 is none after which the state is written anyway, step 4 ends an epoch: it is validated all the same. */
    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void anInterruptedRunGoesOnFromItsStep(int step) throws IOException, InterruptedException {
        TrainingOptions options = ToyTraining.options(2, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        Path whole = directory.resolve("whole");
        ToyTraining.run(options, new Constant(), ToyTraining::sample, whole, false, new ToyTraining.Recorder());
        Path run = directory.resolve("run");
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        recorder.interruptAfter = step;
        assertThrows(
                InterruptedException.class,
                () -> ToyTraining.run(options, new Constant(), ToyTraining::sample, run, false, recorder));
        assertFalse(Thread.interrupted());
        assertEquals(step, recorder.steps.size());
        assertEquals(step / 4, recorder.validations);
        ToyTraining.Recorder rest = new ToyTraining.Recorder();
        ToyTraining.run(options, new Constant(), ToyTraining::sample, run, true, rest);
        assertEquals(step + 1, rest.steps.get(0).step());
        assertEquals(2 - step / 4, rest.validations);
        assertEquals(losses(whole), losses(run));
        assertEquals(
                Safetensors.read(TrainingRun.stateFile(whole)).tensor("weights"),
                Safetensors.read(TrainingRun.stateFile(run)).tensor("weights"));
    }

    /** What a run is taken up from is complete before anybody is told, and rounds gradients as it did. */
    @Test
    void whatIsSavedIsComplete() throws IOException, InterruptedException {
        TrainingOptions options = ToyTraining.options(1, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        Path run = directory.resolve("run");
        ToyTraining.Recorder recorder = new ToyTraining.Recorder() {
            @Override
            public void saved() throws IOException {
                String iteration =
                        Safetensors.read(TrainingRun.stateFile(run)).metadata().get("iteration");
                written.add("after step " + iteration + " of " + losses(run).size());
            }
        };
        ToyTraining.run(options, new Constant(), ToyTraining::sample, run, false, recorder);
        assertEquals(List.of("after step 3 of 3", "best", "last", "after step 4 of 4"), recorder.written);

        TrainingCourse course = new TrainingCourse(
                ToyTraining.options(2, ToyTraining.OPTIMIZER, LossScale.NONE, 0), 8, ToyTraining.SIZE);
        try (LocalParts exact =
                        new LocalParts(course, (number, size) -> ToyTraining.sample(number), size -> new Constant());
                StepParts rounded = new StepParts() {
                    @Override
                    public void compute(float[] weights, long first, int count, double scale, Sink sink) {
                        throw new AssertionError("it is taken up");
                    }

                    @Override
                    public Batch batch(long number) {
                        throw new AssertionError("it is taken up");
                    }

                    @Override
                    public String rounding() {
                        return "to integers";
                    }

                    @Override
                    public void close() {}
                }) {
            TrainingRun again = new TrainingRun(
                    course, new ParameterLayout(ToyTraining.SPEC), "toy", run, new ToyTraining.Recorder());
            IOException refused = assertThrows(
                    IOException.class, () -> again.run(rounded, InitialWeights.kaiming(ToyTraining.SPEC, 5), true));
            assertTrue(refused.getMessage().contains("gradients to integers"), refused.getMessage());
            assertEquals(
                    8,
                    again.run(exact, InitialWeights.kaiming(ToyTraining.SPEC, 5), true)
                            .steps());
        }
    }

    /** A gradient of ones. */
    private static class Constant implements GradientFunction {
        @Override
        public double gradient(float[] weights, Batch batch, long seed, double scale, float[] gradient) {
            Arrays.fill(gradient, (float) scale);
            return 1;
        }

        @Override
        public void close() {}
    }

    /** Arithmetic that ends at 65504, as 16-bit floating point does. */
    private static final class Half extends Constant {
        @Override
        public double gradient(float[] weights, Batch batch, long seed, double scale, float[] gradient) {
            super.gradient(weights, batch, seed, 3 * scale, gradient);
            if (gradient[0] > 65504) {
                gradient[0] = Float.POSITIVE_INFINITY;
            }
            return 1;
        }
    }

    @Test
    void anOverflowSkipsTheStepAndTheScaleRecovers() throws IOException, InterruptedException {
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        TrainingOptions options = ToyTraining.options(6, ToyTraining.OPTIMIZER, new LossScale(1 << 16, 0, 5), 0);
        Path run = directory.resolve("run");
        ToyTraining.run(options, new Half(), ToyTraining::sample, run, false, recorder);
        // 65536 and 32768 overflow, 16384 does not; five good steps later 32768 is tried again, and so on.
        List<Integer> skipped = recorder.steps.stream()
                .filter(TrainingRun.StepReport::skipped)
                .map(TrainingRun.StepReport::step)
                .toList();
        assertEquals(List.of(1, 2, 8, 14, 20), skipped);
        Safetensors state = Safetensors.read(TrainingRun.stateFile(run));
        assertEquals("19", state.metadata().get("adam_steps"));
        for (float weight : state.tensor("weights").values()) {
            assertTrue(Float.isFinite(weight));
        }
    }

    /** NaN in the seventh part and from the fifteenth on; the first of a step is part 1, 3, 5 and so on. */
    private static final class Breaks extends Constant {
        private final int once;
        private final int from;
        private int calls;

        Breaks(int once, int from) {
            this.once = once;
            this.from = from;
        }

        @Override
        public double gradient(float[] weights, Batch batch, long seed, double scale, float[] gradient) {
            super.gradient(weights, batch, seed, scale, gradient);
            calls++;
            if (calls == once || calls >= from) {
                gradient[3] = Float.NaN;
                return Double.NaN;
            }
            return 1;
        }
    }

    @Test
    void aStepThatIsNoNumberIsLeftOutCountedAndNamed() throws IOException, InterruptedException {
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        Path run = directory.resolve("run");
        TrainingOptions options = ToyTraining.options(6, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        ToyTraining.run(options, new Breaks(7, Integer.MAX_VALUE), ToyTraining::sample, run, false, recorder);
        TrainingRun.StepReport fourth = recorder.steps.get(3);
        assertTrue(fourth.skipped());
        assertEquals(List.of("toy-6"), fourth.ids());
        assertEquals(1, recorder.steps.get(23).skippedSoFar());
        Safetensors state = Safetensors.read(TrainingRun.stateFile(run));
        assertEquals("1", state.metadata().get("skipped"));
        assertEquals("23", state.metadata().get("adam_steps"));
        JsonNode line = TrainingLog.read(TrainingRun.logFile(run)).stream()
                .filter(l -> l.path("type").asText().equals("skipped"))
                .findFirst()
                .orElseThrow();
        assertEquals("[\"toy-6\"]", line.path("not_finite").toString());
    }

    @Test
    void aLossThatStaysNoNumberStopsTheRunAndKeepsItsInputs() throws IOException {
        Path run = directory.resolve("run");
        TrainingOptions options = ToyTraining.options(6, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        TrainingStoppedException stopped = assertThrows(
                TrainingStoppedException.class,
                () -> ToyTraining.run(
                        options, new Breaks(7, 15), ToyTraining::sample, run, false, new ToyTraining.Recorder()));
        // Steps 8 to 17 cannot be made.
        assertTrue(stopped.getMessage().contains("step 17"), stopped.getMessage());
        Safetensors inputs = Safetensors.read(run.resolve("stopped-at-step-17.safetensors"));
        assertEquals("toy-33", inputs.metadata().get("ids"));
        float[] images = inputs.tensor("images").values();
        assertEquals(ToyTraining.sample(33).hu()[100], images[100]);
        assertTrue(inputs.contains("weight.final.weight"));
        assertFalse(Files.notExists(TrainingRun.logFile(run)));
    }

    @Test
    void aFinishedRunTakesMoreEpochs() throws IOException, InterruptedException {
        Path run = directory.resolve("run");
        TrainingOptions two = ToyTraining.options(2, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        ToyTraining.run(two, new Constant(), ToyTraining::sample, run, false, new ToyTraining.Recorder());
        ToyTraining.Recorder nothing = new ToyTraining.Recorder();
        assertEquals(
                8,
                ToyTraining.run(two, new Constant(), ToyTraining::sample, run, true, nothing)
                        .steps());
        assertTrue(nothing.steps.isEmpty());
        ToyTraining.Recorder more = new ToyTraining.Recorder();
        TrainingOptions five = ToyTraining.options(5, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        TrainingRun.Result result = ToyTraining.run(five, new Constant(), ToyTraining::sample, run, true, more);
        assertEquals(20, result.steps());
        assertEquals(9, more.steps.get(0).step());
        assertEquals(20, losses(run).size());
    }

    @Test
    void aRunDoesNotGetShorterThanItIs() throws IOException {
        Path run = directory.resolve("run");
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        recorder.interruptAfter = 9;
        TrainingOptions six = ToyTraining.options(6, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        assertThrows(
                InterruptedException.class,
                () -> ToyTraining.run(six, new Constant(), ToyTraining::sample, run, false, recorder));
        TrainingOptions two = ToyTraining.options(2, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        IOException shorter = assertThrows(
                IOException.class,
                () -> ToyTraining.run(two, new Constant(), ToyTraining::sample, run, true, new ToyTraining.Recorder()));
        assertTrue(shorter.getMessage().contains("9 steps already"), shorter.getMessage());
    }

    /** The state that a version before sizes, engines and more epochs has written. */
    @Test
    void aCheckpointOfAnEarlierVersionGoesOn() throws IOException, InterruptedException {
        Path run = directory.resolve("run");
        TrainingOptions options = ToyTraining.options(2, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        ToyTraining.Recorder recorder = new ToyTraining.Recorder();
        recorder.interruptAfter = 3;
        assertThrows(
                InterruptedException.class,
                () -> ToyTraining.run(options, new Constant(), ToyTraining::sample, run, false, recorder));
        Path file = TrainingRun.stateFile(run);
        Safetensors now = Safetensors.read(file);
        Safetensors.Builder then = Safetensors.builder();
        now.metadata().forEach((key, value) -> {
            if (!key.startsWith("skipped")) {
                then.metadata(key, key.equals("fingerprint") ? EARLIER : value);
            }
        });
        for (String name : now.names()) {
            then.add(name, DType.F32, now.tensor(name));
        }
        then.build().write(file);
        ToyTraining.Recorder rest = new ToyTraining.Recorder();
        assertEquals(
                8,
                ToyTraining.run(options, new Constant(), ToyTraining::sample, run, true, rest)
                        .steps());
        assertEquals(4, rest.steps.get(0).step());
    }

    private static final String EARLIER = "TrainingOptions[spec=NetworkSpec[encoder=BASIC_RESIDUAL,"
            + " decoder=ANISOTROPIC, context=NONE, fusion=ADD, downsampling=STRIDED_CONVOLUTION, channels=[2, 4],"
            + " blocks=[1, 1], decoderBlocks=1, inputChannels=1, classes=1], loss=dice+focal, dropout=0.2, batch=1,"
            + " accumulate=2, epochs=2, samplesPerEpoch=8, optimizer=OptimizerOptions[learningRate=0.01,"
            + " schedule=COSINE, warmUpSteps=3, beta1=0.9, beta2=0.99, epsilon=1.0E-8, l2=5.0E-5, clipNorm=Infinity,"
            + " averageDecay=0.8], arithmetic=FLOAT32, lossScale=LossScale[factor=1.0, goodSteps=0,"
            + " growthInterval=0], augment=AugmentOptions[cropMm=0.0, contrastHu=0.0, shift=0.0, flip=false,"
            + " rotateDegrees=0.0, scale=0.0, elasticMm=0.0, noise=0.0, coarser=0.0, blur=0.0], seed=7,"
            + " validateEvery=1, patience=0, checkpointEvery=3, loaderThreads=2] toy";
}

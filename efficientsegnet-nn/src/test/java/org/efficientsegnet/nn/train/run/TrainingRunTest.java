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
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientGraph;
import org.efficientsegnet.nn.train.optimize.LossScale;
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

    @Test
    void aLossThatIsNoNumberStopsTheRunAndKeepsItsInputs() throws IOException {
        GradientFunction breaks = new Constant() {
            private int calls;

            @Override
            public double gradient(float[] weights, Batch batch, long seed, double scale, float[] gradient) {
                super.gradient(weights, batch, seed, scale, gradient);
                if (++calls == 7) {
                    gradient[3] = Float.NaN;
                    return Double.NaN;
                }
                return 1;
            }
        };
        Path run = directory.resolve("run");
        TrainingOptions options = ToyTraining.options(6, ToyTraining.OPTIMIZER, LossScale.NONE, 0);
        TrainingStoppedException stopped = assertThrows(
                TrainingStoppedException.class,
                () -> ToyTraining.run(options, breaks, ToyTraining::sample, run, false, new ToyTraining.Recorder()));
        assertTrue(stopped.getMessage().contains("step 4"), stopped.getMessage());
        Safetensors inputs = Safetensors.read(run.resolve("stopped-at-step-4.safetensors"));
        assertEquals("toy-6", inputs.metadata().get("ids"));
        float[] images = inputs.tensor("images").values();
        assertEquals(ToyTraining.sample(6).hu()[100], images[100]);
        assertTrue(inputs.contains("weight.final.weight"));
        assertFalse(Files.notExists(TrainingRun.logFile(run)));
    }
}

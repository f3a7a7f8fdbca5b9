// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.launcher.JavaModuleOptions;
import org.efficientsegnet.nn.train.run.TrainingLog;
import org.efficientsegnet.nn.train.run.TrainingRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One process, two executors, an executor that is killed, and a driver that is killed and taken up: the same bytes. */
class TrainingClusterTest {

    private static final String[] LONG = {"--epochs", "2"};

    @TempDir
    private Path directory;

    private static void assertSame(Path expected, Path actual) throws IOException {
        for (String network : List.of("coarse", "fine")) {
            Path state = TrainingRun.stateFile(actual.resolve(network));
            assertArrayEquals(
                    Files.readAllBytes(TrainingRun.stateFile(expected.resolve(network))),
                    Files.readAllBytes(state),
                    state.toString());
        }
        assertArrayEquals(
                Files.readAllBytes(expected.resolve("best.zip")), Files.readAllBytes(actual.resolve("best.zip")));
    }

    /** The case of the coarse network's second step that comes first. */
    private static String ofSecondStep(Path run) throws IOException {
        List<JsonNode> steps = new ArrayList<>();
        for (JsonNode line : TrainingLog.read(TrainingRun.logFile(run.resolve("coarse")))) {
            if (line.path("type").asText().equals("step")) {
                steps.add(line);
            }
        }
        assertEquals(4, steps.size());
        return steps.get(1).path("ids").path(0).asText();
    }

    @Test
    void theSameBytesWhateverHappens() throws Exception {
        Path prepared = TinyTraining.prepare(directory.resolve("prepared"));
        String uri = SlowFileSystem.uri(prepared);
        Path alone = directory.resolve("alone");
        TinyTraining.here(prepared, alone, LONG);
        Path sample = prepared.resolve("coarse").resolve(ofSecondStep(alone) + ".safetensors");

        TinyTraining.cluster();
        Path killed = directory.resolve("killed");
        SlowFileSystem.halt(sample);
        CompletableFuture<Long> victim = CompletableFuture.supplyAsync(() -> {
            try {
                ProcessHandle executor = SlowFileSystem.halted(sample);
                assertTrue(executor.destroyForcibly());
                return executor.pid();
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        TinyTraining.Ended ended = TinyTraining.job(TinyTraining.arguments(uri, SlowFileSystem.uri(killed), LONG));
        assertEquals(TrainJob.OK, ended.code(), ended.err());
        assertTrue(victim.isDone() && victim.get() != ProcessHandle.current().pid(), "an executor was killed");
        assertTrue(
                ended.out().contains("the best weights are in " + SlowFileSystem.uri(killed) + "/best.zip"),
                ended.out());
        assertSame(alone, killed);

        Path taken = directory.resolve("taken");
        SlowFileSystem.halt(sample);
        Files.delete(sample.resolveSibling(sample.getFileName() + ".pid"));
        Process driver = driver(uri, taken);
        ProcessHandle executor = SlowFileSystem.halted(sample);
        assertNotEquals(driver.pid(), executor.pid());
        driver.destroyForcibly();
        assertTrue(driver.waitFor(5, TimeUnit.MINUTES));
        executor.onExit().get(5, TimeUnit.MINUTES);
        assertEquals(
                1,
                TrainingLog.read(TrainingRun.logFile(taken.resolve("coarse"))).size(),
                "steps that were published before");
        Process again = driver(uri, taken, "--resume");
        assertTrue(again.waitFor(10, TimeUnit.MINUTES));
        assertEquals(TrainJob.OK, again.exitValue(), Files.readString(output(taken)));
        assertSame(alone, taken);
    }

    private static Process driver(String prepared, Path run, String... more) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g"));
        command.add(TinyTraining.NATIVES);
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), TinyTraining.class.getName()));
        command.addAll(List.of(TinyTraining.arguments(prepared, SlowFileSystem.uri(run), LONG)));
        command.addAll(List.of(more));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output(run).toFile()))
                .start();
    }

    private static Path output(Path run) {
        return run.resolveSibling(run.getFileName() + ".output");
    }
}

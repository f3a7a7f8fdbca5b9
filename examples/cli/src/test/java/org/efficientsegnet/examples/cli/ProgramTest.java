// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramTest {

    @ParameterizedTest
    @ValueSource(strings = {"segment", "evaluate", "verify", "convert", "info", "prepare", "analyze", "train"})
    void everyCommandTeachesItselfWithExamples(String command) {
        Program run = Program.run(command, "--help");
        assertEquals(ExitCodes.OK, run.code());
        assertTrue(run.out().contains("Examples:"), run::toString);
        assertTrue(run.out().contains("efficientsegnet " + command + " "), run::toString);
        assertTrue(run.out().contains("--quiet") && run.out().contains("--verbose"), run::toString);
    }

    @Test
    void helpNamesTheCommandsAndTheExitCodes() {
        Program run = Program.run("--help");
        assertEquals(ExitCodes.OK, run.code());
        for (String word : new String[] {"segment", "evaluate", "info", "Exit codes"}) {
            assertTrue(run.out().contains(word), run::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "segment", "evaluate", "verify", "convert", "info", "prepare", "analyze", "train"})
    void versionNamesTheProgramAndJava(String command) {
        Program run = command.isEmpty() ? Program.run("--version") : Program.run(command, "--version");
        assertEquals(ExitCodes.OK, run.code());
        assertTrue(run.out().startsWith("EfficientSegNet for Java "), run::toString);
        assertTrue(run.out().contains("Java " + Runtime.version()), run::toString);
    }

    @Test
    void withoutACommandItShowsTheHelp() {
        Program run = Program.run();
        assertEquals(ExitCodes.USAGE, run.code());
        assertEquals(Program.run("--help").out(), run.out());
        assertEquals("", run.err());
    }

    @Test
    void verboseMayStandBeforeTheCommand() {
        Program before = Program.run("-v", "info", "--engine", "abacus");
        Program behind = Program.run("info", "--engine", "abacus", "-v");
        assertTrue(behind.err().contains("at org.efficientsegnet"), behind::toString);
        assertTrue(before.err().contains("at org.efficientsegnet"), before::toString);
        assertEquals(behind.code(), before.code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-o", "--preview", "--html"})
    void aDashIsNoFile(String option) {
        Program run = Program.run("segment", "ct.nii", "-o", "labels.nii", option, "-");
        assertEquals(ExitCodes.USAGE, run.code(), run::toString);
        assertTrue(run.err().contains("./-"), run::toString);
        assertFalse(Files.exists(Path.of("-")));
    }

    @Test
    void unknownCommandsAreUsageErrors() {
        Program run = Program.run("segmnt");
        assertEquals(ExitCodes.USAGE, run.code());
        assertTrue(run.err().contains("segmnt"), run::toString);
    }

    @Test
    void namesThatTheLocaleCannotSpellAreCalledSo() {
        Program run = Program.run("segment", "ct\0.nii", "-o", "labels.nii");
        assertEquals(ExitCodes.USAGE, run.code());
        assertTrue(run.err().contains("is no file name in the character set of this locale"), run::toString);
        assertFalse(run.err().contains("Exception"), run::toString);
    }

    @Test
    void infoShowsMachineEnginesAndWhatWouldRun() {
        Program run = Program.run("info", "--engine", "toy");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        for (String word : new String[] {"processor", "features", "memory", "arithmetic, for tests", "model   toy 1"}) {
            assertTrue(run.out().contains(word), run::toString);
        }
    }

    @Test
    void infoPrintsTheSameAsJson() throws IOException {
        Program run = Program.run("info", "--engine", "toy", "--json");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        JsonNode json = new ObjectMapper().readTree(run.out());
        String text = Program.run("info", "--engine", "toy").out();
        assertEquals("efficientsegnet-info/1", json.at("/schema").asText());
        assertEquals("toy", json.at("/choice/engine").asText());
        assertEquals(Runtime.version().toString(), json.at("/java/version").asText());
        assertTrue(json.at("/machine/memory_bytes").asLong() > 1 << 20, json::toString);
        for (JsonNode engine : json.at("/engines")) {
            assertTrue(text.contains(engine.get("detail").asText()), engine::toString);
            assertEquals(
                    engine.get("available").asBoolean(),
                    text.lines()
                            .anyMatch(line ->
                                    line.startsWith("  " + engine.get("name").asText())
                                            && !line.contains("cannot run here")));
        }
        assertTrue(text.contains(json.at("/model/sha256").asText()), json::toString);
        assertTrue(text.contains(json.at("/model/networks/1/name").asText()), json::toString);
        assertEquals(4, json.at("/model/labels").size(), json::toString);
    }

    @Test
    void infoSaysWhetherThereIsAGpu() {
        Program run = Program.run("info", "--engine", "toy");
        assertTrue(run.out().contains("  cuda       "), run::toString);
        if (!Files.exists(Path.of("/dev/nvidiactl"))) {
            assertTrue(run.out().contains("cannot run here: there is no NVIDIA driver"), run::toString);
            Program chosen = Program.run("info", "--engine", "cuda", "--device", "0");
            assertEquals(ExitCodes.SEGMENTATION, chosen.code(), chosen::toString);
            assertTrue(chosen.err().contains("there is no NVIDIA driver"), chosen::toString);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is installed beside the program: launcher, completion, manual page, each given to the tool that it is for. */
@DisabledOnOs(OS.WINDOWS)
class InstallationTest {

    @TempDir
    Path folder;

    private Path image;

    /** An image whose Java prints what it is given, a line an argument. */
    @BeforeEach
    void makeImage() throws IOException {
        image = folder.resolve("an image");
        Files.createDirectories(image.resolve("bin"));
        Files.createDirectories(image.resolve("runtime/bin"));
        Files.copy(Path.of("src/dist/bin/efficientsegnet"), launcher());
        Files.createDirectories(image.resolve("lib"));
        Path java = image.resolve("runtime/bin/java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 3\n");
        for (Path executable : List.of(launcher(), java)) {
            Files.setPosixFilePermissions(executable, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private Path launcher() {
        return image.resolve("bin/efficientsegnet");
    }

    @Test
    void launcherPassesArgumentsAndExitCodeOn() throws Exception {
        Program run = process(Map.of(), launcher().toString(), "segment", "a b.nii", "*", "", "$HOME");
        assertEquals(3, run.code(), run::toString);
        assertEquals(
                List.of(options(), "-jar", jar(), "segment", "a b.nii", "*", "", "$HOME"),
                run.out().lines().toList());
    }

    @Test
    void launcherIsFoundThroughLinksAndThePath() throws Exception {
        Path bin = Files.createDirectories(folder.resolve("usr/bin"));
        Path absolute =
                Files.createSymbolicLink(bin.resolve("absolute"), launcher().toAbsolutePath());
        Path relative = Files.createSymbolicLink(bin.resolve("relative"), Path.of("absolute"));
        assertEquals(
                List.of(options(), "-jar", jar()),
                process(Map.of(), absolute.toString()).out().lines().toList());
        assertEquals(
                List.of(options(), "-jar", jar()),
                process(Map.of(), relative.toString()).out().lines().toList());
        Map<String, String> path = Map.of("PATH", bin + File.pathSeparator + System.getenv("PATH"));
        Program byName = process(path, "/bin/sh", "-c", "relative info");
        assertEquals(
                List.of(options(), "-jar", jar(), "info"), byName.out().lines().toList());
    }

    @Test
    void launcherTakesOptionsOfTheVirtualMachineFromTheEnvironment() throws Exception {
        Program run = process(
                Map.of("EFFICIENTSEGNET_OPTS", "-Xmx8g  -Da=*"), launcher().toString(), "info");
        assertEquals(
                List.of(options(), "-Xmx8g", "-Da=*", "-jar", jar(), "info"),
                run.out().lines().toList());
    }

    @Test
    void bashCompletesCommandsAndOptions() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")));
        Path script = folder.resolve("completion");
        Program generated = Program.run("generate-completion");
        assertEquals(ExitCodes.OK, generated.code(), generated::toString);
        Files.writeString(script, generated.out());
        assertEquals(List.of("segment"), completions(script, "seg"));
        assertTrue(completions(script, "segment", "--pre").containsAll(List.of("--preview", "--precision")));
        assertEquals(List.of("BF16"), completions(script, "segment", "--precision", "B"));
    }

    private List<String> completions(Path script, String... words) throws Exception {
        String line = "efficientsegnet " + String.join(" ", words);
        String command = ". \"$1\"; COMP_WORDS=(" + line + "); COMP_CWORD=" + words.length + "; COMP_LINE='" + line
                + "'; COMP_POINT=" + line.length() + "; _complete_efficientsegnet; printf '%s\\n' \"${COMPREPLY[@]}\"";
        Program run = process(Map.of(), "/bin/bash", "-c", command, "bash", script.toString());
        return run.out().lines().map(String::strip).distinct().toList();
    }

    @Test
    void manualPageHasEveryCommandAndOption() {
        Program generated = Program.run("generate-man-page");
        assertEquals(ExitCodes.OK, generated.code(), generated::toString);
        String text = generated.out().replace("\\-", "-");
        for (String command : List.of("segment", "evaluate", "labels", "verify", "convert", "info", "train")) {
            String section = text.substring(text.indexOf(".SS " + command + "\n"));
            Arrays.stream(Program.run(command, "--help").out().split("\\s+"))
                    .filter(word -> word.matches("--[a-z-]+"))
                    .forEach(option -> assertTrue(section.contains(option), command + " " + option));
        }
        assertTrue(text.contains("Default: 160,160,160"), "values of defaults");
        assertTrue(text.lines().noneMatch(line -> line.contains("${") || line.contains("%n")), text);
    }

    @Test
    void groffSetsTheManualPageWithoutWarning() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/groff")));
        Path page = folder.resolve("efficientsegnet.1");
        Files.writeString(page, Program.run("generate-man-page").out());
        Program set = process(Map.of("GROFF_NO_SGR", "1"), "/usr/bin/groff", "-man", "-ww", "-Tascii", page.toString());
        assertEquals("", set.err());
        assertTrue(set.out().contains("labels.nii.gz --report - | jq .organs"), set::toString);
    }

    @Test
    void launcherTakesTheArchiveOfClassesWhereThereIsOne() throws Exception {
        Path archive = Files.createFile(image.toRealPath().resolve("lib/efficientsegnet.jsa"));
        Program run =
                process(Map.of("EFFICIENTSEGNET_OPTS", "-Xmx8g"), launcher().toString(), "info");
        assertEquals(
                List.of(options(), "-Xmx8g", "-XX:SharedArchiveFile=" + archive, "-jar", jar(), "info"),
                run.out().lines().toList());
    }

    @Test
    void javaKnowsTheOptionsThatAreAlwaysGiven() throws Exception {
        Program run = process(
                Map.of(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of("src/dist/lib/java.options"),
                "-XX:SharedArchiveFile=" + folder.resolve("none.jsa"),
                "-version");
        assertEquals(0, run.code(), run::toString);
        assertEquals("", run.out());
    }

    private String options() throws IOException {
        return "@" + image.toRealPath().resolve("lib/java.options");
    }

    private String jar() throws IOException {
        return image.toRealPath().resolve("lib/efficientsegnet.jar").toString();
    }

    private Program process(Map<String, String> environment, String... command) throws Exception {
        Path out = Files.createTempFile(folder, "out", "");
        Path err = Files.createTempFile(folder, "err", "");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        return new Program(
                code,
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readAllLines(err).stream().collect(Collectors.joining("\n")));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What README.md prints for copying. */
class ReadmeTest {

    private static final Pattern VERSION = Pattern.compile(
            "<groupId>org\\.efficientsegnet</groupId>\\s*<artifactId>[^<]*</artifactId>[^<]*(?:<!--[^>]*-->)?\\s*<version>([^$<]*)</version>");

    private static final Pattern PROGRAM = Pattern.compile("```java\\R(import .*?)```", Pattern.DOTALL);

    /** The program of src/it/consumer, which the build compiles and runs against the installed artifacts. */
    @Test
    void theProgramIsTheOneThatIsBuiltAndRun() throws IOException {
        Matcher printed = PROGRAM.matcher(Files.readString(Path.of("..", "..", "README.md")));
        assertTrue(printed.find());
        assertEquals(Files.readString(Path.of("src/it/consumer/src/main/java/Organs.java")), printed.group(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/gpu.md", "efficientsegnet-bom/pom.xml"})
    void theVersionIsThatOfTheBuild(String file) throws IOException {
        Matcher version = VERSION.matcher(Files.readString(Path.of("..", "..", file)));
        assertTrue(version.find());
        do {
            assertEquals(version(), version.group(1));
        } while (version.find());
    }

    /** A file with the version in its name, and what the program says of itself. */
    @Test
    void theCommandLineIsThatOfTheBuild() throws IOException {
        String page = Files.readString(Path.of("..", "..", "docs", "command-line.md"));
        assertTrue(page.contains("efficientsegnet-programs-" + version() + ".jar"));
        assertTrue(page.contains("EfficientSegNet for Java " + version()));
    }

    /** Of the parent, which comes first. */
    private static String version() throws IOException {
        Matcher version = VERSION.matcher(Files.readString(Path.of("pom.xml")));
        assertTrue(version.find());
        return version.group(1);
    }
}

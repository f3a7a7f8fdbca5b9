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

/** What README.md prints for copying. */
class ReadmeTest {

    private static final Pattern PROGRAM = Pattern.compile("```java\\R(import .*?)```", Pattern.DOTALL);

    /** The program of src/it/consumer, which the build compiles and runs against the installed artifacts. */
    @Test
    void theProgramIsTheOneThatIsBuiltAndRun() throws IOException {
        Matcher printed = PROGRAM.matcher(Files.readString(Path.of("..", "..", "README.md")));
        assertTrue(printed.find());
        assertEquals(Files.readString(Path.of("src/it/consumer/src/main/java/Organs.java")), printed.group(1));
    }
}

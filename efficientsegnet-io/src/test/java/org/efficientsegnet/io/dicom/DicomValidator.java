// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The validator of dicom3tools, where it is installed. */
final class DicomValidator {

    private DicomValidator() {}

    /** That dciodvfy takes the file for that kind of object and finds no error. */
    static void assertValid(Path file, String kind) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("dciodvfy", "-new", file.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "dciodvfy is not installed");
            return;
        }
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        process.getInputStream().transferTo(output);
        assertEquals(0, process.waitFor(), output::toString);
        String text = output.toString(StandardCharsets.UTF_8);
        try (Stream<String> lines = text.lines()) {
            assertEquals(
                    List.of(), lines.filter(line -> line.startsWith("Error")).toList());
        }
        assertTrue(text.contains(kind), text);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StandardOutputTest {

    @ParameterizedTest
    @CsvSource({"No space left on device, No space left on device", "Broken pipe,", "Bad file descriptor,"})
    void whyNothingArrivedIsKnownUnlessItWasWished(String reason, String told) {
        StandardOutput output = new StandardOutput(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(reason);
            }
        });
        new PrintWriter(output, true, StandardCharsets.UTF_8).println("a result");
        assertEquals(Optional.ofNullable(told), output.failure());
    }

    @Test
    void whatIsWrittenArrives() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        StandardOutput output = new StandardOutput(bytes);
        output.write('a');
        output.write("bc".getBytes(StandardCharsets.UTF_8));
        assertEquals("abc", bytes.toString(StandardCharsets.UTF_8));
        assertEquals(Optional.empty(), output.failure());
    }
}

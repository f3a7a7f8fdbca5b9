// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationTest {

    private static final String SUM = "0123456789abcdef".repeat(4);
    private static final Calibration SOME = new Calibration(Map.of("b", 1.5f, "a", 3.25e-7f, "c/relu", 1e30f));

    @Test
    void joiningTakesTheLargerOfWhatBothKnow() {
        Calibration other = new Calibration(Map.of("a", 2f, "b", 1f, "d", 9f));
        assertEquals(new Calibration(Map.of("a", 2f, "b", 1.5f)), SOME.join(other));
        assertEquals(SOME.join(other), other.join(SOME));
    }

    @ParameterizedTest
    @ValueSource(floats = {0, -1, Float.NaN, Float.POSITIVE_INFINITY})
    void whatCannotBeALargestValueIsRefused(float value) {
        String message = assertThrows(IllegalArgumentException.class, () -> new Calibration(Map.of("a", value)))
                .getMessage();
        assertTrue(message.contains("largest value of a"), message);
    }

    @Test
    void aFileGivesBackWhatWasWritten() throws IOException {
        byte[] file = CalibrationFile.toBytes(SOME, SUM);
        assertEquals(SOME, CalibrationFile.fromBytes("f", file, SUM));
        assertArrayEquals(file, CalibrationFile.toBytes(CalibrationFile.fromBytes("f", file, SUM), SUM));
    }

    @ParameterizedTest
    @CsvSource({
        "efficientsegnet-calibration, plan, format",
        "'\"version\" : 1', '\"version\" : 2', version",
        "'1.5', '-1.5', largest",
        "'1.5', 'null', largest",
        "'1.5', '1e60', largest",
        "'1.5', '\"x\"', calibration",
        "'0123', '4567', weights_sha256",
        "'{', '[', calibration",
    })
    void whatIsNoneIsRefusedByField(String was, String is, String field) {
        String text = new String(CalibrationFile.toBytes(SOME, SUM), StandardCharsets.UTF_8);
        byte[] damaged =
                text.replaceFirst(java.util.regex.Pattern.quote(was), is).getBytes(StandardCharsets.UTF_8);
        MalformedFileException refusal =
                assertThrows(MalformedFileException.class, () -> CalibrationFile.fromBytes("some.json", damaged, SUM));
        assertTrue(refusal.getMessage().contains("some.json"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(field), refusal.getMessage());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WeightsReportTest {

    private static Tensor tensor(int... shape) {
        int size = 1;
        for (int extent : shape) {
            size *= extent;
        }
        return new Tensor(shape, new float[size]);
    }

    @Test
    void namesWhatIsMissingUnexpectedAndMisshapen() {
        Map<String, int[]> expected = new LinkedHashMap<>();
        expected.put("a.weight", new int[] {2, 1});
        expected.put("b.weight", new int[] {3});
        expected.put("c.weight", new int[] {2, 2});
        Weights weights = Weights.of(Map.of("b.weight", tensor(3), "c.weight", tensor(4), "d.bias", tensor(2)));
        WeightsReport report = WeightsReport.compare(expected, weights);
        assertFalse(report.fits());
        assertEquals(List.of("a.weight [2, 1]"), report.missing());
        assertEquals(List.of("d.bias [2]"), report.unexpected());
        assertEquals(List.of("c.weight [4] instead of [2, 2]"), report.misshapen());
        assertEquals("""
                the weights do not fit the network
                  missing (1):
                    a.weight [2, 1]
                  unexpected (1):
                    d.bias [2]
                  misshapen (1):
                    c.weight [4] instead of [2, 2]""", report.toString());
    }

    @Test
    void staysReadableWhenNothingFits() {
        Map<String, int[]> expected = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            expected.put("layer" + i, new int[] {1});
        }
        String text = WeightsReport.compare(expected, Weights.of(Map.of())).toString();
        assertTrue(text.contains("missing (100)") && text.endsWith("and 88 more"), text);
        assertEquals(14, text.lines().count() - 1);
    }

    @Test
    void saysSoWhenAllFits() {
        WeightsReport report = WeightsReport.compare(Map.of("a", new int[] {1}), Weights.of(Map.of("a", tensor(1))));
        assertTrue(report.fits());
        assertEquals("the weights fit the network", report.toString());
    }
}

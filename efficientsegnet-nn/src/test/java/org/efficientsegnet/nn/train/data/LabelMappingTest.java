// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;

class LabelMappingTest {

    private static final byte UNKNOWN = (byte) 255;

    @Test
    void labelsAreFoundByName() {
        LabelMapping mapping = new LabelMapping(List.of("spleen", "stomach"), List.of("liver", "spleen", "stomach"));
        assertTrue(mapping.isPartial());
        assertFalse(mapping.knows(1));
        assertTrue(mapping.knows(2) && mapping.knows(3));
        Sample sample = new Sample("a", new Shape(1, 1, 4), new float[4], new byte[] {0, 1, 2, UNKNOWN});
        Sample mapped = mapping.apply(sample);
        assertArrayEquals(new byte[] {0, 2, 3, UNKNOWN}, mapped.labels());
        assertArrayEquals(new boolean[] {false, true, true}, mapped.known());
    }

    @Test
    void theSameLabelsStay() {
        LabelMapping mapping = new LabelMapping(List.of("a", "b"), List.of("a", "b"));
        byte[] labels = {0, 1, 2};
        assertSame(labels, mapping.apply(labels));
        assertFalse(mapping.isPartial());
    }

    @Test
    void aLabelThatTheNetworkLacksIsNamed() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> new LabelMapping(List.of("a", "c"), List.of("a", "b")));
        assertTrue(e.getMessage().contains("\"c\"") && e.getMessage().contains("a, b"), e.getMessage());
    }
}

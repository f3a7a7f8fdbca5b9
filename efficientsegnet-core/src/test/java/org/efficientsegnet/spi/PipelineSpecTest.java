// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.efficientsegnet.volume.Orientation;
import org.junit.jupiter.api.Test;

class PipelineSpecTest {

    private static final PipelineSpec SPEC =
            new PipelineSpec(List.of("liver"), Orientation.RAS, -325, 325, 1e-5, 0.4, 20, List.of(1), 1000, 2000);

    @Test
    void oneThingChangesAndTheRestStays() {
        Orientation other = Orientation.of("LPS");
        List<String> labels = List.of("lung", "heart");
        List<Integer> keep = List.of(2, 1);
        assertEquals(
                new PipelineSpec(labels, Orientation.RAS, -325, 325, 1e-5, 0.4, 20, keep, 1000, 2000),
                SPEC.withLabels(labels, keep));
        assertEquals(
                new PipelineSpec(labels, other, -325, 325, 1e-5, 0.4, 7.5, keep, 1000, 2000),
                SPEC.withMarginMm(7.5).withOrientation(other).withLabels(labels, keep));
    }

    @Test
    void changesAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> SPEC.withLabels(List.of("lung", "heart"), List.of(1)));
        assertThrows(IllegalArgumentException.class, () -> SPEC.withMarginMm(-1));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Orientation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MirroredLabelsTest {

    @ParameterizedTest
    @CsvSource({
        "left kidney, right kidney",
        "Kidney Right, Kidney Left",
        "kidney_l, kidney_r",
        "lung-left-upper, lung-right-upper"
    })
    void pairsChangePlaces(String one, String other) {
        MirroredLabels labels = new MirroredLabels(List.of("liver", one, "colon", other), Orientation.RAS);
        assertArrayEquals(new byte[] {0, 1, 4, 3, 2, (byte) 255}, labels.swap(new byte[] {0, 1, 2, 3, 4, (byte) 255}));
    }

    @Test
    void whatHasNoOtherSideStays() {
        MirroredLabels labels =
                new MirroredLabels(List.of("left kidney", "liver", "lateral wall", "rectum"), Orientation.RAS);
        assertArrayEquals(new byte[] {0, 1, 2, 3, 4}, labels.swap(new byte[] {0, 1, 2, 3, 4}));
    }

    @ParameterizedTest
    @CsvSource({"RAS, X", "LPI, X", "ARS, Y", "SAL, Z"})
    void theAxisBetweenTheSidesIsFound(String orientation, Axis axis) {
        assertEquals(axis, new MirroredLabels(List.of("liver"), Orientation.of(orientation)).axis());
    }
}

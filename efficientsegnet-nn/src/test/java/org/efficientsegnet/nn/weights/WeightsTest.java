// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class WeightsTest {

    @Test
    void keepsOrderAndCountsElements() {
        Map<String, Tensor> map = new LinkedHashMap<>();
        map.put("z", new Tensor(new int[] {2, 3}, new float[6]));
        map.put("a", new Tensor(new int[] {}, new float[] {7}));
        Weights weights = Weights.of(map);
        map.clear();
        assertEquals(List.of("z", "a"), List.copyOf(weights.tensors().keySet()));
        assertEquals(7, weights.parameters());
        assertEquals(7, weights.get("a").values()[0]);
        assertThrows(NoSuchElementException.class, () -> weights.get("b"));
    }

    @Test
    void tensorsDoNotShareTheirShape() {
        int[] shape = {2, 2};
        Tensor tensor = new Tensor(shape, new float[4]);
        shape[0] = 9;
        tensor.shape()[1] = 9;
        assertArrayEquals(new int[] {2, 2}, tensor.shape());
    }

    @Test
    void refusesShapesThatDoNotFit() {
        assertThrows(IllegalArgumentException.class, () -> new Tensor(new int[] {2, 2}, new float[3]));
        assertThrows(IllegalArgumentException.class, () -> new Tensor(new int[] {-2, -2}, new float[4]));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Tensor(new int[] {1 << 30, 1 << 30, 1 << 30, 16}, new float[0]));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MagnitudesTest {

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 0.9, 0.999, 0.99999, 1})
    void quantilesAreThoseOfTheSortedNumbers(double share) {
        Random random = new Random(1);
        float[] numbers = new float[200_000];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) Math.max(0, 3 * random.nextGaussian());
        }
        Magnitudes magnitudes = new Magnitudes();
        for (int begin = 0; begin < numbers.length; begin += 1000) {
            magnitudes.add(Arrays.copyOfRange(numbers, begin, begin + 1500), 1000);
        }
        Arrays.sort(numbers);
        float expected = numbers[Math.min(numbers.length - 1, (int) Math.ceil(share * numbers.length) - 1)];
        float found = magnitudes.quantile(share);
        assertTrue(found >= expected && found <= expected * 1.01, found + " for " + expected);
        assertFalse(magnitudes.hasNegative());
    }

    @Test
    void zerosAreNotLargeAndNegativesAreSeen() {
        Magnitudes magnitudes = new Magnitudes();
        magnitudes.add(new float[] {0, -0f, 0}, 3);
        assertEquals(0, magnitudes.quantile(1));
        assertFalse(magnitudes.hasNegative());
        magnitudes.add(new float[] {2, -1e-30f}, 2);
        assertTrue(magnitudes.hasNegative());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NormalizerTest {

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 32767, 32768, 32769, 200_003})
    void resultIsTheFormulaAndDoesNotDependOnThreads(int n) {
        Random random = new Random(n);
        float[] values = new float[n];
        SummaryStatistics expected = new SummaryStatistics();
        for (int i = 0; i < n; i++) {
            values[i] = (float) (300 * random.nextGaussian());
            expected.addValue(Math.min(Math.max(values[i], -325), 325));
        }
        float first = Math.min(Math.max(values[0], -325), 325);
        float[] single = values.clone();
        float[] several = values.clone();
        Normalizer.Moments moments = Normalizer.clipAndStandardize(single, -325, 325, 1e-5, Parallelism.SINGLE);
        Normalizer.Moments again =
                Normalizer.clipAndStandardize(several, -325, 325, 1e-5, Parallelism.of(ForkJoinPool.commonPool(), 5));
        assertEquals(expected.getMean(), moments.mean(), 1e-9);
        assertEquals(expected.getStandardDeviation(), moments.standardDeviation(), 1e-9);
        assertEquals(
                (first - expected.getMean()) / (expected.getStandardDeviation() + 1e-5),
                single[0],
                1e-6,
                "first value");
        assertEquals(moments, again);
        assertArrayEquals(single, several, 0f);
    }

    @Test
    void aConstantVolumeBecomesZero() {
        float[] values = {-1000, -1000, -1000, -1000, -1000};
        Normalizer.clipAndStandardize(values, -325, 325, 1e-5, Parallelism.SINGLE);
        assertArrayEquals(new float[5], values, 0f);
        float[] one = {12};
        Normalizer.clipAndStandardize(one, -325, 325, 1e-5, Parallelism.SINGLE);
        assertArrayEquals(new float[1], one, 0f);
    }

    @Test
    void refusesWhatCannotBeNormalised() {
        assertThrows(
                IllegalArgumentException.class,
                () -> Normalizer.clipAndStandardize(new float[0], -1, 1, 1e-5, Parallelism.SINGLE));
        assertThrows(
                IllegalArgumentException.class,
                () -> Normalizer.clipAndStandardize(new float[3], 1, 1, 1e-5, Parallelism.SINGLE));
    }
}

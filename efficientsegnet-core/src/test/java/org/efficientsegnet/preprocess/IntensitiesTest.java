// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntensitiesTest {

    private static final Shape SHAPE = new Shape(20, 20, 20);

    /** Air, fat, tissue, bone. */
    private static short[] body() {
        Random random = new Random(1);
        short[] hu = new short[SHAPE.arrayLength()];
        for (int i = 0; i < hu.length; i++) {
            int kind = random.nextInt(20);
            int mean = kind < 9 ? -1000 : kind < 12 ? -100 : kind < 19 ? 40 : 700;
            hu[i] = (short) (mean + 15 * random.nextGaussian());
        }
        return hu;
    }

    private static Volume scaled(double slope, double intercept) {
        return new Volume(
                SHAPE, Geometry.of(Orientation.RAS, 3, 3, 3), new Voxels.Shorts(body(), false), slope, intercept);
    }

    /** As it is; intercept twice; none; nearly none; divided by 1000; z-scores; 0 to 1; 0 to 255; times 100. */
    @ParameterizedTest
    @CsvSource({
        "1, 0, ''",
        "1, -1024, scaled",
        "1, 1090, below zero",
        "1, 1000, below -500",
        "0.001, 0, scaled",
        "0.002, 0.9, scaled",
        "0.0005, 0.6, below zero",
        "0.1, 128, below zero",
        "100, 0, fat and soft tissue"
    })
    void whatIsNotHounsfieldIsDoubted(double slope, double intercept, String part) {
        Volume volume = scaled(slope, intercept);
        Optional<String> doubt = Intensities.of(volume).doubt();
        assertEquals(part.isEmpty(), doubt.isEmpty(), doubt::toString);
        assertTrue(part.isEmpty() || doubt.get().contains(part), doubt::toString);
    }

    @Test
    void oneValueIsDoubted() {
        float[] values = new float[10];
        Arrays.fill(values, 7);
        assertTrue(Intensities.of(values).doubt().orElseThrow().contains("every voxel"));
    }

    @Test
    void aScanIsLookedAtAsItsValuesAre() {
        Volume volume = scaled(2, -3);
        float[] hu = new float[SHAPE.arrayLength()];
        for (int i = 0; i < hu.length; i++) {
            hu[i] = volume.hu(i / 400, i / 20 % 20, i % 20);
        }
        assertEquals(Intensities.of(hu), Intensities.of(volume));
    }
}

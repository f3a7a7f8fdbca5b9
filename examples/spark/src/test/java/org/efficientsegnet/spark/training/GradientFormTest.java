// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GradientFormTest {

    private static float[] values() {
        Random random = new Random(5);
        float[] values = new float[10_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(60) - 35));
        }
        values[0] = Float.NaN;
        values[1] = Float.POSITIVE_INFINITY;
        values[2] = Float.NEGATIVE_INFINITY;
        values[3] = -0f;
        return values;
    }

    @Test
    void in32BitsNothingChanges() {
        float[] values = values();
        float[] back = new float[values.length];
        GradientForm.FLOAT32.unpack(GradientForm.FLOAT32.pack(values), back);
        assertArrayEquals(values, back);
        assertEquals("", GradientForm.FLOAT32.rounding());
        assertThrows(IllegalArgumentException.class, () -> GradientForm.FLOAT32.unpack(new byte[5], back));
    }

    /** Against exact arithmetic: no neighbour of 8 bits is nearer. */
    @Test
    void in16BitsTheNearestNumberIsTaken() {
        float[] values = values();
        float[] back = new float[values.length];
        byte[] packed = GradientForm.BFLOAT16.pack(values);
        assertEquals(2 * values.length, packed.length);
        GradientForm.BFLOAT16.unpack(packed, back);
        assertTrue(Float.isNaN(back[0]));
        assertEquals(Float.POSITIVE_INFINITY, back[1]);
        assertEquals(Float.NEGATIVE_INFINITY, back[2]);
        assertEquals(Float.floatToRawIntBits(-0f), Float.floatToRawIntBits(back[3]));
        for (int i = 4; i < values.length; i++) {
            int bits = Float.floatToRawIntBits(back[i]);
            assertEquals(0, bits & 0xffff);
            BigDecimal off = distance(values[i], back[i]);
            for (int step : new int[] {-0x10000, 0x10000}) {
                float neighbour = Float.intBitsToFloat(bits + step);
                if (Float.isFinite(neighbour)) {
                    assertTrue(off.compareTo(distance(values[i], neighbour)) <= 0, values[i] + " became " + back[i]);
                }
            }
        }
    }

    private static BigDecimal distance(float a, float b) {
        return new BigDecimal(a).subtract(new BigDecimal(b)).abs();
    }
}

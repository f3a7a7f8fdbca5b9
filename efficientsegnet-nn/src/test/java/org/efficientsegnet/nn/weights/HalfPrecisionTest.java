// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalfPrecisionTest {

    /** The value as the standard defines it, by powers of two in double precision. */
    private static double half(int bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        double magnitude = exponent == 0
                ? fraction * 0x1p-24
                : exponent == 31
                        ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
                        : Math.scalb(1 + fraction / 1024.0, exponent - 15);
        return (bits & 0x8000) == 0 ? magnitude : -magnitude;
    }

    @Test
    void widensEveryHalf() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = HalfPrecision.halfToFloat((short) bits);
            assertEquals(half(bits), value, "half " + Integer.toHexString(bits));
            assertEquals(bits >>> 15, Float.floatToRawIntBits(value) >>> 31, "sign of " + Integer.toHexString(bits));
        }
    }

    @Test
    void narrowsEveryHalfToItself() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            short back = HalfPrecision.floatToHalf(HalfPrecision.halfToFloat((short) bits));
            if (Double.isNaN(half(bits))) {
                assertTrue(Double.isNaN(half(back & 0xffff)));
                assertEquals(bits | 0x200, back & 0xffff, "sign and payload");
            } else {
                assertEquals((short) bits, back);
            }
        }
    }

    @Test
    void roundsBetweenEachTwoHalvesToTheNearestAndTiesToEven() {
        for (int low = 0; low < 0x7c00; low++) {
            int high = low + 1;
            // What lies beyond the largest half rounds as if 65536 were the next one.
            double next = high == 0x7c00 ? 65536 : half(high);
            float middle = (float) ((half(low) + next) / 2);
            int even = (low & 1) == 0 ? low : high;
            for (int sign : new int[] {0, 0x8000}) {
                float s = sign == 0 ? 1 : -1;
                assertEquals((short) (even | sign), HalfPrecision.floatToHalf(s * middle));
                assertEquals((short) (low | sign), HalfPrecision.floatToHalf(s * Math.nextDown(middle)));
                assertEquals((short) (high | sign), HalfPrecision.floatToHalf(s * Math.nextUp(middle)));
            }
        }
        assertEquals((short) 0x7c00, HalfPrecision.floatToHalf(Float.MAX_VALUE));
        assertEquals((short) 0, HalfPrecision.floatToHalf(Float.MIN_VALUE));
        assertTrue(Float.isNaN(HalfPrecision.halfToFloat(HalfPrecision.floatToHalf(Float.intBitsToFloat(0x7f800001)))));
    }

    @Test
    void roundsBetweenEachTwoBrainFloats() {
        for (int low = 0; low < 0x7f80; low++) {
            float value = Float.intBitsToFloat(low << 16);
            assertEquals(value, HalfPrecision.bfloat16ToFloat((short) low));
            int even = (low & 1) == 0 ? low : low + 1;
            assertEquals((short) even, HalfPrecision.floatToBfloat16(Float.intBitsToFloat(low << 16 | 0x8000)));
            assertEquals((short) low, HalfPrecision.floatToBfloat16(Float.intBitsToFloat(low << 16 | 0x7fff)));
            assertEquals((short) (low + 1), HalfPrecision.floatToBfloat16(Float.intBitsToFloat(low << 16 | 0x8001)));
            assertEquals((short) (low | 0x8000), HalfPrecision.floatToBfloat16(-value));
        }
        assertEquals((short) 0x7f80, HalfPrecision.floatToBfloat16(Float.POSITIVE_INFINITY));
        assertTrue(Float.isNaN(
                HalfPrecision.bfloat16ToFloat(HalfPrecision.floatToBfloat16(Float.intBitsToFloat(0x7f800001)))));
    }
}

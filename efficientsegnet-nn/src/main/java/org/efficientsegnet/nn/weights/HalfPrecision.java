// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

/**
 * Conversions between 32-bit floats and the two 16-bit formats, bit-exact: subnormal numbers, infinities and NaN
 * included. Narrowing rounds to the nearest, ties to even (IEEE 754-2019, 4.3.1). Pure functions.
 */
public final class HalfPrecision {

    /** 2^112, what lies between the exponent biases of single (127) and half (15). */
    private static final float BIAS_GAP = 0x1p112f;

    private HalfPrecision() {}

    /** The value of an IEEE 754 half. */
    public static float halfToFloat(short half) {
        int magnitude = half & 0x7fff;
        int bits;
        if (magnitude >= 0x7c00) {
            bits = 0x7f80_0000 | (magnitude & 0x3ff) << 13;
        } else {
            // Read with the single's bias the value is 2^112 too small; the product is exact, for subnormals too.
            bits = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude << 13) * BIAS_GAP);
        }
        return Float.intBitsToFloat((half & 0x8000) << 16 | bits);
    }

    /** The IEEE 754 half that is nearest to a value; infinite from 65520 on; a NaN stays one, quiet. */
    public static short floatToHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fff_ffff;
        if (magnitude > 0x7f80_0000) {
            return (short) (sign | 0x7e00 | magnitude >>> 13 & 0x1ff);
        }
        if (magnitude >= 0x477f_f000) {
            return (short) (sign | 0x7c00);
        }
        if (magnitude < 0x3880_0000) {
            // Below 2^-14 the half's unit in the last place is 2^-24. Adding 0.5, whose own is 2^-24, lets the
            // processor round to it.
            int rounded = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + 0.5f);
            return (short) (sign | rounded - Float.floatToRawIntBits(0.5f));
        }
        int odd = magnitude >>> 13 & 1;
        return (short) (sign | (magnitude - 0x3800_0000 + 0xfff + odd) >>> 13);
    }

    /** The value of a bfloat16. */
    public static float bfloat16ToFloat(short bfloat16) {
        return Float.intBitsToFloat(bfloat16 << 16);
    }

    /** The bfloat16 that is nearest to a value; a NaN stays one, quiet. */
    public static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if ((bits & 0x7fff_ffff) > 0x7f80_0000) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}

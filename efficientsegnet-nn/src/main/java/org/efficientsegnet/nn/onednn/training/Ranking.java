// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.function.IntToDoubleFunction;

/** Finds numbers by their rank. */
final class Ranking {

    private static final int DIGIT_BITS = 16;
    private static final int DIGITS = 1 << DIGIT_BITS;

    private Ranking() {}

    /**
     * The rank-th largest of some 32-bit numbers, the largest has rank 1; negative ones count as -1. Non-negative floats
     * are in the order of their bits, so the upper half of the bits is found by counting, then the lower half.
     *
     * @param numbers by index; asked twice for each
     */
    static float largest(int rank, int count, IntToDoubleFunction numbers) {
        int[] uppers = new int[DIGITS];
        int negative = 0;
        for (int i = 0; i < count; i++) {
            float number = (float) numbers.applyAsDouble(i);
            if (number < 0) {
                negative++;
            } else {
                uppers[Float.floatToRawIntBits(number + 0f) >>> DIGIT_BITS]++;
            }
        }
        if (rank > count - negative) {
            return -1;
        }
        int upper = DIGITS - 1;
        int left = rank;
        while (left > uppers[upper]) {
            left -= uppers[upper--];
        }
        int[] lowers = new int[DIGITS];
        for (int i = 0; i < count; i++) {
            float number = (float) numbers.applyAsDouble(i);
            int bits = Float.floatToRawIntBits(number + 0f);
            if (number >= 0 && bits >>> DIGIT_BITS == upper) {
                lowers[bits & DIGITS - 1]++;
            }
        }
        int lower = DIGITS - 1;
        while (left > lowers[lower]) {
            left -= lowers[lower--];
        }
        return Float.intBitsToFloat(upper << DIGIT_BITS | lower);
    }
}

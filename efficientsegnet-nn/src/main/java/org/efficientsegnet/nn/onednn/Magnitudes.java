// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

/** How large numbers are: counts of those whose upper 16 bits are the same, sign, exponent and seven bits. */
final class Magnitudes {

    private static final int LOWER_BITS = 16;
    private static final int NOT_NEGATIVE = 1 << 15;

    private final long[] counts = new long[NOT_NEGATIVE];
    private long all;
    private boolean negative;

    /** Counts the first numbers of an array. */
    void add(float[] numbers, int count) {
        for (int i = 0; i < count; i++) {
            float number = numbers[i];
            negative |= number < 0;
            counts[Float.floatToRawIntBits(number) >>> LOWER_BITS & NOT_NEGATIVE - 1]++;
        }
        all += count;
    }

    /** Whether one of them is below zero; the others below are wrong then. */
    boolean hasNegative() {
        return negative;
    }

    /** The number that this share of all is not larger than, rounded up by less than one in a hundred. */
    float quantile(double share) {
        long larger = all - (long) Math.ceil(share * all);
        int bin = NOT_NEGATIVE - 1;
        for (long seen = counts[bin]; seen <= larger && bin > 0; seen += counts[bin]) {
            bin--;
        }
        return counts[bin] == 0 || bin == 0 ? 0 : Float.intBitsToFloat(bin + 1 << LOWER_BITS);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.gzip;

/**
 * The CRC-32 of two pieces joined, from the CRC-32 of each.
 *
 * <p>A CRC is the remainder of a polynomial over GF(2). Putting n bytes behind a piece multiplies its polynomial by
 * x^(8n), so that crc(a·b) = crc(a)·x^(8n) mod p + crc(b); the initial and final inversions cancel. The power is found
 * by squaring.
 */
final class Crc32Combination {

    /** The polynomial of CRC-32, bit 31 for x^0, without x^32. */
    private static final int POLYNOMIAL = 0xedb88320;

    private static final int ONE = 0x80000000;

    /** x^8, one byte. */
    private static final int ONE_BYTE = ONE >>> 8;

    private Crc32Combination() {}

    /**
     * @param first of the first piece
     * @param second of the second piece
     * @param secondLength of the second piece, bytes
     */
    static long combine(long first, long second, long secondLength) {
        int shift = ONE;
        int power = ONE_BYTE;
        for (long n = secondLength; n != 0; n >>>= 1) {
            if ((n & 1) != 0) {
                shift = multiply(shift, power);
            }
            power = multiply(power, power);
        }
        return (multiply((int) first, shift) ^ second) & 0xffffffffL;
    }

    /** The product of two polynomials modulo that of CRC-32. */
    private static int multiply(int a, int b) {
        int product = 0;
        for (int bit = ONE; bit != 0; bit >>>= 1) {
            if ((a & bit) != 0) {
                product ^= b;
            }
            b = (b & 1) == 0 ? b >>> 1 : b >>> 1 ^ POLYNOMIAL;
        }
        return product;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Goes through arrays of masks and labels, eight voxels at a time: most of them is empty, and most of an organ is solid.
 * Thread-safe: pure functions.
 */
public final class ByteRows {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private ByteRows() {}

    /** The first index in [from, to) where any of the bits is set, or {@code to}. */
    public static int nextSet(byte[] masks, int from, int to, int bits) {
        long pattern = pattern(bits);
        int i = from;
        for (; i <= to - 8; i += 8) {
            long hits = (long) LONGS.get(masks, i) & pattern;
            if (hits != 0) {
                return i + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
        }
        for (; i < to; i++) {
            if ((masks[i] & bits) != 0) {
                return i;
            }
        }
        return to;
    }

    /** The first index in [from, to) where one of the bits is missing, or {@code to}. */
    public static int nextClear(byte[] masks, int from, int to, int bits) {
        long pattern = pattern(bits);
        int i = from;
        for (; i <= to - 8; i += 8) {
            long gaps = ~(long) LONGS.get(masks, i) & pattern;
            if (gaps != 0) {
                return i + (Long.numberOfTrailingZeros(gaps) >>> 3);
            }
        }
        for (; i < to; i++) {
            if ((masks[i] & bits) != bits) {
                return i;
            }
        }
        return to;
    }

    /** The first index in [from, to) with another value, or {@code to}. */
    public static int nextOther(byte[] values, int from, int to, byte value) {
        long pattern = pattern(value);
        int i = from;
        for (; i <= to - 8; i += 8) {
            long others = (long) LONGS.get(values, i) ^ pattern;
            if (others != 0) {
                return i + (Long.numberOfTrailingZeros(others) >>> 3);
            }
        }
        for (; i < to; i++) {
            if (values[i] != value) {
                return i;
            }
        }
        return to;
    }

    /**
     * Replaces bytes by those of a table.
     *
     * @param values read from {@code at} on
     * @param to written from {@code toAt} on; may be the same array at the same place
     * @param count how many
     * @param table what becomes of each byte, as an unsigned number
     */
    public static void translate(byte[] values, int at, byte[] to, int toAt, int count, byte[] table) {
        int i = 0;
        long before = ~0L;
        long becomes = pattern(table[0xff]);
        for (; i <= count - 8; i += 8) {
            long eight = (long) LONGS.get(values, at + i);
            if (eight != before) {
                before = eight;
                becomes = 0;
                for (int shift = 0; shift < 64; shift += 8) {
                    becomes |= (table[(int) (eight >>> shift) & 0xff] & 0xffL) << shift;
                }
            }
            LONGS.set(to, toAt + i, becomes);
        }
        for (; i < count; i++) {
            to[toAt + i] = table[values[at + i] & 0xff];
        }
    }

    private static long pattern(int bits) {
        return (bits & 0xff) * 0x0101010101010101L;
    }
}

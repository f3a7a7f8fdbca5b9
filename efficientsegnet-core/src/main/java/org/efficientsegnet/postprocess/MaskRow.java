package org.efficientsegnet.postprocess;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Searches in mask arrays, eight voxels at a time: most of a mask is empty, and most of an organ is solid. */
final class MaskRow {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private MaskRow() {}

    /** The first index in [from, to) where any of the bits is set, or {@code to}. */
    static int nextSet(byte[] masks, int from, int to, int bits) {
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
    static int nextClear(byte[] masks, int from, int to, int bits) {
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

    /** The last index in [from, to) where any of the bits is set, or {@code from - 1}. */
    static int lastSet(byte[] masks, int from, int to, int bits) {
        long pattern = pattern(bits);
        int i = to;
        for (; i >= from + 8; i -= 8) {
            long hits = (long) LONGS.get(masks, i - 8) & pattern;
            if (hits != 0) {
                return i - 1 - (Long.numberOfLeadingZeros(hits) >>> 3);
            }
        }
        for (; i > from; i--) {
            if ((masks[i - 1] & bits) != 0) {
                return i - 1;
            }
        }
        return from - 1;
    }

    private static long pattern(int bits) {
        return (bits & 0xff) * 0x0101010101010101L;
    }
}

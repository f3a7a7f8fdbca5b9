// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

/** Counts by integer, in a table with open addressing that doubles when it is half full. */
final class IntCounter {

    private int[] keys = new int[1 << 10];

    /** 0 where a place is free: what is there was counted at least once. */
    private long[] counts = new long[1 << 10];

    private int used;

    /** Receives what was counted. */
    @FunctionalInterface
    interface Sink {
        void accept(int key, long count);
    }

    void add(int key, long n) {
        int at = place(key);
        if (counts[at] == 0) {
            keys[at] = key;
            if (++used > keys.length / 2) {
                counts[at] = n;
                grow();
                return;
            }
        }
        counts[at] += n;
    }

    void forEach(Sink sink) {
        for (int at = 0; at < keys.length; at++) {
            if (counts[at] != 0) {
                sink.accept(keys[at], counts[at]);
            }
        }
    }

    private int place(int key) {
        int mask = keys.length - 1;
        // Fibonacci hashing: labels are mostly consecutive, which this spreads.
        int at = (key * 0x9E3779B9 >>> 7) & mask;
        while (counts[at] != 0 && keys[at] != key) {
            at = (at + 1) & mask;
        }
        return at;
    }

    private void grow() {
        int[] oldKeys = keys;
        long[] oldCounts = counts;
        keys = new int[2 * oldKeys.length];
        counts = new long[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldCounts[i] != 0) {
                int at = place(oldKeys[i]);
                keys[at] = oldKeys[i];
                counts[at] = oldCounts[i];
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Working arrays that are used again by the next run: fresh ones of a hundred megabytes cost page faults and zeroing.
 * Thread-safe. What an array holds when it is taken is undefined.
 */
public final class FloatArrays {

    private final boolean keep;
    private final Map<Integer, Deque<float[]>> free = new ConcurrentHashMap<>();

    /** @param keep whether arrays that come back are kept; else the garbage collector has them */
    public FloatArrays(boolean keep) {
        this.keep = keep;
    }

    /** An array of exactly this length; give it back when done. */
    float[] take(int length) {
        Deque<float[]> arrays = free.get(length);
        float[] array = arrays == null ? null : arrays.poll();
        return array != null ? array : new float[length];
    }

    /** Takes an array back. */
    void give(float[] array) {
        if (keep) {
            free.computeIfAbsent(array.length, n -> new ConcurrentLinkedDeque<>())
                    .push(array);
        }
    }

    /** Lets go of the arrays that nobody uses. */
    public void clear() {
        free.clear();
    }
}

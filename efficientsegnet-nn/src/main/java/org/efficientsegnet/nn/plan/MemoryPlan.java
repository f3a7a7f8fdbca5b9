// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where buffers lie in one block of memory: buffers whose lifetimes do not overlap share it. First fit, the largest
 * buffer first. Immutable.
 *
 * @param offsets of each buffer, bytes, in the order in which the buffers were given
 * @param bytes how large the block is
 */
public record MemoryPlan(List<Long> offsets, long bytes) {

    /** Offsets are multiples of this: a page, which is a whole number of vectors and of cache lines too. */
    public static final long ALIGNMENT = 4096;

    /** Copies the list. */
    public MemoryPlan {
        offsets = List.copyOf(offsets);
    }

    /**
     * A buffer and when it is needed.
     *
     * @param bytes its size
     * @param first the step that writes it
     * @param last the last step that reads it
     */
    public record Buffer(long bytes, int first, int last) {
        /** @throws IllegalArgumentException if it is read before it is written or has a negative size */
        public Buffer {
            if (bytes < 0 || last < first) {
                throw new IllegalArgumentException("no buffer has " + bytes + " bytes from " + first + " to " + last);
            }
        }

        boolean overlaps(Buffer other) {
            return first <= other.last && other.first <= last;
        }
    }

    private record Placed(Buffer buffer, long begin, long end) {}

    /** Finds a place for every buffer. */
    public static MemoryPlan of(List<Buffer> buffers) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < buffers.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingLong((Integer i) -> buffers.get(i).bytes())
                .reversed()
                .thenComparing(i -> buffers.get(i).first()));
        Long[] offsets = new Long[buffers.size()];
        List<Placed> placed = new ArrayList<>();
        long total = 0;
        for (int i : order) {
            Buffer buffer = buffers.get(i);
            long size = (buffer.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            long begin = 0;
            for (Placed other : placed) {
                if (other.buffer().overlaps(buffer) && other.begin() < begin + size && begin < other.end()) {
                    begin = other.end();
                }
            }
            Placed here = new Placed(buffer, begin, begin + size);
            offsets[i] = begin;
            total = Math.max(total, here.end());
            insert(placed, here);
        }
        return new MemoryPlan(List.of(offsets), total);
    }

    /** After all that begin where it does, or before. */
    private static void insert(List<Placed> placed, Placed here) {
        int low = 0;
        int high = placed.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (placed.get(middle).begin() <= here.begin()) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        placed.add(low, here);
    }
}

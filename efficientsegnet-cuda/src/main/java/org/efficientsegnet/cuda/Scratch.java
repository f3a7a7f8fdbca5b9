// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Parts of a network's working memory that are free when a run has ended. Immutable.
 *
 * @param gaps the parts, which do not overlap; they begin at multiples of {@link #ALIGNMENT}
 */
record Scratch(List<Gap> gaps) {

    /** Blocks begin at multiples of this, as memory of the device's own allocation does. */
    static final long ALIGNMENT = 256;

    Scratch {
        gaps = List.copyOf(gaps);
    }

    /**
     * A part of the working memory.
     *
     * @param offset where it begins, bytes
     * @param bytes how large it is
     */
    record Gap(long offset, long bytes) {}

    /**
     * Finds a place for blocks that are needed at the same time, each in the first gap that has room left.
     *
     * @param sizes of the blocks, bytes; the largest first, since they are placed in this order
     * @return where each begins; nothing if they do not all fit
     */
    Optional<List<Long>> place(List<Long> sizes) {
        List<Gap> free = new ArrayList<>(gaps);
        List<Long> offsets = new ArrayList<>();
        for (long size : sizes) {
            int at = 0;
            while (at < free.size() && free.get(at).bytes() < size) {
                at++;
            }
            if (at == free.size()) {
                return Optional.empty();
            }
            Gap gap = free.get(at);
            offsets.add(gap.offset());
            long taken = Math.min(aligned(size), gap.bytes());
            free.set(at, new Gap(gap.offset() + taken, gap.bytes() - taken));
        }
        return Optional.of(List.copyOf(offsets));
    }

    /** The next multiple of {@link #ALIGNMENT}. */
    static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.plan.MemoryPlan;

/**
 * One block of native memory for all that lives during a run. It is taken when a run needs it and kept until
 * {@link #release}, since fresh pages cost more than the arithmetic on them. Not thread-safe.
 */
final class Arena implements AutoCloseable {

    private final long bytes;
    private Pointer block;
    private BytePointer start;

    Arena(long bytes) {
        this.bytes = bytes;
    }

    long bytes() {
        return bytes;
    }

    /**
     * The begin of the block, which is taken unless it is there.
     *
     * @throws SegmentationException if the system has not so much memory
     */
    BytePointer require() {
        if (block == null) {
            Pointer taken = Pointer.malloc(bytes + MemoryPlan.ALIGNMENT);
            if (taken == null || taken.isNull()) {
                throw new SegmentationException(
                        "the system refused " + bytes / 1_000_000 + " MB of memory for the network's"
                                + " feature maps; free some, or choose BF16 or a smaller input");
            }
            block = taken;
            long misaligned = taken.address() % MemoryPlan.ALIGNMENT;
            start = new BytePointer(taken).getPointer(misaligned == 0 ? 0 : MemoryPlan.ALIGNMENT - misaligned);
        }
        return start;
    }

    /** Gives the block back to the system; the next {@link #require} takes another. */
    void release() {
        if (block != null) {
            Pointer.free(block);
            block = null;
            start = null;
        }
    }

    @Override
    public void close() {
        release();
    }
}

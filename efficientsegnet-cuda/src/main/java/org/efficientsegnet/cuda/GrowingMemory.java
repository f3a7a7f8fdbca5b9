// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

/**
 * Memory of a device that is as large as the largest that was asked for, and kept until it is released: taking and
 * giving back costs a device milliseconds. For one thread at a time.
 */
final class GrowingMemory {

    private final Device device;
    private Device.Memory memory;

    GrowingMemory(Device device) {
        this.device = device;
    }

    /** Where so many bytes are; what lay there before may be lost. */
    long of(long bytes) {
        if (memory == null || memory.bytes() < bytes) {
            release();
            memory = device.allocate(bytes);
        }
        return memory.address();
    }

    /** Gives the memory back. */
    void release() {
        if (memory != null) {
            Device.Memory freed = memory;
            memory = null;
            freed.close();
        }
    }
}

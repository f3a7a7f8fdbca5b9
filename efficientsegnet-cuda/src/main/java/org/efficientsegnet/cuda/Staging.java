// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.Pointer;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.volume.Voxels;

/**
 * Copies between Java arrays and a device, piece by piece through two small blocks of pinned memory: while one is on the
 * bus the other is filled. Pinned memory as large as a scan would be taken from the whole system. For one thread at a
 * time; whoever made it closes it, before the device.
 */
final class Staging implements AutoCloseable {

    private static final int BLOCK = 8 << 20;

    private final Device device;
    private Device.Memory memory;
    private ByteBuffer[] blocks;

    Staging(Device device) {
        this.device = device;
    }

    /** Copies elements between an array and a block: from the array's index on, as many as are asked for. */
    @FunctionalInterface
    private interface Copy {
        void between(ByteBuffer block, int from, int count);
    }

    void send(float[] values, long to) {
        send(
                values.length,
                Float.BYTES,
                to,
                (block, from, count) -> block.asFloatBuffer().put(values, from, count));
    }

    /** Sends stored voxels in their own type. */
    void send(Voxels voxels, long to) {
        send(voxels.length(), voxels.bytesPerVoxel(), to, (block, from, count) -> {
            if (voxels instanceof Voxels.Bytes bytes) {
                block.put(bytes.values(), from, count);
            } else if (voxels instanceof Voxels.Shorts shorts) {
                block.asShortBuffer().put(shorts.values(), from, count);
            } else if (voxels instanceof Voxels.Ints ints) {
                block.asIntBuffer().put(ints.values(), from, count);
            } else if (voxels instanceof Voxels.Floats floats) {
                block.asFloatBuffer().put(floats.values(), from, count);
            }
        });
    }

    void fetch(long from, float[] values) {
        fetch(
                values.length,
                Float.BYTES,
                from,
                (block, at, count) -> block.asFloatBuffer().get(values, at, count));
    }

    void fetch(long from, byte[] values) {
        fetch(values.length, 1, from, (block, at, count) -> block.get(values, at, count));
    }

    private void send(long elements, int width, long to, Copy copy) {
        acquire();
        int most = BLOCK / width;
        int which = 0;
        for (long at = 0; at < elements; at += most, which = 1 - which) {
            int count = (int) Math.min(most, elements - at);
            copy.between(blocks[which].clear(), (int) at, count);
            // The other block has to have arrived before it is filled again.
            device.synchronize();
            Device.check(
                    CudaLibrary.esn_upload(device.context(), to + at * width, address(which), (long) count * width));
        }
        device.synchronize();
    }

    private void fetch(long elements, int width, long from, Copy copy) {
        acquire();
        int most = BLOCK / width;
        int which = 0;
        download(from, width, 0, elements, 0);
        for (long at = 0; at < elements; at += most, which = 1 - which) {
            device.synchronize();
            download(from, width, at + most, elements, 1 - which);
            copy.between(blocks[which].clear(), (int) at, (int) Math.min(most, elements - at));
        }
        device.synchronize();
    }

    private void download(long from, int width, long at, long elements, int which) {
        long count = Math.min(BLOCK / width, elements - at);
        if (count > 0) {
            Device.check(CudaLibrary.esn_download(device.context(), address(which), from + at * width, count * width));
        }
    }

    private long address(int which) {
        return memory.address() + (long) which * BLOCK;
    }

    private void acquire() {
        if (memory == null) {
            memory = device.allocatePinned(2L * BLOCK);
            blocks = new ByteBuffer[] {new Reach(address(0)).buffer(), new Reach(address(1)).buffer()};
        }
    }

    /** Lets Java reach memory that the library allocated. */
    private static final class Reach extends Pointer {
        private Reach(long address) {
            this.address = address;
            this.limit = BLOCK;
            this.capacity = BLOCK;
        }

        private ByteBuffer buffer() {
            return asByteBuffer().order(ByteOrder.nativeOrder());
        }
    }

    @Override
    public void close() {
        if (memory != null) {
            Device.Memory freed = memory;
            memory = null;
            blocks = null;
            freed.close();
        }
    }
}

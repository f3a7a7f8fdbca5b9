// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.cuda.binding.CudaLibrary;

/**
 * A GPU with one stream, or the host, on which the same kernels run as plain loops: slow, for finding out whether a GPU
 * computes what it should. What was allocated on a device is freed before the device is closed.
 *
 * <p>For one thread at a time. Whoever opened a device closes it.
 */
final class Device implements AutoCloseable {

    /** The number that stands for the host. */
    static final int HOST = -1;

    private final int index;
    private final long context;

    private Device(int index, long context) {
        this.index = index;
        this.context = context;
    }

    /**
     * Opens a device.
     *
     * @param index of a GPU, or {@link #HOST}
     * @param threads how many threads the kernels' loops use on the host
     * @throws SegmentationException if there is no such GPU or the driver fails
     */
    static Device open(int index, int threads) {
        long[] context = new long[1];
        check(CudaLibrary.esn_context_create(index, threads, context));
        return new Device(index, context[0]);
    }

    /**
     * What a GPU is.
     *
     * @param index by which it is opened
     * @param name the product
     * @param capability compute capability times ten
     * @param multiprocessors how many
     * @param bytes of memory
     * @param driver the CUDA version that the driver knows, 13000 for 13.0
     */
    record Properties(int index, String name, int capability, int multiprocessors, long bytes, int driver) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "GPU %d, %s, compute capability %d.%d, %.1f GB, driver for CUDA %d.%d",
                    index,
                    name,
                    capability / 10,
                    capability % 10,
                    bytes / 1e9,
                    driver / 1000,
                    driver % 1000 / 10);
        }
    }

    /**
     * The GPUs of the machine.
     *
     * @throws SegmentationException if the driver is missing or fails
     */
    static List<Properties> all() {
        int[] count = new int[1];
        check(CudaLibrary.esn_device_count(count));
        List<Properties> devices = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            long[] info = new long[5];
            byte[] name = new byte[256];
            check(CudaLibrary.esn_device_info(i, info, name, name.length));
            int end = 0;
            while (end < name.length && name[end] != 0) {
                end++;
            }
            devices.add(new Properties(
                    i, new String(name, 0, end, StandardCharsets.UTF_8), (int) info[0], (int) info[1], info[2], (int)
                            info[3]));
        }
        return devices;
    }

    /** Compute capabilities that the library at hand holds code for, as 7.5, 8.0. */
    static String architectures() {
        return Arrays.stream(CudaLibrary.esn_architectures().split(","))
                .map(a -> a.substring(0, a.length() - 1) + "." + a.charAt(a.length() - 1))
                .collect(Collectors.joining(", "));
    }

    /** @throws SegmentationException if the library holds no code for a GPU */
    static void requireSupported(int index) {
        check(CudaLibrary.esn_device_supported(index));
    }

    /** Turns a status of the library into an exception with its reason. */
    static void check(int status) {
        if (status != 0) {
            throw new SegmentationException("CUDA: " + CudaLibrary.esn_last_error() + ", status " + status);
        }
    }

    /** Whether kernels run on the host. */
    boolean isHost() {
        return index == HOST;
    }

    /** The GPU's number, or {@link #HOST}. */
    int index() {
        return index;
    }

    /** The library's handle. */
    long context() {
        return context;
    }

    /** Waits until everything that was launched has ended. */
    void synchronize() {
        check(CudaLibrary.esn_synchronize(context));
    }

    /** Memory of the device, which the caller closes. */
    Memory allocate(long bytes) {
        long[] address = new long[1];
        check(CudaLibrary.esn_allocate(context, Math.max(1, bytes), address));
        return new Memory(address[0], bytes, false);
    }

    /** Memory of the host from and to which the device copies fast; the caller closes it. */
    Memory allocatePinned(long bytes) {
        long[] address = new long[1];
        check(CudaLibrary.esn_allocate_pinned(context, Math.max(1, bytes), address));
        return new Memory(address[0], bytes, true);
    }

    /** A block of memory; closing it twice does no harm. */
    final class Memory implements AutoCloseable {

        private final boolean pinned;
        private final long bytes;
        private long address;

        private Memory(long address, long bytes, boolean pinned) {
            this.address = address;
            this.bytes = bytes;
            this.pinned = pinned;
        }

        long address() {
            return address;
        }

        long bytes() {
            return bytes;
        }

        @Override
        public void close() {
            if (address != 0) {
                long freed = address;
                address = 0;
                check(pinned ? CudaLibrary.esn_free_pinned(context, freed) : CudaLibrary.esn_free(context, freed));
            }
        }
    }

    @Override
    public void close() {
        check(CudaLibrary.esn_context_destroy(context));
    }
}

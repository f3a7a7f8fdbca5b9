// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;

/**
 * A plan's weights in the order in which the kernels read them, in one block of device memory. Immutable once built, so
 * that several programs share it; closed by the network, after them.
 */
final class PackedWeights implements AutoCloseable {

    private static final int ALIGNMENT = 256;

    private final Map<String, Long> offsets = new HashMap<>();
    private final Device.Memory memory;

    /** Packs and uploads. */
    PackedWeights(Device device, int type, Plan plan, Weights weights) {
        long bytes = 0;
        for (Step step : plan.steps()) {
            for (String name : step.weights()) {
                offsets.put(name, bytes);
                bytes += (size(step, weights.get(name)) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            }
        }
        memory = device.allocate(bytes);
        try {
            for (Step step : plan.steps()) {
                for (String name : step.weights()) {
                    upload(device, type, step, weights.get(name), address(name));
                }
            }
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    private static boolean isPacked(Step step) {
        return step instanceof Step.Convolution convolution && !convolution.depthwise();
    }

    private static int taps(Tensor weight) {
        int[] shape = weight.shape();
        return shape[2] * shape[3] * shape[4];
    }

    private static long size(Step step, Tensor weight) {
        return isPacked(step)
                ? CudaLibrary.esn_packed_weights_bytes(weight.shape()[0], weight.shape()[1], taps(weight))
                : (long) Float.BYTES * weight.size();
    }

    private static void upload(Device device, int type, Step step, Tensor weight, long to) {
        long bytes = size(step, weight);
        try (FloatPointer values = new FloatPointer(weight.values())) {
            if (isPacked(step)) {
                try (BytePointer packed = new BytePointer(bytes)) {
                    Device.check(CudaLibrary.esn_pack_weights(
                            type,
                            values.address(),
                            weight.shape()[0],
                            weight.shape()[1],
                            taps(weight),
                            packed.address()));
                    copy(device, to, packed.address(), bytes);
                }
            } else {
                copy(device, to, values.address(), bytes);
            }
        }
    }

    private static void copy(Device device, long to, long from, long bytes) {
        Device.check(CudaLibrary.esn_upload(device.context(), to, from, bytes));
        // The copy reads memory that is freed when this returns.
        device.synchronize();
    }

    /** Where a weight lies on the device. */
    long address(String name) {
        return memory.address() + offsets.get(name);
    }

    /** How much device memory they take. */
    long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        memory.close();
    }
}

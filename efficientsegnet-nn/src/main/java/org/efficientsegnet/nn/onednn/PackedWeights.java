// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;

/**
 * Weights in the layouts that primitives prefer, each packed once however many programs use it. Owns its memory.
 * Thread-safe.
 */
final class PackedWeights implements AutoCloseable {

    private final Weights weights;
    private final NativeObjects natives = new NativeObjects();
    private final Map<String, List<memory>> byName = new HashMap<>();
    private long bytes;

    PackedWeights(Weights weights) {
        this.weights = weights;
    }

    /** How much memory is taken. */
    synchronized long bytes() {
        return bytes;
    }

    Tensor tensor(String name) {
        return weights.find(name)
                .orElseThrow(() -> new SegmentationException("the plan needs the weight " + name
                        + ", which the weights lack; take the plan that was compiled with them"));
    }

    /**
     * A weight in a layout.
     *
     * @param plain how the tensor lies in its array, C order, 32-bit
     * @param wished the layout and type that is wished for
     */
    memory get(String name, memory.desc plain, memory.desc wished) {
        return get(name, tensor(name).values(), plain, wished);
    }

    /**
     * Values that were computed, from a weight for instance, in a layout.
     *
     * @param name the same for the same values, and not that of a weight
     */
    synchronized memory get(String name, float[] values, memory.desc plain, memory.desc wished) {
        List<memory> layouts = byName.computeIfAbsent(name, key -> new ArrayList<>());
        for (memory packed : layouts) {
            if (wished.equals(packed.get_desc())) {
                return packed;
            }
        }
        if (plain.get_size() != (long) values.length * Float.BYTES) {
            throw new SegmentationException(
                    "the weight " + name + " has " + values.length
                            + " values, which is not what the plan expects; take the plan that was compiled with these weights");
        }
        memory packed = pack(values, plain, wished);
        layouts.add(packed);
        return packed;
    }

    private memory pack(float[] values, memory.desc plain, memory.desc wished) {
        return NativeObjects.scoped(() -> {
            memory target = natives.keep(new memory(wished, OneDnn.CPU));
            memory source = new memory(plain, OneDnn.CPU, new FloatPointer(values));
            stream stream = new stream(OneDnn.CPU);
            new reorder(source, target).execute(stream, source, target);
            stream._wait();
            bytes += wished.get_size();
            return target;
        });
    }

    @Override
    public synchronized void close() {
        byName.clear();
        natives.close();
    }
}

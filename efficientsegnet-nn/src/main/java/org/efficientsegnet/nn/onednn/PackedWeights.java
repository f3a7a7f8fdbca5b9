package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
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
    private final List<Entry> entries = new ArrayList<>();
    private long bytes;

    private record Entry(String name, memory memory) {}

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
    synchronized memory get(String name, memory.desc plain, memory.desc wished) {
        for (Entry entry : entries) {
            if (entry.name().equals(name) && wished.equals(entry.memory().get_desc())) {
                return entry.memory();
            }
        }
        memory packed = constant(tensor(name).values(), plain, wished);
        entries.add(new Entry(name, packed));
        return packed;
    }

    /** Values that are computed for one program, in a layout. */
    synchronized memory constant(float[] values, memory.desc plain, memory.desc wished) {
        return NativeObjects.scoped(() -> {
            if (plain.get_size() != (long) values.length * Float.BYTES) {
                throw new SegmentationException(
                        "a weight with " + values.length + " values is not what the plan expects;"
                                + " take the plan that was compiled with these weights");
            }
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
        entries.clear();
        natives.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.internal.memory.AbstractMemoryMgr;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Gives a session its arrays and keeps the memory of those that it gives back: fresh pages cost more than arithmetic.
 *
 * <p>ND4J's own cache keeps arrays by their shape. A gradient holds most of its feature maps in several shapes at
 * different times, so that it would keep nearly three times as much as is in use at once; here memory is kept by its
 * length, whatever the shape.
 */
final class SessionMemory extends AbstractMemoryMgr {

    /** Smaller arrays, in elements, are left to the collector. */
    private static final long SMALL_ARRAY = 4096;

    private record Kind(DataType type, long length) {}

    private final Map<Kind, Deque<DataBuffer>> free = new HashMap<>();
    private final Map<Long, DataBuffer> inUse = new HashMap<>();
    private long bytes;
    private long mostBytes;

    @Override
    public INDArray allocate(boolean detached, DataType type, long... shape) {
        return allocate(type, shape, Nd4j.order());
    }

    @Override
    public INDArray allocate(boolean detached, LongShapeDescriptor descriptor) {
        if (descriptor.isEmpty()) {
            return Nd4j.create(descriptor);
        }
        return allocate(descriptor.dataType(), descriptor.getShape(), descriptor.getOrder());
    }

    private INDArray allocate(DataType type, long[] shape, char order) {
        long length = 1;
        for (long extent : shape) {
            length *= extent;
        }
        if (length < SMALL_ARRAY) {
            return Nd4j.createUninitializedDetached(type, order, shape);
        }
        Deque<DataBuffer> kept = free.get(new Kind(type, length));
        DataBuffer buffer = kept == null || kept.isEmpty()
                ? Nd4j.createUninitializedDetached(type, length).data()
                : kept.pop();
        INDArray array = Nd4j.create(buffer, shape, Nd4j.getStrides(shape, order), 0, order, type);
        inUse.put(array.getId(), buffer);
        bytes += length * type.width();
        mostBytes = Math.max(mostBytes, bytes);
        return array;
    }

    /** Arrays that are not from here are left to the collector. */
    @Override
    public void release(INDArray array) {
        DataBuffer buffer = inUse.remove(array.getId());
        if (buffer != null) {
            Kind kind = new Kind(array.dataType(), array.length());
            bytes -= kind.length() * kind.type().width();
            free.computeIfAbsent(kind, key -> new ArrayDeque<>()).push(buffer);
        }
    }

    /** The most bytes that were in use at once. */
    long mostBytes() {
        return mostBytes;
    }

    /** Frees what was given back; what is in use is left to the collector. */
    @Override
    public void close() {
        free.values().forEach(buffers -> buffers.forEach(DataBuffer::close));
        free.clear();
    }
}

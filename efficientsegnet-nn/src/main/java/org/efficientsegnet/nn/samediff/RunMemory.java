// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.samediff;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.internal.memory.AbstractMemoryMgr;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The memory of a graph's intermediate arrays: buffers that a step no longer needs serve later ones of the same length,
 * in this run and the next. Fresh large buffers are dear, since the system clears each page on first touch; ND4J's own
 * cache shares between arrays of the same shape only and gives up at a quarter of the allowed memory.
 *
 * <p>For one thread. {@link #close} frees everything.
 */
final class RunMemory extends AbstractMemoryMgr {

    private final Map<Long, Deque<DataBuffer>> idle = new HashMap<>();
    private final Set<DataBuffer> lent = Collections.newSetFromMap(new IdentityHashMap<>());

    @Override
    public INDArray allocate(boolean detached, DataType type, long... shape) {
        return allocate(type, shape, 'c');
    }

    @Override
    public INDArray allocate(boolean detached, LongShapeDescriptor descriptor) {
        if (descriptor.isEmpty()) {
            return Nd4j.create(descriptor).detach();
        }
        return allocate(descriptor.dataType(), descriptor.getShape(), descriptor.getOrder());
    }

    private INDArray allocate(DataType type, long[] shape, char order) {
        long length = 1;
        for (long n : shape) {
            length *= n;
        }
        if (type != DataType.FLOAT || length == 0) {
            return Nd4j.createUninitializedDetached(type, shape);
        }
        Deque<DataBuffer> fitting = idle.get(length);
        DataBuffer buffer = fitting == null ? null : fitting.poll();
        if (buffer == null) {
            buffer = Nd4j.createBufferDetached(new long[] {length}, DataType.FLOAT);
        }
        lent.add(buffer);
        return Nd4j.create(buffer, shape, Nd4j.getStrides(shape, order), 0, order, type);
    }

    @Override
    public void release(INDArray array) {
        DataBuffer buffer = array.data();
        if (buffer != null && lent.remove(buffer)) {
            putBack(buffer);
        } else if (array.closeable()) {
            array.close();
        }
    }

    private void putBack(DataBuffer buffer) {
        idle.computeIfAbsent(buffer.length(), length -> new ArrayDeque<>()).push(buffer);
    }

    /** Takes back what a run left lent: its outputs, or everything if it broke off. */
    void endRun() {
        lent.forEach(this::putBack);
        lent.clear();
    }

    /** How many bytes are held. */
    long bytes() {
        return 4
                * (idle.values().stream()
                                .flatMap(Deque::stream)
                                .mapToLong(DataBuffer::length)
                                .sum()
                        + lent.stream().mapToLong(DataBuffer::length).sum());
    }

    @Override
    public void close() {
        endRun();
        idle.values().stream().flatMap(Deque::stream).forEach(DataBuffer::close);
        idle.clear();
    }
}

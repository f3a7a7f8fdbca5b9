// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.efficientsegnet.nn.weights.HalfPrecision;

/** What one worker needs to run a program's calls: a stream, native arguments, and where its buffers lie. */
final class Worker implements AutoCloseable {

    private final int number;
    private final Buffers buffers;
    private final NativeObjects natives = new NativeObjects();
    private final stream stream = natives.keep(new stream(OneDnn.CPU));
    private BytePointer bytes;
    private FloatPointer floats;
    private ShortPointer shorts;
    private float[] read = {};

    /**
     * @param number from 0
     * @param buffers of the program
     */
    Worker(int number, Buffers buffers) {
        this.number = number;
        this.buffers = buffers;
    }

    int number() {
        return number;
    }

    stream stream() {
        return stream;
    }

    /** Says where the program's memory begins. */
    void begin(BytePointer start) {
        if (bytes == null || bytes.position(0).address() != start.address()) {
            bytes = new BytePointer(start);
            floats = new FloatPointer(start);
            shorts = new ShortPointer(start);
        }
    }

    /** Takes ownership. */
    <P extends Pointer> P keep(P pointer) {
        return natives.keep(pointer);
    }

    /** A memory object that {@link #move} places. */
    memory memory(memory.desc layout) {
        return keep(new memory(layout, OneDnn.CPU, new Pointer()));
    }

    void move(memory memory, Place place) {
        memory.set_data_handle(bytes.position(buffers.offset(place, number)));
    }

    /**
     * Numbers at a place, in an array of the worker's that the next call writes over.
     *
     * @param type 32-bit or BF16
     */
    float[] numbers(Place place, int count, memory.data_type type) {
        if (read.length < count) {
            read = new float[count];
        }
        if (type == memory.data_type.f32) {
            floats(place).get(read, 0, count);
            return read;
        }
        short[] halves = new short[count];
        shorts.position(buffers.offset(place, number) / Short.BYTES).get(halves);
        for (int i = 0; i < count; i++) {
            read[i] = HalfPrecision.bfloat16ToFloat(halves[i]);
        }
        return read;
    }

    /** 32-bit numbers at a place, until the next call. */
    FloatPointer floats(Place place) {
        return floats.position(buffers.offset(place, number) / Float.BYTES);
    }

    @Override
    public void close() {
        natives.close();
    }
}

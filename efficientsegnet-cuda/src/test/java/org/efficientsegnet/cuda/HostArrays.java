// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.nn.weights.HalfPrecision;

/** Arrays that kernels on the host read and write, and the context they run in. */
final class HostArrays implements AutoCloseable {

    private final Device device = Device.open(Device.HOST, 2);
    private final List<Pointer> pointers = new ArrayList<>();

    long context() {
        return device.context();
    }

    <P extends Pointer> P keep(P pointer) {
        pointers.add(pointer);
        return pointer;
    }

    FloatPointer floats(float... values) {
        return keep(new FloatPointer(values));
    }

    FloatPointer floats(long n) {
        return keep(new FloatPointer(n));
    }

    ShortPointer shorts(short... values) {
        return keep(new ShortPointer(values));
    }

    ShortPointer shorts(long n) {
        return keep(new ShortPointer(n));
    }

    IntPointer ints(int... values) {
        return keep(new IntPointer(values));
    }

    IntPointer ints(long n) {
        return keep(new IntPointer(n));
    }

    DoublePointer doubles(long n) {
        return keep(new DoublePointer(n));
    }

    LongPointer longs(long n) {
        return keep(new LongPointer(n));
    }

    BytePointer bytes(byte... values) {
        return keep(new BytePointer(values));
    }

    /** Values in one of the 16-bit formats: 0 is FP16, 1 is BF16. Aligned as kernels that read vectors want it. */
    ShortPointer narrow(int type, float[] values) {
        ShortPointer narrowed = aligned(values.length);
        for (int i = 0; i < values.length; i++) {
            narrowed.put(
                    i, type == 0 ? HalfPrecision.floatToHalf(values[i]) : HalfPrecision.floatToBfloat16(values[i]));
        }
        return narrowed;
    }

    ShortPointer aligned(long n) {
        long[] address = new long[1];
        Device.check(CudaLibrary.esn_allocate_pinned(context(), 2 * n + 16, address));
        return keep(new Allocated(context(), address[0], 2 * n).shorts());
    }

    private static final class Allocated extends Pointer {
        Allocated(long context, long address, long bytes) {
            this.address = address;
            this.limit = bytes;
            this.capacity = bytes;
            deallocator(() -> Device.check(CudaLibrary.esn_free_pinned(context, address)));
        }

        ShortPointer shorts() {
            return new ShortPointer(this);
        }
    }

    static float[] widen(int type, ShortPointer values, int n) {
        float[] widened = new float[n];
        for (int i = 0; i < n; i++) {
            widened[i] =
                    type == 0 ? HalfPrecision.halfToFloat(values.get(i)) : HalfPrecision.bfloat16ToFloat(values.get(i));
        }
        return widened;
    }

    /** The same values after rounding to the format. */
    static float[] rounded(int type, float[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            rounded[i] = type == 0
                    ? HalfPrecision.halfToFloat(HalfPrecision.floatToHalf(values[i]))
                    : HalfPrecision.bfloat16ToFloat(HalfPrecision.floatToBfloat16(values[i]));
        }
        return rounded;
    }

    /** Interpolation tables from one extent to another, axis after axis. */
    long[] tables(int[] from, int[] to) {
        long[] tables = new long[3];
        for (int axis = 0; axis < 3; axis++) {
            tables[axis] = longs(to[axis]).address();
            Device.check(CudaLibrary.esn_axis_table(context(), from[axis], to[axis], tables[axis]));
        }
        return tables;
    }

    @Override
    public void close() {
        pointers.forEach(Pointer::close);
        device.close();
    }
}

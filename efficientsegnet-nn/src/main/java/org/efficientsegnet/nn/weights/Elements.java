// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;

/** Array elements as files store them, little-endian, and as Java arrays. */
final class Elements {

    /** How many bytes are worked on at once: enough to be quick, little enough to stay in a cache. */
    static final int CHUNK = 1 << 18;

    /** The longest array that every JVM can make. */
    static final int MOST = Integer.MAX_VALUE - 8;

    private Elements() {}

    /** An array for elements of a type: floats for the types of 16 and 32 bits, doubles for F64, else integers. */
    static Object allocate(DType dtype, int count) {
        return switch (dtype) {
            case BOOL, U8, I8 -> new byte[count];
            case U16, I16 -> new short[count];
            case U32, I32 -> new int[count];
            case U64, I64 -> new long[count];
            case F16, BF16, F32 -> new float[count];
            case F64 -> new double[count];
        };
    }

    /** Decodes little-endian elements into an array that {@link #allocate} made. */
    static void decode(DType dtype, byte[] chunk, int bytes, Object values, int at, int count) {
        ByteBuffer from = ByteBuffer.wrap(chunk, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (dtype) {
            case BOOL, U8, I8 -> from.get((byte[]) values, at, count);
            case U16, I16 -> from.asShortBuffer().get((short[]) values, at, count);
            case U32, I32 -> from.asIntBuffer().get((int[]) values, at, count);
            case U64, I64 -> from.asLongBuffer().get((long[]) values, at, count);
            case F32 -> from.asFloatBuffer().get((float[]) values, at, count);
            case F64 -> from.asDoubleBuffer().get((double[]) values, at, count);
            case F16 -> {
                short[] halves = shorts(from, count);
                float[] floats = (float[]) values;
                for (int i = 0; i < count; i++) {
                    floats[at + i] = HalfPrecision.halfToFloat(halves[i]);
                }
            }
            case BF16 -> {
                short[] halves = shorts(from, count);
                float[] floats = (float[]) values;
                for (int i = 0; i < count; i++) {
                    floats[at + i] = HalfPrecision.bfloat16ToFloat(halves[i]);
                }
            }
        }
    }

    /** In an array, which a loop reads much faster than a buffer before Java has compiled it well. */
    private static short[] shorts(ByteBuffer from, int count) {
        short[] shorts = new short[count];
        from.asShortBuffer().get(shorts);
        return shorts;
    }

    /** Decodes little-endian elements of a type that PyTorch stores to floats; what a float cannot hold is rounded. */
    static void decodeToFloats(DType dtype, byte[] chunk, int bytes, float[] values, int at, int count) {
        ByteBuffer from = ByteBuffer.wrap(chunk, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (dtype) {
            case F16, BF16, F32 -> decode(dtype, chunk, bytes, values, at, count);
            case F64 -> {
                DoubleBuffer doubles = from.asDoubleBuffer();
                for (int i = 0; i < count; i++) {
                    values[at + i] = (float) doubles.get(i);
                }
            }
            case BOOL, U8, I8 -> {
                int mask = dtype == DType.I8 ? -1 : 0xff;
                for (int i = 0; i < count; i++) {
                    values[at + i] = chunk[i] & mask;
                }
            }
            case I16 -> {
                ShortBuffer shorts = from.asShortBuffer();
                for (int i = 0; i < count; i++) {
                    values[at + i] = shorts.get(i);
                }
            }
            case I32 -> {
                IntBuffer ints = from.asIntBuffer();
                for (int i = 0; i < count; i++) {
                    values[at + i] = ints.get(i);
                }
            }
            case I64 -> {
                LongBuffer longs = from.asLongBuffer();
                for (int i = 0; i < count; i++) {
                    values[at + i] = longs.get(i);
                }
            }
            case U16, U32, U64 -> throw new IllegalArgumentException("no storage holds " + dtype);
        }
    }

    /** Encodes elements of such an array as little-endian bytes. */
    static void encode(DType dtype, Object values, int at, int count, ByteBuffer to) {
        switch (dtype) {
            case BOOL, U8, I8 -> to.put((byte[]) values, at, count);
            case U16, I16 -> to.asShortBuffer().put((short[]) values, at, count);
            case U32, I32 -> to.asIntBuffer().put((int[]) values, at, count);
            case U64, I64 -> to.asLongBuffer().put((long[]) values, at, count);
            case F32 -> to.asFloatBuffer().put((float[]) values, at, count);
            case F64 -> to.asDoubleBuffer().put((double[]) values, at, count);
            case F16 -> {
                float[] floats = (float[]) values;
                for (int i = 0; i < count; i++) {
                    to.putShort(HalfPrecision.floatToHalf(floats[at + i]));
                }
            }
            case BF16 -> {
                float[] floats = (float[]) values;
                for (int i = 0; i < count; i++) {
                    to.putShort(HalfPrecision.floatToBfloat16(floats[at + i]));
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.raster;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import org.efficientsegnet.volume.Voxels;

/**
 * A primitive array that grows while bytes arrive and becomes {@link Voxels}. Different threads may fill different
 * parts of what has been reserved.
 */
abstract class VoxelBuffer {

    /** An empty one for an element type. */
    static VoxelBuffer of(ElementType type) {
        return switch (type) {
            case UINT8, INT8 -> new OfBytes(type == ElementType.UINT8);
            case UINT16, INT16 -> new OfShorts(type == ElementType.UINT16);
            case UINT32, INT32 -> new OfInts(type == ElementType.UINT32);
            case FLOAT32, FLOAT64, INT64, UINT64 -> new OfFloats(type);
        };
    }

    /** Makes room for so many voxels and keeps those that are there. */
    abstract void reserve(int voxels);

    /**
     * Converts and stores whole elements.
     *
     * @param at where the first goes; the room must have been reserved
     * @param from in the file's byte order, a multiple of the element's size
     */
    abstract void put(int at, ByteBuffer from);

    /** The array, which must be full. */
    abstract Voxels voxels();

    /** The array itself if elements are bytes, so that they can be read in place; else null. */
    byte[] bytes() {
        return null;
    }

    private static final class OfBytes extends VoxelBuffer {
        private final boolean unsigned;
        private byte[] array = {};

        OfBytes(boolean unsigned) {
            this.unsigned = unsigned;
        }

        @Override
        void reserve(int voxels) {
            array = array.length == 0 ? new byte[voxels] : Arrays.copyOf(array, voxels);
        }

        @Override
        void put(int at, ByteBuffer from) {
            from.get(array, at, from.remaining());
        }

        @Override
        Voxels voxels() {
            return new Voxels.Bytes(array, unsigned);
        }

        @Override
        byte[] bytes() {
            return array;
        }
    }

    private static final class OfShorts extends VoxelBuffer {
        private final boolean unsigned;
        private short[] array = {};

        OfShorts(boolean unsigned) {
            this.unsigned = unsigned;
        }

        @Override
        void reserve(int voxels) {
            array = array.length == 0 ? new short[voxels] : Arrays.copyOf(array, voxels);
        }

        @Override
        void put(int at, ByteBuffer from) {
            from.asShortBuffer().get(array, at, from.remaining() / Short.BYTES);
        }

        @Override
        Voxels voxels() {
            return new Voxels.Shorts(array, unsigned);
        }
    }

    private static final class OfInts extends VoxelBuffer {
        private final boolean unsigned;
        private int[] array = {};

        OfInts(boolean unsigned) {
            this.unsigned = unsigned;
        }

        @Override
        void reserve(int voxels) {
            array = array.length == 0 ? new int[voxels] : Arrays.copyOf(array, voxels);
        }

        @Override
        void put(int at, ByteBuffer from) {
            from.asIntBuffer().get(array, at, from.remaining() / Integer.BYTES);
        }

        @Override
        Voxels voxels() {
            return new Voxels.Ints(array, unsigned);
        }
    }

    private static final class OfFloats extends VoxelBuffer {
        private final ElementType type;
        private float[] array = {};

        OfFloats(ElementType type) {
            this.type = type;
        }

        @Override
        void reserve(int voxels) {
            array = array.length == 0 ? new float[voxels] : Arrays.copyOf(array, voxels);
        }

        @Override
        void put(int at, ByteBuffer from) {
            int count = from.remaining() / type.bytes();
            switch (type) {
                case FLOAT64 -> {
                    DoubleBuffer doubles = from.asDoubleBuffer();
                    for (int i = 0; i < count; i++) {
                        array[at + i] = (float) doubles.get(i);
                    }
                }
                case INT64 -> {
                    LongBuffer longs = from.asLongBuffer();
                    for (int i = 0; i < count; i++) {
                        array[at + i] = longs.get(i);
                    }
                }
                case UINT64 -> {
                    LongBuffer longs = from.asLongBuffer();
                    for (int i = 0; i < count; i++) {
                        long value = longs.get(i);
                        // Halved with the lowest bit kept for rounding, where the sign bit is meant as 2^63.
                        array[at + i] = value >= 0 ? value : (value >>> 1 | value & 1) * 2f;
                    }
                }
                default -> from.asFloatBuffer().get(array, at, count);
            }
        }

        @Override
        Voxels voxels() {
            return new Voxels.Floats(array);
        }
    }
}

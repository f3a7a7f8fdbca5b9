// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

/**
 * The stored values of a scan, in the type that the file had, C order z, y, x. A volume keeps this array and copies
 * nothing; every step that needs floats converts a row at a time.
 *
 * <p>The arrays are the caller's: whoever changes them afterwards changes the volume.
 */
public sealed interface Voxels {

    /** How many values there are. */
    int length();

    /** A stored value, before slope and intercept. */
    float get(int index);

    /**
     * Converts a run of values.
     *
     * @param from index of the first value
     * @param stride distance between values, may be negative
     * @param to receives them
     * @param at where the first goes
     * @param count how many
     */
    void copyTo(int from, int stride, float[] to, int at, int count);

    /** The name of the type, as array libraries write it: {@code int16}, {@code uint8}, {@code float32}. */
    String typeName();

    /** Bytes a value takes. */
    int bytesPerVoxel();

    /**
     * 8-bit integers.
     *
     * @param values the array
     * @param unsigned whether 255 is meant, not -1
     */
    record Bytes(byte[] values, boolean unsigned) implements Voxels {
        @Override
        public int length() {
            return values.length;
        }

        @Override
        public float get(int index) {
            return unsigned ? values[index] & 0xff : values[index];
        }

        @Override
        public void copyTo(int from, int stride, float[] to, int at, int count) {
            int mask = unsigned ? 0xff : -1;
            if (stride == 1) {
                for (int i = 0; i < count; i++) {
                    to[at + i] = values[from + i] & mask;
                }
            } else {
                for (int i = 0, p = from; i < count; i++, p += stride) {
                    to[at + i] = values[p] & mask;
                }
            }
        }

        @Override
        public String typeName() {
            return unsigned ? "uint8" : "int8";
        }

        @Override
        public int bytesPerVoxel() {
            return 1;
        }
    }

    /**
     * 16-bit integers.
     *
     * @param values the array
     * @param unsigned whether 65535 is meant, not -1
     */
    record Shorts(short[] values, boolean unsigned) implements Voxels {
        @Override
        public int length() {
            return values.length;
        }

        @Override
        public float get(int index) {
            return unsigned ? values[index] & 0xffff : values[index];
        }

        @Override
        public void copyTo(int from, int stride, float[] to, int at, int count) {
            int mask = unsigned ? 0xffff : -1;
            if (stride == 1) {
                for (int i = 0; i < count; i++) {
                    to[at + i] = values[from + i] & mask;
                }
            } else {
                for (int i = 0, p = from; i < count; i++, p += stride) {
                    to[at + i] = values[p] & mask;
                }
            }
        }

        @Override
        public String typeName() {
            return unsigned ? "uint16" : "int16";
        }

        @Override
        public int bytesPerVoxel() {
            return 2;
        }
    }

    /**
     * 32-bit integers.
     *
     * @param values the array
     * @param unsigned whether 4294967295 is meant, not -1
     */
    record Ints(int[] values, boolean unsigned) implements Voxels {
        @Override
        public int length() {
            return values.length;
        }

        @Override
        public float get(int index) {
            return unsigned ? Integer.toUnsignedLong(values[index]) : values[index];
        }

        @Override
        public void copyTo(int from, int stride, float[] to, int at, int count) {
            long mask = unsigned ? 0xffffffffL : -1L;
            for (int i = 0, p = from; i < count; i++, p += stride) {
                to[at + i] = values[p] & mask;
            }
        }

        @Override
        public String typeName() {
            return unsigned ? "uint32" : "int32";
        }

        @Override
        public int bytesPerVoxel() {
            return 4;
        }
    }

    /**
     * 32-bit floating point; wider types are read into this one.
     *
     * @param values the array
     */
    record Floats(float[] values) implements Voxels {
        @Override
        public int length() {
            return values.length;
        }

        @Override
        public float get(int index) {
            return values[index];
        }

        @Override
        public void copyTo(int from, int stride, float[] to, int at, int count) {
            if (stride == 1) {
                System.arraycopy(values, from, to, at, count);
            } else {
                for (int i = 0, p = from; i < count; i++, p += stride) {
                    to[at + i] = values[p];
                }
            }
        }

        @Override
        public String typeName() {
            return "float32";
        }

        @Override
        public int bytesPerVoxel() {
            return 4;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

/**
 * Labels in the type that they are stored in; 0 is background. The arrays are the caller's and are not copied: whoever
 * changes them afterwards changes the labels.
 */
public sealed interface LabelArray {

    /** How many there are. */
    int length();

    /** The label at an index. */
    int get(int index);

    /** How many bits a label has: 1, 8, 16 or 32. */
    int bits();

    /** The largest label that can be stored. */
    default int largest() {
        return bits() == 32 ? Integer.MAX_VALUE : (1 << bits()) - 1;
    }

    /**
     * Writes a label.
     *
     * @throws LabelOverflowException if it does not fit
     */
    default void set(int index, int label) {
        require(label);
        put(index, label);
    }

    /**
     * Checks that a label can be stored.
     *
     * @throws LabelOverflowException if not
     */
    default void require(int label) {
        if (bits() < 32 && (label < 0 || label > largest())) {
            throw new LabelOverflowException(label, bits());
        }
    }

    /** Writes a label that is known to fit. */
    void put(int index, int label);

    /** Writes a label that is known to fit to all places from one up to another. */
    void fill(int from, int to, int label);

    /**
     * Zeros of the smallest type that holds labels up to one.
     *
     * @param largest the largest label, at least 0
     * @param length how many
     */
    static LabelArray zeros(int largest, int length) {
        if (largest < 0) {
            throw new IllegalArgumentException("the largest label " + largest + " is below zero");
        }
        return largest < 1 << 8
                ? new Bytes(new byte[length])
                : largest < 1 << 16 ? new Shorts(new short[length]) : new Ints(new int[length]);
    }

    /**
     * Labels from 0 to 255.
     *
     * @param values unsigned
     */
    record Bytes(byte[] values) implements LabelArray {
        @Override
        public int length() {
            return values.length;
        }

        @Override
        public int get(int index) {
            return values[index] & 0xff;
        }

        @Override
        public int bits() {
            return 8;
        }

        @Override
        public void put(int index, int label) {
            values[index] = (byte) label;
        }

        @Override
        public void fill(int from, int to, int label) {
            for (int i = from; i < to; i++) {
                values[i] = (byte) label;
            }
        }
    }

    /**
     * Labels from 0 to 65,535.
     *
     * @param values unsigned
     */
    record Shorts(short[] values) implements LabelArray {
        @Override
        public int length() {
            return values.length;
        }

        @Override
        public int get(int index) {
            return values[index] & 0xffff;
        }

        @Override
        public int bits() {
            return 16;
        }

        @Override
        public void put(int index, int label) {
            values[index] = (short) label;
        }

        @Override
        public void fill(int from, int to, int label) {
            for (int i = from; i < to; i++) {
                values[i] = (short) label;
            }
        }
    }

    /**
     * Labels of 32 bits; negative ones are labels like others.
     *
     * @param values signed
     */
    record Ints(int[] values) implements LabelArray {
        @Override
        public int length() {
            return values.length;
        }

        @Override
        public int get(int index) {
            return values[index];
        }

        @Override
        public int bits() {
            return 32;
        }

        @Override
        public void put(int index, int label) {
            values[index] = label;
        }

        @Override
        public void fill(int from, int to, int label) {
            for (int i = from; i < to; i++) {
                values[i] = label;
            }
        }
    }

    /**
     * One bit of every byte: label 1 where it is set. The other bits are left as they are.
     *
     * @param masks a byte a voxel
     * @param bit which bit of it, 0 to 7
     */
    record MaskBit(byte[] masks, int bit) implements LabelArray {
        /** @throws IllegalArgumentException if there is no such bit */
        public MaskBit {
            if (bit < 0 || bit > 7) {
                throw new IllegalArgumentException("a byte has bits 0 to 7, not " + bit);
            }
        }

        @Override
        public int length() {
            return masks.length;
        }

        @Override
        public int get(int index) {
            return masks[index] >>> bit & 1;
        }

        @Override
        public int bits() {
            return 1;
        }

        @Override
        public void put(int index, int label) {
            masks[index] = (byte) (masks[index] & ~(1 << bit) | label << bit);
        }

        @Override
        public void fill(int from, int to, int label) {
            int keep = ~(1 << bit);
            int set = label << bit;
            for (int i = from; i < to; i++) {
                masks[i] = (byte) (masks[i] & keep | set);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

/** The arrays of the caller of the run on its way: 32-bit, channel after channel. */
final class CallerArrays {

    private float[] input;
    private float[] logits;

    void set(float[] input, float[] logits) {
        this.input = input;
        this.logits = logits;
    }

    /**
     * Copies a part of the input to native memory, channel after channel of the part.
     *
     * @param first voxel of the part
     * @param voxels of the part
     * @param channels of the array
     * @param whole voxels of the array
     */
    Read read(Place to, long first, long voxels, int channels, long whole) {
        return new Read(this, to, (int) first, (int) voxels, channels, (int) whole);
    }

    /** Copies a part of the logits out of native memory; as {@link #read}. */
    Write write(Place from, long first, long voxels, int channels, long whole) {
        return new Write(this, from, (int) first, (int) voxels, channels, (int) whole);
    }

    /** What {@link CallerArrays#read} describes. */
    record Read(CallerArrays arrays, Place to, int first, int voxels, int channels, int whole) implements Call {
        @Override
        public void run(Worker worker) {
            for (int c = 0; c < channels; c++) {
                worker.floats(to.plus((long) c * voxels * Float.BYTES)).put(arrays.input, c * whole + first, voxels);
            }
        }

        @Override
        public String implementation() {
            return "copy";
        }
    }

    /** What {@link CallerArrays#write} describes. */
    record Write(CallerArrays arrays, Place from, int first, int voxels, int channels, int whole) implements Call {
        @Override
        public void run(Worker worker) {
            for (int c = 0; c < channels; c++) {
                worker.floats(from.plus((long) c * voxels * Float.BYTES)).get(arrays.logits, c * whole + first, voxels);
            }
        }

        @Override
        public String implementation() {
            return "copy";
        }
    }
}

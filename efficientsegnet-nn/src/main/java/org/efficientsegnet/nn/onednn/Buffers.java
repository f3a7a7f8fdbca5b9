// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

/**
 * Where each buffer of a program lies. Immutable.
 *
 * @param offsets of each, bytes from the begin of the program's memory
 * @param perWorker how many bytes each worker has of it; 0 if all share it
 */
record Buffers(long[] offsets, long[] perWorker) {

    /** Where a place is for a worker, bytes from the begin of the program's memory. */
    long offset(Place place, int worker) {
        return offsets[place.buffer()] + worker * perWorker[place.buffer()] + place.offset();
    }
}

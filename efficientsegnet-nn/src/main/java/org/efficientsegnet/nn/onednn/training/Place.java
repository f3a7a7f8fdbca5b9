// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

/**
 * Where an argument of a kernel lies: in one region, or in one of each worker.
 *
 * @param regions one, or as many as there are workers
 * @param offset from its begin, bytes
 */
record Place(Region[] regions, long offset) {

    long address(int worker) {
        return regions[regions.length == 1 ? 0 : worker].address() + offset;
    }

    /** A place further on in the same region. */
    Place plus(long bytes) {
        return new Place(regions, offset + bytes);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

/**
 * Where something lies: in a buffer of the program, or, where each worker has one of its own, in that of the worker at
 * work.
 *
 * @param buffer number of the buffer
 * @param offset bytes from its begin
 */
record Place(int buffer, long offset) {

    /** So many bytes further. */
    Place plus(long bytes) {
        return new Place(buffer, offset + bytes);
    }
}

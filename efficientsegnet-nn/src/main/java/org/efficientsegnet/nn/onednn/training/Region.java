// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

/**
 * Memory that lives from one phase of a {@link TrainingProgram} to another. It has an address once the program has its
 * memory. Not thread-safe while a program is built; only read while it runs.
 */
final class Region {

    private final long bytes;
    private int first;
    private int last;
    private long address;

    /**
     * A region that is used by one phase so far.
     *
     * @param bytes its size
     * @param phase the number of the phase
     */
    Region(long bytes, int phase) {
        this.bytes = bytes;
        this.first = phase;
        this.last = phase;
    }

    /** Memory that is not the program's to place. */
    static Region fixed(long bytes, long address) {
        Region region = new Region(bytes, 0);
        region.address = address;
        return region;
    }

    /** Another phase uses it. */
    void use(int phase) {
        first = Math.min(first, phase);
        last = Math.max(last, phase);
    }

    long bytes() {
        return bytes;
    }

    int first() {
        return first;
    }

    int last() {
        return last;
    }

    long address() {
        return address;
    }

    void lieAt(long where) {
        address = where;
    }

    /** A place in it. */
    Place at(long offset) {
        return new Place(new Region[] {this}, offset);
    }
}

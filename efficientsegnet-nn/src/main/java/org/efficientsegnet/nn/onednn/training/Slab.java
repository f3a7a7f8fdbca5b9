// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.List;

/**
 * Slices, or elements, from one to before another.
 *
 * @param from the first
 * @param to after the last
 */
record Slab(int from, int to) {

    int size() {
        return to - from;
    }

    /** Cuts an extent into slabs of one size, but for the last, which may be smaller. */
    static List<Slab> of(int extent, int size) {
        List<Slab> slabs = new ArrayList<>();
        for (int from = 0; from < extent; from += size) {
            slabs.add(new Slab(from, Math.min(extent, from + size)));
        }
        return slabs;
    }

    /** Cuts an extent into about so many slabs of one size, a multiple of the unit, but for the last. */
    static List<Slab> about(int count, int extent, int unit) {
        int size = (extent + count - 1) / count;
        return of(extent, Math.max(1, (size + unit - 1) / unit) * unit);
    }
}

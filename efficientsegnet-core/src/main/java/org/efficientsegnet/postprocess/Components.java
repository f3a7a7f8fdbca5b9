// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import org.efficientsegnet.labels.ConnectedComponent;
import org.efficientsegnet.labels.ConnectedComponents;
import org.efficientsegnet.labels.Connectivity;
import org.efficientsegnet.labels.LabelArray;
import org.efficientsegnet.labels.LabelGrid;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Face;
import org.efficientsegnet.volume.Shape;

/**
 * The filter that keeps the largest components of a class, 26-connected: voxels that share a face, an edge or a corner
 * belong together. Thread-safe but for the array that is passed.
 */
public final class Components {

    private Components() {}

    /**
     * Clears a bit of a mask wherever it does not belong to one of the largest components.
     *
     * @param masks a byte a voxel, C order z, y, x; changed in place, but for the other bits
     * @param bit which bit of it, 0 to 7
     * @param shape its extent
     * @param keep how many components are kept at most
     * @param minVoxels only components of more voxels than this are kept
     * @param p the threads
     * @return those kept, the largest first, of equal ones that whose first voxel comes first
     * @throws IllegalArgumentException if the array has not a byte a voxel or there is no such bit
     */
    public static List<Component> keepLargest(
            byte[] masks, int bit, Shape shape, int keep, double minVoxels, Parallelism p) {
        LabelGrid grid = LabelGrid.of(shape, new LabelArray.MaskBit(masks, bit));
        ConnectedComponents found = ConnectedComponents.of(grid, Connectivity.CORNERS, p);
        BitSet kept = new BitSet();
        found.largest(keep, minVoxels).forEach(kept::set);
        found.clear(number -> !kept.get(number), p);
        return found.list(kept::get).stream()
                .sorted(Comparator.comparingLong(component -> -component.voxels()))
                .map(component -> described(component, shape))
                .toList();
    }

    private static Component described(ConnectedComponent component, Shape shape) {
        return new Component(component.voxels(), component.box(), Face.touchedBy(component.box(), shape));
    }
}

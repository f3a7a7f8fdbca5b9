package org.efficientsegnet.labels;

import java.util.Arrays;
import java.util.Comparator;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/** The axes of a layout in the order in which they lie in memory. */
final class Strides {

    private Strides() {}

    /** The axes (0 is z, 1 is y, 2 is x), that with the longest stride first, those of equal stride in their order. */
    static int[] descending(Layout layout) {
        Integer[] order = {0, 1, 2};
        Arrays.sort(order, Comparator.comparingInt(axis -> -strideThatCounts(layout, axis)));
        return new int[] {order[0], order[1], order[2]};
    }

    /** An axis of one voxel has no neighbours, however near they would be. */
    private static int strideThatCounts(Layout layout, int axis) {
        return layout.shape().along(axis) == 1 ? Integer.MAX_VALUE : Math.abs(layout.stride(axis));
    }

    /** The same voxels with the axes in another order. */
    static Layout permuted(Layout layout, int[] axes) {
        Shape shape = layout.shape();
        return new Layout(
                new Shape(shape.along(axes[0]), shape.along(axes[1]), shape.along(axes[2])),
                layout.offset(),
                layout.stride(axes[0]),
                layout.stride(axes[1]),
                layout.stride(axes[2]));
    }
}

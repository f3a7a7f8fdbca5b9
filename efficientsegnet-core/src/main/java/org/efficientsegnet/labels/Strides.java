// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/** The axes of a layout in the order in which they lie in memory. */
final class Strides {

    private Strides() {}

    /** The axes, that with the longest stride first, those of equal stride in their order. */
    static List<Axis> descending(Layout layout) {
        return Stream.of(Axis.values())
                .sorted(Comparator.comparingInt(axis -> -strideThatCounts(layout, axis)))
                .toList();
    }

    /** An axis of one voxel has no neighbours, however near they would be. */
    private static int strideThatCounts(Layout layout, Axis axis) {
        return layout.shape().along(axis) == 1 ? Integer.MAX_VALUE : Math.abs(layout.stride(axis));
    }

    /** The same voxels with the axes in another order. */
    static Layout permuted(Layout layout, List<Axis> axes) {
        Shape shape = layout.shape();
        return new Layout(
                new Shape(shape.along(axes.get(0)), shape.along(axes.get(1)), shape.along(axes.get(2))),
                layout.offset(),
                layout.stride(axes.get(0)),
                layout.stride(axes.get(1)),
                layout.stride(axes.get(2)));
    }
}

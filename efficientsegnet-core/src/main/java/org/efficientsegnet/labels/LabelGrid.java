// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.Objects;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/**
 * Labels of a three-dimensional grid, axes z, y, x, lying in an array as a layout says. Immutable but for the array,
 * which is the caller's.
 *
 * @param array the labels
 * @param layout where in the array the voxels lie
 */
public record LabelGrid(LabelArray array, Layout layout) {

    /** @throws IllegalArgumentException if a voxel lies outside of the array */
    public LabelGrid {
        Objects.requireNonNull(array, "array");
        long lowest = layout.offset();
        long highest = layout.offset();
        Shape shape = layout.shape();
        for (Axis axis : Axis.values()) {
            long way = (long) (shape.along(axis) - 1) * layout.stride(axis);
            lowest += Math.min(0, way);
            highest += Math.max(0, way);
        }
        if (lowest < 0 || highest >= array.length()) {
            throw new IllegalArgumentException("a grid of " + shape + " reaches from index " + lowest + " to " + highest
                    + " of an array of " + array.length() + " labels");
        }
    }

    /** The labels of a map; changes of the one are changes of the other. */
    public static LabelGrid of(LabelMap map) {
        return of(map.shape(), new LabelArray.Bytes(map.labels()));
    }

    /**
     * Labels in C order z, y, x.
     *
     * @throws IllegalArgumentException if there are not as many labels as voxels
     */
    public static LabelGrid of(Shape shape, LabelArray labels) {
        shape.requireLength(labels.length(), "array");
        return new LabelGrid(labels, Layout.contiguous(shape));
    }

    /** The extent. */
    public Shape shape() {
        return layout.shape();
    }

    /** The label of a voxel; the caller vouches for the bounds. */
    public int label(int z, int y, int x) {
        return array.get(layout.index(z, y, x));
    }

    /**
     * The part inside a box.
     *
     * @throws IndexOutOfBoundsException if the box reaches outside
     */
    public LabelGrid crop(Box box) {
        return new LabelGrid(array, layout.crop(box));
    }

    /** The same voxels with the axes in another order or direction; see {@link Layout#reorient}. */
    public LabelGrid reorient(Orientation from, Orientation to) {
        return new LabelGrid(array, layout.reorient(from, to));
    }

    /** Copies a row along x. */
    void copyRow(int z, int y, int[] to) {
        int at = layout.index(z, y, 0);
        int stride = layout.strideX();
        int n = shape().x();
        if (array instanceof LabelArray.Bytes bytes) {
            byte[] values = bytes.values();
            for (int x = 0; x < n; x++) {
                to[x] = values[at + x * stride] & 0xff;
            }
        } else if (array instanceof LabelArray.Shorts shorts) {
            short[] values = shorts.values();
            for (int x = 0; x < n; x++) {
                to[x] = values[at + x * stride] & 0xffff;
            }
        } else if (array instanceof LabelArray.Ints ints) {
            int[] values = ints.values();
            for (int x = 0; x < n; x++) {
                to[x] = values[at + x * stride];
            }
        } else {
            for (int x = 0; x < n; x++) {
                to[x] = array.get(at + x * stride);
            }
        }
    }
}

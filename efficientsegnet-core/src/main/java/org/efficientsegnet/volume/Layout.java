// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

/**
 * How a grid lies in an array: where its first voxel is and how far the neighbours are. Flips, axis permutations and
 * crops are other layouts over the same array, so that no step has to copy voxels in order to turn them.
 *
 * @param shape the extent as seen through this layout
 * @param offset array index of voxel (0, 0, 0)
 * @param strideZ array distance between slices, may be negative
 * @param strideY array distance between rows, may be negative
 * @param strideX array distance between columns, may be negative
 */
public record Layout(Shape shape, int offset, int strideZ, int strideY, int strideX) {

    /** C order without gaps. */
    public static Layout contiguous(Shape shape) {
        shape.arrayLength();
        return new Layout(shape, 0, shape.y() * shape.x(), shape.x(), 1);
    }

    /** The array index of a voxel. */
    public int index(int z, int y, int x) {
        return offset + z * strideZ + y * strideY + x * strideX;
    }

    /** The distance in the array between neighbours along an axis. */
    public int stride(Axis axis) {
        return switch (axis) {
            case Z -> strideZ;
            case Y -> strideY;
            case X -> strideX;
        };
    }

    /** The axis whose neighbours are nearest in memory; x where that is left open. */
    public Axis contiguousAxis() {
        Axis best = Axis.X;
        for (Axis axis : Axis.xyz()) {
            boolean longer = shape.along(axis) > 1;
            boolean nearer = Math.abs(stride(axis)) < Math.abs(stride(best));
            if (longer && (nearer || shape.along(best) == 1)) {
                best = axis;
            }
        }
        return best;
    }

    /**
     * The part inside a box.
     *
     * @throws IndexOutOfBoundsException if the box reaches outside
     */
    public Layout crop(Box box) {
        if (box.z1() > shape.z() || box.y1() > shape.y() || box.x1() > shape.x()) {
            throw new IndexOutOfBoundsException("the box " + box + " reaches outside the grid of " + shape);
        }
        return new Layout(box.shape(), index(box.z0(), box.y0(), box.x0()), strideZ, strideY, strideX);
    }

    /**
     * The same voxels with the axes in another order or direction.
     *
     * @param from how this grid's axes lie in the patient
     * @param to how the result's axes shall lie
     */
    public Layout reorient(Orientation from, Orientation to) {
        int start = offset;
        int[] extent = new int[3];
        int[] stride = new int[3];
        for (Axis target : Axis.values()) {
            Axis source = from.axisAlong(to.direction(target));
            int n = shape.along(source);
            int s = stride(source);
            if (from.direction(source) != to.direction(target)) {
                start += (n - 1) * s;
                s = -s;
            }
            extent[target.ordinal()] = n;
            stride[target.ordinal()] = s;
        }
        return new Layout(new Shape(extent[0], extent[1], extent[2]), start, stride[0], stride[1], stride[2]);
    }
}

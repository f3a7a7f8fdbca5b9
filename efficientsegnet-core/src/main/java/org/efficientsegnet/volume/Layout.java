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

    /** The distance along an axis: 0 is z, 1 is y, 2 is x. */
    public int stride(int axis) {
        return switch (axis) {
            case 0 -> strideZ;
            case 1 -> strideY;
            case 2 -> strideX;
            default -> throw new IllegalArgumentException("axis " + axis);
        };
    }

    /** The axis whose neighbours are nearest in memory, 0 is z, 1 is y, 2 is x; x where that is left open. */
    public int contiguousAxis() {
        int best = 2;
        for (int axis = 1; axis >= 0; axis--) {
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
        // Orientations name the axes x, y, z; a layout counts them z, y, x.
        int start = offset;
        int[] extent = new int[3];
        int[] stride = new int[3];
        for (int t = 0; t < 3; t++) {
            int f = from.axisAlong(to.direction(t));
            int n = shape.along(2 - f);
            int s = stride(2 - f);
            if (from.direction(f) != to.direction(t)) {
                start += (n - 1) * s;
                s = -s;
            }
            extent[t] = n;
            stride[t] = s;
        }
        return new Layout(new Shape(extent[2], extent[1], extent[0]), start, stride[2], stride[1], stride[0]);
    }
}

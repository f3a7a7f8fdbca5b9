package org.efficientsegnet.volume;

/**
 * An axis-aligned box of voxels, half open: the start belongs to it, the end does not. Axes z, y, x.
 *
 * @param z0 first slice
 * @param y0 first row
 * @param x0 first column
 * @param z1 one past the last slice
 * @param y1 one past the last row
 * @param x1 one past the last column
 */
public record Box(int z0, int y0, int x0, int z1, int y1, int x1) {

    /** @throws IllegalArgumentException if the box is empty or starts below zero */
    public Box {
        if (z0 < 0 || y0 < 0 || x0 < 0 || z1 <= z0 || y1 <= y0 || x1 <= x0) {
            throw new IllegalArgumentException("not a box of at least one voxel: z " + z0 + ".." + z1 + ", y " + y0
                    + ".." + y1 + ", x " + x0 + ".." + x1);
        }
    }

    /** The whole of a grid. */
    public static Box of(Shape shape) {
        return new Box(0, 0, 0, shape.z(), shape.y(), shape.x());
    }

    /** The extent. */
    public Shape shape() {
        return new Shape(z1 - z0, y1 - y0, x1 - x0);
    }

    /** The first voxel along an axis: 0 is z, 1 is y, 2 is x. */
    public int start(int axis) {
        return switch (axis) {
            case 0 -> z0;
            case 1 -> y0;
            case 2 -> x0;
            default -> throw new IllegalArgumentException("axis " + axis);
        };
    }

    /** One past the last voxel along an axis: 0 is z, 1 is y, 2 is x. */
    public int end(int axis) {
        return switch (axis) {
            case 0 -> z1;
            case 1 -> y1;
            case 2 -> x1;
            default -> throw new IllegalArgumentException("axis " + axis);
        };
    }

    @Override
    public String toString() {
        return "z " + z0 + ".." + z1 + ", y " + y0 + ".." + y1 + ", x " + x0 + ".." + x1;
    }
}

// SPDX-License-Identifier: Apache-2.0
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

    /** The first voxel along an axis. */
    public int start(Axis axis) {
        return switch (axis) {
            case Z -> z0;
            case Y -> y0;
            case X -> x0;
        };
    }

    /** One past the last voxel along an axis. */
    public int end(Axis axis) {
        return switch (axis) {
            case Z -> z1;
            case Y -> y1;
            case X -> x1;
        };
    }

    /** The least box that holds both. */
    public Box union(Box other) {
        return new Box(
                Math.min(z0, other.z0),
                Math.min(y0, other.y0),
                Math.min(x0, other.x0),
                Math.max(z1, other.z1),
                Math.max(y1, other.y1),
                Math.max(x1, other.x1));
    }

    /**
     * The same voxels on a grid whose axes lie in another order or direction; see {@link Layout#reorient}.
     *
     * @param shape the extent of the grid that this box lies in
     * @param from how that grid's axes lie in the patient
     * @param to how the result's axes lie
     */
    public Box reorient(Shape shape, Orientation from, Orientation to) {
        int[] start = new int[3];
        int[] end = new int[3];
        for (Axis target : Axis.values()) {
            Axis source = from.axisAlong(to.direction(target));
            int n = shape.along(source);
            boolean flipped = from.direction(source) != to.direction(target);
            start[target.ordinal()] = flipped ? n - end(source) : start(source);
            end[target.ordinal()] = flipped ? n - start(source) : end(source);
        }
        return new Box(start[0], start[1], start[2], end[0], end[1], end[2]);
    }

    @Override
    public String toString() {
        return "z " + z0 + ".." + z1 + ", y " + y0 + ".." + y1 + ", x " + x0 + ".." + x1;
    }
}

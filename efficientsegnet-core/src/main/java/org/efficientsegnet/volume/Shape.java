// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.Objects;

/**
 * The extent of a three-dimensional grid in voxels, axes z, y, x; x is contiguous in memory.
 *
 * @param z number of slices, at least 1
 * @param y number of rows, at least 1
 * @param x number of columns, at least 1
 */
public record Shape(int z, int y, int x) {

    /** @throws IllegalArgumentException if an extent is below 1 */
    public Shape {
        if (z < 1 || y < 1 || x < 1) {
            throw new IllegalArgumentException("a grid needs at least one voxel an axis, not " + z + "x" + y + "x" + x);
        }
    }

    /** A cube of {@code n} voxels an axis. */
    public static Shape cube(int n) {
        return new Shape(n, n, n);
    }

    /** The number of voxels. */
    public long voxels() {
        return (long) z * y * x;
    }

    /**
     * The number of voxels as an array length.
     *
     * @throws IllegalArgumentException if one Java array cannot hold that many
     */
    public int arrayLength() {
        long n = voxels();
        if (n > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("a grid of " + this + " voxels does not fit into one array");
        }
        return (int) n;
    }

    /** The extent along an axis. */
    public int along(Axis axis) {
        return switch (axis) {
            case Z -> z;
            case Y -> y;
            case X -> x;
        };
    }

    /**
     * Checks that an array has a value for every voxel.
     *
     * @param length of the array
     * @param what it holds, for the message
     * @throws IllegalArgumentException if it has more or fewer
     */
    public void requireLength(int length, String what) {
        if (length != voxels()) {
            throw new IllegalArgumentException(
                    "a grid of " + this + " has " + voxels() + " voxels, the " + what + " " + length);
        }
    }

    /** The position of a voxel in an array of this shape; the caller vouches for the bounds. */
    public int index(int z, int y, int x) {
        return (z * this.y + y) * this.x + x;
    }

    /**
     * The position of a voxel in an array of this shape.
     *
     * @throws IndexOutOfBoundsException if it lies outside
     */
    int checkedIndex(int z, int y, int x) {
        return index(Objects.checkIndex(z, this.z), Objects.checkIndex(y, this.y), Objects.checkIndex(x, this.x));
    }

    @Override
    public String toString() {
        return z + "x" + y + "x" + x;
    }
}

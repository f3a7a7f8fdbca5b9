// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.Optional;

/**
 * The least box around voxels that are found one after another, in whatever order. Not thread-safe: each thread finds
 * its own, and they are {@link #add(Bounds) joined}.
 */
public final class Bounds {

    private int z0 = Integer.MAX_VALUE;
    private int z1;
    private int y0 = Integer.MAX_VALUE;
    private int y1;
    private int x0 = Integer.MAX_VALUE;
    private int x1;

    /** Around nothing. */
    public Bounds() {}

    /**
     * Widens the box to a run of voxels in a row.
     *
     * @param z the slice
     * @param y the row
     * @param start the first column, at least 0
     * @param end one past the last column, above {@code start}
     */
    public void add(int z, int y, int start, int end) {
        z0 = Math.min(z0, z);
        z1 = Math.max(z1, z + 1);
        y0 = Math.min(y0, y);
        y1 = Math.max(y1, y + 1);
        x0 = Math.min(x0, start);
        x1 = Math.max(x1, end);
    }

    /**
     * Of the voxels of a grid, row by row.
     *
     * @param start the first column of every row's voxels, rows z-major
     * @param end one past the last, not above the start if the row has none
     * @param shape extent of the grid
     */
    public static Bounds ofRows(int[] start, int[] end, Shape shape) {
        Bounds bounds = new Bounds();
        for (int row = 0; row < start.length; row++) {
            if (start[row] < end[row]) {
                bounds.add(row / shape.y(), row % shape.y(), start[row], end[row]);
            }
        }
        return bounds;
    }

    /** Widens the box to all that another one holds. */
    public void add(Bounds other) {
        z0 = Math.min(z0, other.z0);
        z1 = Math.max(z1, other.z1);
        y0 = Math.min(y0, other.y0);
        y1 = Math.max(y1, other.y1);
        x0 = Math.min(x0, other.x0);
        x1 = Math.max(x1, other.x1);
    }

    /** The box, or nothing if no voxel was added. */
    public Optional<Box> box() {
        return z1 == 0 ? Optional.empty() : Optional.of(new Box(z0, y0, x0, z1, y1, x1));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.List;

/** An index axis of a grid, in the order in which arrays and shapes have them: slices, rows, columns. */
public enum Axis {
    /** Across the slices, farthest apart in memory. */
    Z,
    /** Across the rows of a slice. */
    Y,
    /** Along a row, contiguous in memory. */
    X;

    private static final List<Axis> ZYX = List.of(Z, Y, X);
    private static final List<Axis> XYZ = List.of(X, Y, Z);

    /**
     * By the place in arrays and shapes.
     *
     * @param place 0 for z, 1 for y, 2 for x
     * @throws IndexOutOfBoundsException for any other number
     */
    public static Axis at(int place) {
        return ZYX.get(place);
    }

    /** The axes as affine maps and orientation codes have them: x, y, z. */
    public static List<Axis> xyz() {
        return XYZ;
    }

    /** The place in affine maps and orientation codes: 0 for x, 1 for y, 2 for z. */
    public int column() {
        return 2 - ordinal();
    }

    /** {@code x}, {@code y} or {@code z}. */
    public char letter() {
        return "zyx".charAt(ordinal());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Shape;

/** What the measures of this package demand of grids and labels. */
final class Grids {

    /** Affine maps that went through a file as 32-bit numbers differ by about this much, in mm. */
    private static final double TOLERANCE_MM = 1e-3;

    private Grids() {}

    static void requireSame(Shape shapeA, Geometry geometryA, Shape shapeB, Geometry geometryB) {
        if (!shapeA.equals(shapeB) || !geometryA.isCloseTo(geometryB, TOLERANCE_MM)) {
            throw new IllegalArgumentException("voxels can only be compared on the same grid, not " + shapeA + " ("
                    + geometryA + ") and " + shapeB + " (" + geometryB + "); resample one of them first");
        }
    }

    static void requireLabel(int label) {
        if (label < 0 || label > 255) {
            throw new IllegalArgumentException("a label is 0 to 255, not " + label);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** One of the six sides of a grid. */
public enum Face {
    /** The first slice. */
    Z_LOW(Axis.Z, false),
    /** The last slice. */
    Z_HIGH(Axis.Z, true),
    /** The first row. */
    Y_LOW(Axis.Y, false),
    /** The last row. */
    Y_HIGH(Axis.Y, true),
    /** The first column. */
    X_LOW(Axis.X, false),
    /** The last column. */
    X_HIGH(Axis.X, true);

    private final Axis axis;
    private final boolean high;

    Face(Axis axis, boolean high) {
        this.axis = axis;
        this.high = high;
    }

    /** The letter (R, L, A, P, S or I) of the patient's side that this face of a grid looks to. */
    public char direction(Orientation orientation) {
        char grows = orientation.direction(axis);
        return high ? grows : Orientation.opposite(grows);
    }

    /** The faces of a grid that a box in it touches; not to be changed. */
    public static Set<Face> touchedBy(Box box, Shape grid) {
        EnumSet<Face> touched = EnumSet.noneOf(Face.class);
        for (Face face : values()) {
            if (face.high ? box.end(face.axis) == grid.along(face.axis) : box.start(face.axis) == 0) {
                touched.add(face);
            }
        }
        return Collections.unmodifiableSet(touched);
    }
}

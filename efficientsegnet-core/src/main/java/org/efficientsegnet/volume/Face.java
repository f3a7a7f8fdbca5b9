package org.efficientsegnet.volume;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** One of the six sides of a grid. */
public enum Face {
    /** The first slice. */
    Z_LOW(2, false),
    /** The last slice. */
    Z_HIGH(2, true),
    /** The first row. */
    Y_LOW(1, false),
    /** The last row. */
    Y_HIGH(1, true),
    /** The first column. */
    X_LOW(0, false),
    /** The last column. */
    X_HIGH(0, true);

    private final int axis;
    private final boolean high;

    Face(int axis, boolean high) {
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
            int a = 2 - face.axis;
            if (face.high ? box.end(a) == grid.along(a) : box.start(a) == 0) {
                touched.add(face);
            }
        }
        return Collections.unmodifiableSet(touched);
    }
}

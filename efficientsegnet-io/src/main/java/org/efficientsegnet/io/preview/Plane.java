// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Layout;

/**
 * The three planes, seen as radiologists do: axial from below, coronal from the front, sagittal from the left. In a grid
 * whose axes x, y, z grow towards Left, Posterior and Inferior, rows and columns of each picture are grid axes in their
 * own direction.
 */
enum Plane {
    /** Rows along y, columns along x. */
    AXIAL("Axial", Axis.Z, Axis.Y, Axis.X),
    /** Rows along z, columns along x. */
    CORONAL("Coronal", Axis.Y, Axis.Z, Axis.X),
    /** Rows along z, columns along y. */
    SAGITTAL("Sagittal", Axis.X, Axis.Z, Axis.Y);

    private static final String LETTERS_FROM = "SAR";
    private static final String LETTERS_TO = "IPL";

    private final String title;
    private final Axis across;
    private final Axis rows;
    private final Axis columns;

    Plane(String title, Axis across, Axis rows, Axis columns) {
        this.title = title;
        this.across = across;
        this.rows = rows;
        this.columns = columns;
    }

    String title() {
        return title;
    }

    /** The axis that the plane cuts. */
    Axis across() {
        return across;
    }

    /** The axis along which rows follow each other. */
    Axis rows() {
        return rows;
    }

    /** The axis along which columns follow each other. */
    Axis columns() {
        return columns;
    }

    /** The sides of the patient at the left, right, top and bottom of the picture. */
    char[] letters() {
        return new char[] {
            LETTERS_FROM.charAt(columns.ordinal()),
            LETTERS_TO.charAt(columns.ordinal()),
            LETTERS_FROM.charAt(rows.ordinal()),
            LETTERS_TO.charAt(rows.ordinal())
        };
    }

    /** The array index of the first voxel of a row of a slice; the next one is a stride of {@link #columns} away. */
    int rowStart(Layout layout, int slice, int row) {
        int[] index = new int[3];
        index[across.ordinal()] = slice;
        index[rows.ordinal()] = row;
        return layout.index(index[0], index[1], index[2]);
    }
}

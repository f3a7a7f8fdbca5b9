package org.efficientsegnet.io.preview;

import org.efficientsegnet.volume.Layout;

/**
 * The three planes, seen as radiologists do: axial from below, coronal from the front, sagittal from the left. In a grid
 * whose axes x, y, z grow towards Left, Posterior and Inferior, rows and columns of each picture are grid axes in their
 * own direction.
 */
enum Plane {
    /** Rows along y, columns along x. */
    AXIAL("Axial", 0, 1, 2),
    /** Rows along z, columns along x. */
    CORONAL("Coronal", 1, 0, 2),
    /** Rows along z, columns along y. */
    SAGITTAL("Sagittal", 2, 0, 1);

    private static final String LETTERS_FROM = "SAR";
    private static final String LETTERS_TO = "IPL";

    private final String title;
    private final int across;
    private final int rows;
    private final int columns;

    Plane(String title, int across, int rows, int columns) {
        this.title = title;
        this.across = across;
        this.rows = rows;
        this.columns = columns;
    }

    String title() {
        return title;
    }

    /** The axis that the plane cuts: 0 is z, 1 is y, 2 is x. */
    int across() {
        return across;
    }

    /** The axis along which rows follow each other. */
    int rows() {
        return rows;
    }

    /** The axis along which columns follow each other. */
    int columns() {
        return columns;
    }

    /** The sides of the patient at the left, right, top and bottom of the picture. */
    char[] letters() {
        return new char[] {
            LETTERS_FROM.charAt(columns), LETTERS_TO.charAt(columns), LETTERS_FROM.charAt(rows), LETTERS_TO.charAt(rows)
        };
    }

    /** The array index of the first voxel of a row of a slice; the next one is a stride of {@link #columns} away. */
    int rowStart(Layout layout, int slice, int row) {
        int[] index = new int[3];
        index[across] = slice;
        index[rows] = row;
        return layout.index(index[0], index[1], index[2]);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.surfaces;

import java.util.Arrays;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;

/** The surface net of a label before it is smoothed. */
final class SurfaceNet {

    private static final int[][] EDGES = {
        {0, 1}, {2, 3}, {4, 5}, {6, 7}, {0, 2}, {1, 3}, {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}
    };

    private final LabelMap labels;
    private final byte label;
    private final Box box;

    /** Cells along z, y and x: one more than voxels, as the surface runs around the outermost. */
    private final Shape cells;

    /** The vertex of each cell of the last two slices of cells, or -1. */
    private final int[][] vertexOf = new int[2][];

    private double[] points = new double[3 << 10];
    private int vertices;
    private int[] triangles = new int[3 << 11];
    private int corners;
    private long voxels;

    SurfaceNet(LabelMap labels, byte label, Box box) {
        this.labels = labels;
        this.label = label;
        this.box = box;
        Shape inside = box.shape();
        cells = new Shape(inside.z() + 1, inside.y() + 1, inside.x() + 1);
        for (int z = 0; z < cells.z(); z++) {
            vertexOf[z & 1] = new int[cells.y() * cells.x()];
            for (int y = 0; y < cells.y(); y++) {
                for (int x = 0; x < cells.x(); x++) {
                    vertexOf[z & 1][y * cells.x() + x] = vertex(z, y, x);
                    join(z, y, x);
                }
            }
        }
    }

    double[] points() {
        return Arrays.copyOf(points, 3 * vertices);
    }

    int[] triangles() {
        return Arrays.copyOf(triangles, corners);
    }

    long voxels() {
        return voxels;
    }

    /** Whether a voxel, counted from one before the box, has the label. */
    private boolean inside(int z, int y, int x) {
        int vz = z + box.z0() - 1;
        int vy = y + box.y0() - 1;
        int vx = x + box.x0() - 1;
        Shape shape = labels.shape();
        return vz >= 0
                && vz < shape.z()
                && vy >= 0
                && vy < shape.y()
                && vx >= 0
                && vx < shape.x()
                && labels.labels()[shape.index(vz, vy, vx)] == label;
    }

    /** Makes the vertex of a cell whose corners differ. */
    private int vertex(int z, int y, int x) {
        int mask = 0;
        for (int corner = 0; corner < 8; corner++) {
            if (inside(z + (corner >> 2), y + (corner >> 1 & 1), x + (corner & 1))) {
                mask |= 1 << corner;
            }
        }
        voxels += mask & 1;
        if (mask == 0 || mask == 255) {
            return -1;
        }
        double sz = 0;
        double sy = 0;
        double sx = 0;
        int n = 0;
        for (int[] edge : EDGES) {
            if ((mask >> edge[0] & 1) != (mask >> edge[1] & 1)) {
                sz += ((edge[0] >> 2) + (edge[1] >> 2)) / 2.0;
                sy += ((edge[0] >> 1 & 1) + (edge[1] >> 1 & 1)) / 2.0;
                sx += ((edge[0] & 1) + (edge[1] & 1)) / 2.0;
                n++;
            }
        }
        if (3 * vertices + 3 > points.length) {
            points = Arrays.copyOf(points, 2 * points.length);
        }
        double[] world = labels.geometry()
                .toWorld(x + box.x0() - 1 + sx / n, y + box.y0() - 1 + sy / n, z + box.z0() - 1 + sz / n);
        System.arraycopy(world, 0, points, 3 * vertices, 3);
        return vertices++;
    }

    /** Makes the triangles around the edges that begin in a cell's first corner and pass from inside to outside. */
    private void join(int z, int y, int x) {
        boolean here = inside(z, y, x);
        if (z > 0 && y > 0 && here != inside(z, y, x + 1)) {
            quad(here, at(z, y, x), at(z, y - 1, x), at(z - 1, y - 1, x), at(z - 1, y, x));
        }
        if (z > 0 && x > 0 && here != inside(z, y + 1, x)) {
            quad(here, at(z, y, x), at(z - 1, y, x), at(z - 1, y, x - 1), at(z, y, x - 1));
        }
        if (y > 0 && x > 0 && here != inside(z + 1, y, x)) {
            quad(here, at(z, y, x), at(z, y, x - 1), at(z, y - 1, x - 1), at(z, y - 1, x));
        }
    }

    private int at(int z, int y, int x) {
        return vertexOf[z & 1][y * cells.x() + x];
    }

    private void quad(boolean forward, int a, int b, int c, int d) {
        if (corners + 6 > triangles.length) {
            triangles = Arrays.copyOf(triangles, 2 * triangles.length);
        }
        int[] order = forward ? new int[] {a, b, c, a, c, d} : new int[] {a, c, b, a, d, c};
        System.arraycopy(order, 0, triangles, corners, 6);
        corners += 6;
    }
}

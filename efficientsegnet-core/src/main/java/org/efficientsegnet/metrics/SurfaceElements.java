// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * The area of surface in a cell of 2×2×2 voxels, for each of the 256 ways in which its corners can belong to a mask.
 *
 * <p>The surface is that of marching cubes (Lorensen and Cline, 1987) with the crossings in the middle of the edges:
 * of the corners inside and those outside, the fewer ones (inside, if there are as many) are taken in groups that are
 * connected along edges; a group is cut off by the polygon through the middles of the edges that leave it. Polygons of
 * five or six corners are not flat, and how they are divided decides on their area: the division of greatest area in a
 * unit cell is taken. This gives the areas of the lookup table in DeepMind's surface-distance, for every spacing.
 *
 * <p>Corner {@code k} of a cell has the offsets z {@code k >> 1 & 1}, y {@code k & 1}, x {@code k >> 2}.
 */
final class SurfaceElements {

    /** For every code, the normals (z, y, x) of its triangles in a unit cell, as long as their areas. */
    private static final double[][][] NORMALS = new double[256][][];

    static {
        for (int code = 0; code < 256; code++) {
            NORMALS[code] = normals(code);
        }
    }

    private SurfaceElements() {}

    /** The area of every code in mm², for a spacing in mm. */
    static double[] areas(double spacingZ, double spacingY, double spacingX) {
        double[] areas = new double[256];
        for (int code = 0; code < 256; code++) {
            for (double[] n : NORMALS[code]) {
                areas[code] +=
                        length(n[0] * spacingY * spacingX, n[1] * spacingZ * spacingX, n[2] * spacingZ * spacingY);
            }
        }
        return areas;
    }

    private static double[][] normals(int code) {
        int set = Integer.bitCount(code) > 4 ? ~code & 0xff : code;
        List<double[]> normals = new ArrayList<>();
        while (set != 0) {
            int group = group(set, Integer.lowestOneBit(set));
            List<int[]> polygon = polygon(group);
            normals.addAll(divide(polygon, 0, polygon.size() - 1));
            set &= ~group;
        }
        return normals.toArray(double[][]::new);
    }

    /** Grows a group along the edges of the cell. */
    private static int group(int set, int start) {
        int group = start;
        while (true) {
            int grown = group;
            for (int k = 0; k < 8; k++) {
                if ((group >> k & 1) == 1) {
                    grown |= (1 << (k ^ 1) | 1 << (k ^ 2) | 1 << (k ^ 4)) & set;
                }
            }
            if (grown == group) {
                return group;
            }
            group = grown;
        }
    }

    /** The middles of the edges that leave a group, in order around it; coordinates z, y, x in half cells. */
    private static List<int[]> polygon(int group) {
        List<int[]> open = new ArrayList<>();
        for (int k = 0; k < 8; k++) {
            for (int edge = 1; edge <= 4; edge <<= 1) {
                int neighbour = k ^ edge;
                if ((group >> k & 1) == 1 && (group >> neighbour & 1) == 0) {
                    open.add(new int[] {
                        (k >> 1 & 1) + (neighbour >> 1 & 1), (k & 1) + (neighbour & 1), (k >> 2) + (neighbour >> 2)
                    });
                }
            }
        }
        List<int[]> polygon = new ArrayList<>();
        if (open.isEmpty()) {
            return polygon;
        }
        polygon.add(open.remove(0));
        // The outline crosses a face of the cell from edge to edge, so the next corner lies on a face of this one.
        while (!open.isEmpty()) {
            int[] last = polygon.get(polygon.size() - 1);
            int next = 0;
            while (!shareFace(last, open.get(next))) {
                next++;
            }
            polygon.add(open.remove(next));
        }
        return polygon;
    }

    private static boolean shareFace(int[] a, int[] b) {
        for (int axis = 0; axis < 3; axis++) {
            if (a[axis] == b[axis] && a[axis] != 1) {
                return true;
            }
        }
        return false;
    }

    /** The triangles of greatest total area between two corners of a polygon and the line that joins them. */
    private static List<double[]> divide(List<int[]> polygon, int from, int to) {
        List<double[]> best = List.of();
        double bestArea = 0;
        for (int apex = from + 1; apex < to; apex++) {
            List<double[]> triangles = new ArrayList<>();
            triangles.add(normal(polygon.get(from), polygon.get(apex), polygon.get(to)));
            triangles.addAll(divide(polygon, from, apex));
            triangles.addAll(divide(polygon, apex, to));
            double area = 0;
            for (double[] n : triangles) {
                area += length(n[0], n[1], n[2]);
            }
            if (area > bestArea) {
                best = triangles;
                bestArea = area;
            }
        }
        return best;
    }

    private static double[] normal(int[] a, int[] b, int[] c) {
        int[] u = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
        int[] v = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
        // Half the cross product is the area; a quarter more because the coordinates are in half cells.
        return new double[] {
            (u[1] * v[2] - u[2] * v[1]) / 8.0, (u[2] * v[0] - u[0] * v[2]) / 8.0, (u[0] * v[1] - u[1] * v[0]) / 8.0
        };
    }

    private static double length(double a, double b, double c) {
        return Math.sqrt(a * a + b * b + c * c);
    }
}

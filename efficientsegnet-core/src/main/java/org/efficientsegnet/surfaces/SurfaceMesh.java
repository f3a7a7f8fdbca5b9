// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.surfaces;

import java.util.Arrays;
import org.efficientsegnet.volume.Bounds;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;

/**
 * A closed surface of triangles around the voxels of a label. Immutable, if nobody writes to the arrays.
 *
 * <p>Made by surface nets (Gibson, 1998): where the corners of a cell between eight voxel centres differ lies a vertex, in
 * the mean of where the cell's edges pass from inside to outside; four cells around such an edge make two triangles. Every
 * edge has a triangle on either side. {@link Smoothing} moves vertices as Taubin (1995) does, there and back, so that the
 * surface does not shrink, and then along their normals until it encloses the volume of the voxels.
 *
 * @param points right, anterior, superior (mm) of every vertex, one after the other
 * @param triangles three vertices each, counter-clockwise as seen from outside
 */
public record SurfaceMesh(float[] points, int[] triangles) {

    /** How much a surface is smoothed. */
    public enum Smoothing {
        /** Not at all: the steps of the voxels are seen. */
        NONE(0),
        /** Enough for the steps of voxels to disappear. */
        USUAL(12);

        private final int rounds;

        Smoothing(int rounds) {
            this.rounds = rounds;
        }
    }

    /** Taubin's factors: a pass band of 0.1. */
    private static final double THERE = 0.5;

    private static final double BACK = -0.526;

    private static final int MOST_STEPS = 30;
    private static final double CLOSE_ENOUGH = 1e-3;

    /**
     * The surface of a label.
     *
     * @param label 1 to 255
     * @return a mesh without triangles if there is no such voxel
     */
    public static SurfaceMesh of(LabelMap labels, int label, Smoothing smoothing) {
        Box box = box(labels, label);
        if (box == null) {
            return new SurfaceMesh(new float[0], new int[0]);
        }
        SurfaceNet net = new SurfaceNet(labels, (byte) label, box);
        double[] points = net.points();
        int[] triangles = net.triangles();
        if (volume(points, triangles) < 0) {
            for (int t = 0; t < triangles.length; t += 3) {
                int swapped = triangles[t];
                triangles[t] = triangles[t + 1];
                triangles[t + 1] = swapped;
            }
        }
        if (smoothing != Smoothing.NONE) {
            Neighbours neighbours = Neighbours.of(points.length / 3, triangles);
            for (int round = 0; round < smoothing.rounds; round++) {
                points = neighbours.relaxed(points, THERE);
                points = neighbours.relaxed(points, BACK);
            }
        }
        points = withVolume(points, triangles, net.voxels() * labels.geometry().voxelVolume());
        float[] rounded = new float[points.length];
        for (int i = 0; i < points.length; i++) {
            rounded[i] = (float) points[i];
        }
        return new SurfaceMesh(rounded, triangles);
    }

    /** The volume that the surface encloses, mm³, by the divergence theorem. */
    public double volumeMm3() {
        double[] exact = new double[points.length];
        for (int i = 0; i < exact.length; i++) {
            exact[i] = points[i];
        }
        return volume(exact, triangles);
    }

    /** How many triangles there are. */
    public int size() {
        return triangles.length / 3;
    }

    private static Box box(LabelMap labels, int label) {
        Shape shape = labels.shape();
        Bounds bounds = new Bounds();
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                int row = shape.index(z, y, 0);
                int first = 0;
                while (first < shape.x() && labels.labels()[row + first] != (byte) label) {
                    first++;
                }
                if (first < shape.x()) {
                    int last = shape.x() - 1;
                    while (labels.labels()[row + last] != (byte) label) {
                        last--;
                    }
                    bounds.add(z, y, first, last + 1);
                }
            }
        }
        return bounds.box().orElse(null);
    }

    private static double volume(double[] p, int[] triangles) {
        double six = 0;
        for (int t = 0; t < triangles.length; t += 3) {
            int a = 3 * triangles[t];
            int b = 3 * triangles[t + 1];
            int c = 3 * triangles[t + 2];
            six += p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1])
                    + p[a + 1] * (p[b + 2] * p[c] - p[b] * p[c + 2])
                    + p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c]);
        }
        return six / 6;
    }

    /** Moves all vertices by one distance along their normals, again and again, until the volume is met. */
    private static double[] withVolume(double[] points, int[] triangles, double wanted) {
        double[] moved = points;
        for (int step = 0; step < MOST_STEPS; step++) {
            double missing = wanted - volume(moved, triangles);
            if (Math.abs(missing) < CLOSE_ENOUGH * wanted) {
                break;
            }
            double[] normals = new double[moved.length];
            double distance = missing / addNormals(moved, triangles, normals);
            double[] next = moved.clone();
            for (int v = 0; v < next.length; v += 3) {
                double length = Math.sqrt(
                        normals[v] * normals[v] + normals[v + 1] * normals[v + 1] + normals[v + 2] * normals[v + 2]);
                for (int i = 0; length > 0 && i < 3; i++) {
                    next[v + i] += distance * normals[v + i] / length;
                }
            }
            moved = next;
        }
        return moved;
    }

    /** Sums the normals of the triangles, as long as their areas, at their vertices; returns the area of all. */
    private static double addNormals(double[] p, int[] triangles, double[] normals) {
        double area = 0;
        double[] n = new double[3];
        for (int t = 0; t < triangles.length; t += 3) {
            int a = 3 * triangles[t];
            int b = 3 * triangles[t + 1];
            int c = 3 * triangles[t + 2];
            for (int i = 0; i < 3; i++) {
                int j = (i + 1) % 3;
                int k = (i + 2) % 3;
                n[i] = ((p[b + j] - p[a + j]) * (p[c + k] - p[a + k]) - (p[b + k] - p[a + k]) * (p[c + j] - p[a + j]))
                        / 2;
            }
            area += Math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
            for (int i = 0; i < 3; i++) {
                normals[a + i] += n[i];
                normals[b + i] += n[i];
                normals[c + i] += n[i];
            }
        }
        return area;
    }

    /**
     * Which vertices an edge joins.
     *
     * @param first where each vertex's neighbours begin, and the end of all
     * @param others the neighbours
     */
    private record Neighbours(int[] first, int[] others) {

        static Neighbours of(int vertices, int[] triangles) {
            int[] first = new int[vertices + 1];
            for (int vertex : triangles) {
                first[vertex + 1]++;
            }
            for (int v = 0; v < vertices; v++) {
                first[v + 1] += first[v];
            }
            int[] others = new int[triangles.length];
            int[] at = Arrays.copyOf(first, vertices);
            for (int t = 0; t < triangles.length; t += 3) {
                for (int i = 0; i < 3; i++) {
                    // Each edge has two triangles; the one that has it in this direction counts.
                    others[at[triangles[t + i]]++] = triangles[t + (i + 1) % 3];
                }
            }
            return new Neighbours(first, others);
        }

        double[] relaxed(double[] points, double factor) {
            double[] result = new double[points.length];
            for (int v = 0; v + 1 < first.length; v++) {
                int n = first[v + 1] - first[v];
                for (int i = 0; i < 3; i++) {
                    double sum = 0;
                    for (int o = first[v]; o < first[v + 1]; o++) {
                        sum += points[3 * others[o] + i];
                    }
                    double here = points[3 * v + i];
                    result[3 * v + i] = here + factor * (sum / n - here);
                }
            }
            return result;
        }
    }

    /** Equality is identity. */
    @Override
    public boolean equals(Object o) {
        return this == o;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return points.length / 3 + " vertices, " + size() + " triangles";
    }
}

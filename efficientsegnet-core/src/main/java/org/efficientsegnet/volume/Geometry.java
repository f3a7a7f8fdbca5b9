// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.Arrays;
import java.util.Locale;

/**
 * Where the voxels of a grid lie in the patient: an affine map from index to world.
 *
 * <p>The map takes an index (x, y, z), columns first, to a point in millimetres whose axes grow towards the patient's
 * <strong>Right, Anterior and Superior</strong> side (NIfTI's convention; DICOM and ITK have the first two negated). It
 * is stored as three rows of four numbers, row-major: {@code world[r] = a[4r]·x + a[4r+1]·y + a[4r+2]·z + a[4r+3]}.
 *
 * <p>Immutable.
 */
public final class Geometry {

    /** Directions are written with few digits. */
    private static final double DIRECTION_TOLERANCE = 0.01;

    private final double[] affine;
    private final double[] spacing;
    private final double determinant;
    private final Orientation orientation;

    private Geometry(double[] affine) {
        this.affine = affine;
        spacing = new double[3];
        for (int axis = 0; axis < 3; axis++) {
            spacing[axis] = Math.sqrt(square(affine[axis]) + square(affine[4 + axis]) + square(affine[8 + axis]));
        }
        determinant = affine[0] * (affine[5] * affine[10] - affine[6] * affine[9])
                - affine[1] * (affine[4] * affine[10] - affine[6] * affine[8])
                + affine[2] * (affine[4] * affine[9] - affine[5] * affine[8]);
        orientation = nearest();
    }

    /**
     * From an affine map.
     *
     * @param affine 12 or 16 numbers, row-major, index (x, y, z) to RAS+ millimetres; of 16 the last four are 0 0 0 1
     * @throws InvalidGeometryException if a number is not finite, a spacing is zero or the axes lie in a plane
     */
    public static Geometry ofAffine(double... affine) {
        if (affine.length != 12 && affine.length != 16) {
            throw new InvalidGeometryException("an affine map has 12 or 16 numbers, not " + affine.length);
        }
        for (double a : affine) {
            if (!Double.isFinite(a)) {
                throw new InvalidGeometryException(
                        "the affine map holds a number that is not finite: " + Arrays.toString(affine));
            }
        }
        if (affine.length == 16 && (affine[12] != 0 || affine[13] != 0 || affine[14] != 0 || affine[15] != 1)) {
            throw new InvalidGeometryException(
                    "the last row of the affine map is not 0 0 0 1: " + Arrays.toString(affine));
        }
        double[] copy = new double[12];
        for (int i = 0; i < copy.length; i++) {
            // Adding zero makes a plain zero of a negative one, which equals would tell apart.
            copy[i] = affine[i] + 0.0;
        }
        Geometry geometry = new Geometry(copy);
        for (Axis axis : Axis.xyz()) {
            double spacing = geometry.spacing(axis);
            if (!(spacing > 0) || !Double.isFinite(spacing)) {
                throw new InvalidGeometryException(
                        "the spacing along " + axis.letter() + " is " + spacing + " mm; it must be above zero");
            }
        }
        double volume = geometry.spacing[0] * geometry.spacing[1] * geometry.spacing[2];
        if (!(Math.abs(geometry.determinant) > 1e-6 * volume)) {
            throw new InvalidGeometryException(
                    "the axes of the affine map lie in one plane: " + Arrays.toString(affine));
        }
        return geometry;
    }

    /**
     * Axis-parallel.
     *
     * @param orientation towards where the index axes grow
     * @param spacingX distance of columns, mm
     * @param spacingY distance of rows, mm
     * @param spacingZ distance of slices, mm
     * @throws InvalidGeometryException if a spacing is not a finite number above zero
     */
    public static Geometry of(Orientation orientation, double spacingX, double spacingY, double spacingZ) {
        double[] spacing = {spacingX, spacingY, spacingZ};
        double[] affine = new double[12];
        for (Axis axis : Axis.xyz()) {
            double along = spacing[axis.column()];
            if (!(along > 0)) {
                throw new InvalidGeometryException(
                        "the spacing along " + axis.letter() + " is " + along + " mm; it must be above zero");
            }
            affine[4 * orientation.worldAxis(axis) + axis.column()] = orientation.sign(axis) * along;
        }
        return ofAffine(affine);
    }

    /**
     * From the attributes of DICOM slices (PS3.3 section C.7.6.2), for scans that come from elsewhere than a file.
     *
     * @param imageOrientation (0020,0037): the direction along rows, then that along columns, three numbers each, in
     *     DICOM's axes (Left, Posterior, Superior)
     * @param imagePosition (0020,0032) of the slice with index z = 0: the centre of its first voxel, mm, in DICOM's axes
     * @param pixelSpacing (0028,0030): the distance of rows, then that of columns, mm
     * @param sliceSpacing from the centre of a slice to that of the next along the normal (row × column direction), mm;
     *     below zero if z grows against the normal. It follows from the positions of the slices; Slice Thickness
     *     (0018,0050) may differ from it
     * @throws InvalidGeometryException if there are not 6, 3 and 2 numbers, the directions are not of length one and at
     *     right angles up to a hundredth, or a spacing is zero
     */
    public static Geometry ofDicom(
            double[] imageOrientation, double[] imagePosition, double[] pixelSpacing, double sliceSpacing) {
        requireNumbers("Image Orientation", imageOrientation, 6);
        requireNumbers("Image Position", imagePosition, 3);
        requireNumbers("Pixel Spacing", pixelSpacing, 2);
        double[] row = Arrays.copyOfRange(imageOrientation, 0, 3);
        double[] column = Arrays.copyOfRange(imageOrientation, 3, 6);
        double cosine = row[0] * column[0] + row[1] * column[1] + row[2] * column[2];
        if (Math.abs(norm(row) - 1) > DIRECTION_TOLERANCE
                || Math.abs(norm(column) - 1) > DIRECTION_TOLERANCE
                || Math.abs(cosine) > DIRECTION_TOLERANCE) {
            throw new InvalidGeometryException("Image Orientation " + Arrays.toString(imageOrientation)
                    + " does not hold two directions of length one at right angles");
        }
        if (!(pixelSpacing[0] > 0) || !(pixelSpacing[1] > 0) || sliceSpacing == 0) {
            throw new InvalidGeometryException("the spacing of rows, columns and slices is "
                    + Arrays.toString(pixelSpacing) + " and " + sliceSpacing + " mm; that of rows and columns must be"
                    + " above zero and that of slices not zero");
        }
        double[] affine = new double[12];
        for (int r = 0; r < 3; r++) {
            int u = (r + 1) % 3;
            int v = (r + 2) % 3;
            // DICOM's first two axes grow the other way.
            int sign = r < 2 ? -1 : 1;
            affine[4 * r] = sign * row[r] * pixelSpacing[1];
            affine[4 * r + 1] = sign * column[r] * pixelSpacing[0];
            affine[4 * r + 2] = sign * (row[u] * column[v] - row[v] * column[u]) * sliceSpacing;
            affine[4 * r + 3] = sign * imagePosition[r];
        }
        return ofAffine(affine);
    }

    private static void requireNumbers(String attribute, double[] numbers, int count) {
        if (numbers.length != count) {
            throw new InvalidGeometryException(attribute + " has " + count + " numbers, not " + numbers.length);
        }
    }

    private static double norm(double[] vector) {
        return Math.sqrt(square(vector[0]) + square(vector[1]) + square(vector[2]));
    }

    /** The map as 12 numbers, row-major; a copy. */
    public double[] affine() {
        return affine.clone();
    }

    /** The distance between neighbours along an index axis, in mm. */
    public double spacing(Axis axis) {
        return spacing[axis.column()];
    }

    /** The volume of one voxel in mm³. */
    public double voxelVolume() {
        return Math.abs(determinant);
    }

    /** The orientation whose axes are nearest to this grid's; exact for axis-parallel grids. */
    public Orientation orientation() {
        return orientation;
    }

    /** Whether every index axis runs along a world axis, up to a thousandth of the spacing. */
    public boolean isAxisParallel() {
        for (Axis axis : Axis.xyz()) {
            double along = affine[4 * orientation.worldAxis(axis) + axis.column()];
            if (Math.abs(along) < (1 - 1e-6) * spacing(axis)) {
                return false;
            }
        }
        return true;
    }

    /** The world point (Right, Anterior, Superior; mm) of an index, which may lie between voxels. */
    public double[] toWorld(double x, double y, double z) {
        double[] world = new double[3];
        for (int r = 0; r < 3; r++) {
            world[r] = affine[4 * r] * x + affine[4 * r + 1] * y + affine[4 * r + 2] * z + affine[4 * r + 3];
        }
        return world;
    }

    /** The index (x, y, z), which may lie between voxels or outside of the grid, of a world point in mm. */
    public double[] toIndex(double right, double anterior, double superior) {
        double r = right - affine[3];
        double a = anterior - affine[7];
        double s = superior - affine[11];
        // Cramer's rule: the determinant with one axis replaced by the point, over the determinant.
        double[] index = new double[3];
        for (int axis = 0; axis < 3; axis++) {
            int u = (axis + 1) % 3;
            int v = (axis + 2) % 3;
            index[axis] = (r * (affine[4 + u] * affine[8 + v] - affine[8 + u] * affine[4 + v])
                            + a * (affine[8 + u] * affine[v] - affine[u] * affine[8 + v])
                            + s * (affine[u] * affine[4 + v] - affine[4 + u] * affine[v]))
                    / determinant;
        }
        return index;
    }

    /**
     * The geometry of a grid that shows the same voxels in another orientation; see {@link Layout#reorient}.
     *
     * @param shape this grid's extent
     * @param to the orientation of the result, taking this grid's nearest one for where it is
     */
    public Geometry reorient(Shape shape, Orientation to) {
        double[] result = new double[12];
        double[] first = {0, 0, 0};
        for (Axis target : Axis.xyz()) {
            Axis source = orientation.axisAlong(to.direction(target));
            int sign = orientation.direction(source) == to.direction(target) ? 1 : -1;
            if (sign < 0) {
                first[source.column()] = shape.along(source) - 1;
            }
            for (int r = 0; r < 3; r++) {
                result[4 * r + target.column()] = sign * affine[4 * r + source.column()];
            }
        }
        double[] origin = toWorld(first[0], first[1], first[2]);
        for (int r = 0; r < 3; r++) {
            result[4 * r + 3] = origin[r];
        }
        return ofAffine(result);
    }

    /** The geometry of the part of the grid inside a box. */
    public Geometry crop(Box box) {
        double[] result = affine();
        double[] origin = toWorld(box.x0(), box.y0(), box.z0());
        for (int r = 0; r < 3; r++) {
            result[4 * r + 3] = origin[r];
        }
        return ofAffine(result);
    }

    /** Whether two maps agree in every number up to {@code tolerance}. */
    public boolean isCloseTo(Geometry other, double tolerance) {
        for (int i = 0; i < 12; i++) {
            if (Math.abs(affine[i] - other.affine[i]) > tolerance) {
                return false;
            }
        }
        return true;
    }

    /** Pairs index axes with world axes so that the summed cosines are largest, over all six pairings. */
    private Orientation nearest() {
        int[][] pairings = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        double best = Double.NEGATIVE_INFINITY;
        int[] pairing = pairings[0];
        for (int[] world : pairings) {
            double sum = 0;
            for (int axis = 0; axis < 3; axis++) {
                sum += Math.abs(affine[4 * world[axis] + axis]) / spacing[axis];
            }
            if (sum > best + 1e-12) {
                best = sum;
                pairing = world;
            }
        }
        StringBuilder code = new StringBuilder(3);
        for (int axis = 0; axis < 3; axis++) {
            code.append((affine[4 * pairing[axis] + axis] >= 0 ? "RAS" : "LPI").charAt(pairing[axis]));
        }
        return Orientation.of(code.toString());
    }

    private static double square(double a) {
        return a * a;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Geometry other && Arrays.equals(affine, other.affine);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(affine);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "%s, %.4g x %.4g x %.4g mm (x, y, z)", orientation, spacing[0], spacing[1], spacing[2]);
    }
}

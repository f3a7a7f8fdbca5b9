// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Shape;

/**
 * How the slices of a stack make a grid. They are ordered by their position along the normal of their plane, whatever
 * their files are called and whatever number they have; what is no regular grid is refused with the slice that breaks
 * it. A stack from a tilted gantry, each of whose slices is shifted in its plane by the same amount against the one
 * before, becomes a straight grid into which the slices are shifted back. Slices that are spaced unevenly become, if that
 * is wanted, the even grid of the finest of their distances.
 *
 * @param slices in order, one a position
 * @param places where on the grid's z axis each of them lies: 0, 1, 2 and so on unless they are spaced unevenly
 * @param duplicates other slices at the position of the slice with the same index, most often none
 * @param shape of the grid
 * @param geometry of the grid
 * @param shiftX by how many columns each slice moves against the one before; 0 unless tilted
 * @param shiftY by how many rows
 * @param padX columns before the first slice's first
 * @param padY rows before the first slice's first
 */
record StackGeometry(
        List<Slice> slices,
        double[] places,
        List<List<Slice>> duplicates,
        Shape shape,
        Geometry geometry,
        double shiftX,
        double shiftY,
        int padX,
        int padY) {

    static final double SAME_POSITION_MM = 0.01;
    /** How far a slice may be off its place, as a part of the distance between slices: room for rounded positions. */
    private static final double TOLERANCE = 0.05;
    /** In-plane shifts over the whole stack that are rounding, not a tilt, in pixels. */
    private static final double STRAIGHT_PIXELS = 0.1;

    private static final double STEEPEST_TILT = Math.toRadians(45);
    /** Cosine of the angle up to which a plane is called by its nearest name. */
    private static final double PLANE = Math.cos(Math.toRadians(30));
    /** How many times as many slices an even grid may have as an uneven stack. */
    private static final int MOST_TIMES_FINER = 16;

    /** Whether the slices have to be resampled. */
    boolean isTilted() {
        return shiftX != 0 || shiftY != 0;
    }

    /** Whether the slices have to be resampled along z. */
    boolean isUneven() {
        return shape.z() != slices.size();
    }

    /** The slice of the grid that is nearest to one of the stack. */
    int gridSlice(int slice) {
        return (int) Math.rint(places[slice]);
    }

    /** The row of the grid that is nearest to a slice's row. */
    int gridRow(int z, int row) {
        return row + padY + (int) Math.rint(z * shiftY);
    }

    /** The column of the grid that is nearest to a slice's column. */
    int gridColumn(int z, int column) {
        return column + padX + (int) Math.rint(z * shiftX);
    }

    /** The position of a slice along its normal, mm. */
    static double alongNormal(Slice slice) {
        return dot(slice.position(), normal(slice));
    }

    /** What radiologists call the plane of a slice. */
    static String plane(Slice slice) {
        double[] normal = normal(slice);
        String[] names = {"sagittal", "coronal", "axial"};
        for (int r = 0; r < 3; r++) {
            if (Math.abs(normal[r]) > PLANE) {
                return names[r];
            }
        }
        return "oblique";
    }

    private static double[] normal(Slice slice) {
        double[] d = slice.orientation();
        double[] n = {d[1] * d[5] - d[2] * d[4], d[2] * d[3] - d[0] * d[5], d[0] * d[4] - d[1] * d[3]};
        double length = Math.sqrt(dot(n, n));
        return new double[] {n[0] / length, n[1] / length, n[2] / length};
    }

    private static double dot(double[] a, double[] b) {
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    }

    /** Whether slices, of which several may lie at one position, are evenly spaced. */
    static boolean isEven(List<Slice> stack) {
        double[] sorted =
                stack.stream().mapToDouble(StackGeometry::alongNormal).sorted().toArray();
        int n = 1;
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] - sorted[n - 1] >= SAME_POSITION_MM) {
                sorted[n++] = sorted[i];
            }
        }
        return isEven(Arrays.copyOf(sorted, n));
    }

    /** Whether no position is off its place by more than rounding. */
    private static boolean isEven(double[] positions) {
        int n = positions.length;
        double mean = n < 2 ? 0 : (positions[n - 1] - positions[0]) / (n - 1);
        boolean even = true;
        for (int i = 1; i < n; i++) {
            even &= Math.abs(positions[i] - positions[0] - i * mean) <= Math.max(SAME_POSITION_MM, TOLERANCE * mean);
        }
        return even;
    }

    /**
     * Puts a stack in order.
     *
     * @param path the folder, for messages
     * @param uneven whether slices may be spaced unevenly, for a grid that is not that of the slices
     * @throws FormatException if the slices make no regular grid, with the slice and the reason
     */
    static StackGeometry of(Path path, List<Slice> stack, boolean uneven, ReadLimits limits) throws FormatException {
        double[] normal = normal(stack.get(0));
        List<Slice> ordered = new ArrayList<>(stack);
        ordered.sort(Comparator.<Slice>comparingDouble(s -> dot(s.position(), normal))
                .thenComparing(Slice::sopInstance)
                .thenComparing(Slice::frame));
        List<Slice> slices = new ArrayList<>();
        List<List<Slice>> duplicates = new ArrayList<>();
        for (Slice slice : ordered) {
            if (!slices.isEmpty() && gap(slices.get(slices.size() - 1), slice, normal) < SAME_POSITION_MM) {
                duplicates.get(duplicates.size() - 1).add(slice);
            } else {
                slices.add(slice);
                duplicates.add(new ArrayList<>());
            }
        }
        double[] places = places(path, slices, normal, uneven);
        int n = (int) places[slices.size() - 1] + 1;
        Slice first = slices.get(0);
        limits.checkGrid(
                path,
                "slices x (0028,0010) Rows x (0028,0011) Columns",
                2,
                n,
                first.format().rows(),
                first.format().columns());
        return grid(path, slices, places, duplicates, normal, step(path, slices, n, normal), limits);
    }

    private static double gap(Slice a, Slice b, double[] normal) {
        return dot(b.position(), normal) - dot(a.position(), normal);
    }

    /** From a slice of the grid to the next one, mm. */
    private static double[] step(Path path, List<Slice> slices, int n, double[] normal) throws FormatException {
        Slice first = slices.get(0);
        double[] step = new double[3];
        if (n == 1) {
            if (!(first.thickness() > 0)) {
                throw new FormatException(
                        path,
                        "(0018,0050) Slice Thickness",
                        "a single slice, " + first.describe() + ", that does not say how thick it is",
                        "Give the folder of the whole series.");
            }
            for (int r = 0; r < 3; r++) {
                step[r] = normal[r] * first.thickness();
            }
            return step;
        }
        double[] last = slices.get(slices.size() - 1).position();
        for (int r = 0; r < 3; r++) {
            step[r] = (last[r] - first.position()[r]) / (n - 1);
        }
        return step;
    }

    private static double[] places(Path path, List<Slice> slices, double[] normal, boolean uneven)
            throws FormatException {
        int n = slices.size();
        double[] places = new double[n];
        double[] positions = new double[n];
        for (int i = 0; i < n; i++) {
            places[i] = i;
            positions[i] = gap(slices.get(0), slices.get(i), normal);
        }
        if (isEven(positions)) {
            return places;
        }
        double[] gaps = new double[n - 1];
        for (int i = 1; i < n; i++) {
            gaps[i - 1] = positions[i] - positions[i - 1];
        }
        checkComplete(path, slices, gaps);
        double finest = Arrays.stream(gaps).min().orElseThrow();
        double steps = Math.ceil(positions[n - 1] / finest - TOLERANCE);
        if (!uneven || steps >= (double) MOST_TIMES_FINER * n) {
            throw uneven(path, slices, gaps, uneven);
        }
        for (int i = 1; i < n; i++) {
            places[i] = positions[i] / positions[n - 1] * steps;
        }
        return places;
    }

    /** The distance that most neighbours have or exceed only a little. */
    private static double usual(double[] gaps) {
        double[] sorted = gaps.clone();
        Arrays.sort(sorted);
        return sorted[(sorted.length - 1) / 2];
    }

    private static int worst(double[] gaps, double usual) {
        int worst = 0;
        for (int i = 0; i < gaps.length; i++) {
            worst = Math.abs(gaps[i] - usual) > Math.abs(gaps[worst] - usual) ? i : worst;
        }
        return worst;
    }

    /**
     * That no slice is missing: that not all distances are the usual one or, here and there, a multiple of it. Multiples
     * side by side are no holes but another spacing.
     */
    private static void checkComplete(Path path, List<Slice> slices, double[] gaps) throws FormatException {
        double usual = usual(gaps);
        double slack = Math.max(SAME_POSITION_MM, TOLERANCE * usual);
        boolean holes = true;
        for (int i = 0; i < gaps.length; i++) {
            double steps = Math.max(1, Math.rint(gaps[i] / usual));
            boolean before = i > 0 && Math.rint(gaps[i - 1] / usual) > 1;
            holes &= Math.abs(gaps[i] - steps * usual) <= slack && !(steps > 1 && before);
        }
        int worst = worst(gaps, usual);
        int missing = (int) Math.min(Integer.MAX_VALUE, Math.rint(gaps[worst] / usual)) - 1;
        if (holes && missing > 0) {
            throw new FormatException(
                    path,
                    "(0020,0032) Image Position (Patient)",
                    missing + (missing == 1 ? " slice is" : " slices are") + " missing" + between(slices, worst)
                            + mm(", which lie %.4g mm apart where %.4g mm are usual", gaps[worst], usual),
                    "Export the whole series again.");
        }
    }

    private static FormatException uneven(Path path, List<Slice> slices, double[] gaps, boolean allowed) {
        double usual = usual(gaps);
        int worst = worst(gaps, usual);
        return new FormatException(
                path,
                "(0020,0032) Image Position (Patient)",
                "the slices are spaced unevenly:" + between(slices, worst)
                        + mm(" there are %.4g mm where %.4g mm are usual", gaps[worst], usual)
                        + (allowed ? "; an even grid of the finest distance would have too many slices" : ""),
                allowed
                        ? "Give a reconstruction with even spacing."
                        : "Give a reconstruction with even spacing, or allow this one to be resampled"
                                + " (ReadOptions.withUnevenSpacing, --allow-uneven).");
    }

    private static String between(List<Slice> slices, int gap) {
        return " between " + slices.get(gap).describe() + " and "
                + slices.get(gap + 1).describe();
    }

    private static StackGeometry grid(
            Path path,
            List<Slice> slices,
            double[] places,
            List<List<Slice>> duplicates,
            double[] normal,
            double[] step,
            ReadLimits limits)
            throws FormatException {
        int n = (int) places[slices.size() - 1] + 1;
        Slice first = slices.get(0);
        double[] row = {first.orientation()[0], first.orientation()[1], first.orientation()[2]};
        double[] column = {first.orientation()[3], first.orientation()[4], first.orientation()[5]};
        double shiftX = dot(step, row) / first.columnSpacing();
        double shiftY = dot(step, column) / first.rowSpacing();
        checkAligned(path, slices, places, row, column, step);
        if (Math.max(Math.abs(shiftX), Math.abs(shiftY)) * (n - 1) <= STRAIGHT_PIXELS) {
            shiftX = 0;
            shiftY = 0;
        }
        if (n != slices.size() && (shiftX != 0 || shiftY != 0)) {
            throw new FormatException(
                    path,
                    "(0020,0032) Image Position (Patient)",
                    "the slices are spaced unevenly and the gantry was tilted",
                    "Give a reconstruction with even spacing.");
        }
        double distance = dot(step, normal);
        double sideways = Math.hypot(shiftX * first.columnSpacing(), shiftY * first.rowSpacing());
        if (Math.atan2(sideways, distance) > STEEPEST_TILT) {
            throw new FormatException(
                    path,
                    "(0020,0032) Image Position (Patient)",
                    mm("the slices are shifted by %.4g mm in their plane for %.4g mm across it", sideways, distance)
                            + ", from " + first.describe() + " on; no gantry tilts that far",
                    "Give a reconstruction whose slices lie above each other.");
        }
        double endX = shiftX * (n - 1);
        double endY = shiftY * (n - 1);
        int padX = (int) Math.ceil(Math.max(0, -endX));
        int padY = (int) Math.ceil(Math.max(0, -endY));
        int columns = first.format().columns() + padX + (int) Math.ceil(Math.max(0, endX));
        int rows = first.format().rows() + padY + (int) Math.ceil(Math.max(0, endY));
        limits.checkGrid(path, "the grid of a tilted stack", 2, n, rows, columns);
        return new StackGeometry(
                List.copyOf(slices),
                places,
                List.copyOf(duplicates),
                new Shape(n, rows, columns),
                Geometry.ofAffine(affine(first, row, column, normal, distance, padX, padY)),
                shiftX,
                shiftY,
                padX,
                padY);
    }

    /** Checks that no slice lies beside the line from the first to the last one. */
    private static void checkAligned(
            Path path, List<Slice> slices, double[] places, double[] row, double[] column, double[] step)
            throws FormatException {
        Slice first = slices.get(0);
        for (int i = 1; i < slices.size(); i++) {
            double[] p = slices.get(i).position();
            double[] off = new double[3];
            for (int r = 0; r < 3; r++) {
                off[r] = p[r] - first.position()[r] - places[i] * step[r];
            }
            double sideways = Math.max(
                    Math.abs(dot(off, row)) / first.columnSpacing(), Math.abs(dot(off, column)) / first.rowSpacing());
            if (sideways > STRAIGHT_PIXELS) {
                throw new FormatException(
                        path,
                        "(0020,0032) Image Position (Patient)",
                        slices.get(i).describe()
                                + mm(" is displaced in its plane by %.3g pixels against the other slices", sideways),
                        "Give a reconstruction whose slices lie above each other.");
            }
        }
    }

    /** From indices x, y, z of the padded grid to mm towards Right, Anterior, Superior. */
    private static double[] affine(
            Slice first, double[] row, double[] column, double[] normal, double distance, int padX, int padY) {
        double[] affine = new double[12];
        for (int r = 0; r < 3; r++) {
            // DICOM's first two axes grow to Left and Posterior, the library's to Right and Anterior.
            double sign = r < 2 ? -1 : 1;
            double x = row[r] * first.columnSpacing();
            double y = column[r] * first.rowSpacing();
            affine[4 * r] = sign * x;
            affine[4 * r + 1] = sign * y;
            affine[4 * r + 2] = sign * normal[r] * distance;
            affine[4 * r + 3] = sign * (first.position()[r] - padX * x - padY * y);
            for (int c = 0; c < 4; c++) {
                // No negative zeros, which would make equal geometries differ.
                affine[4 * r + c] += 0.0;
            }
        }
        return affine;
    }

    private static String mm(String text, double... values) {
        Object[] boxed = new Object[values.length];
        for (int i = 0; i < values.length; i++) {
            boxed[i] = values[i];
        }
        return String.format(Locale.ROOT, text, boxed);
    }
}

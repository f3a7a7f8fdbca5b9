// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.InvalidGeometryException;

/**
 * Where a NIfTI image lies, by the standard's three methods: the sform if its code is above zero (method 3), else the
 * qform (method 2), else the spacing alone (method 1), with x, y and z taken to grow towards Right, Anterior and
 * Superior. Programs differ in method 1 (nibabel and ITK flip axes); a warning says that it was used.
 *
 * @param geometry where the grid lies, mm
 * @param warnings what had to be assumed
 */
record NiftiPlacement(Geometry geometry, List<String> warnings) {

    /** The sum of squares of b, c, d may exceed 1 by rounding, in files of careless writers by more. */
    private static final double MAX_QUATERNION = 1.01;

    private static final String[] QUATERNION_NAMES = {"quatern_b", "quatern_c", "quatern_d"};

    private static final String REMEDY = "Repair the header with a NIfTI tool that knows how the patient lay.";

    /**
     * Interprets a header.
     *
     * @throws FormatException if it gives no place in the patient: zero spacing, a number that is not finite, axes in a
     *     plane
     */
    static NiftiPlacement of(Path file, NiftiHeader header) throws FormatException {
        List<String> warnings = new ArrayList<>();
        double mm = millimetres(header.xyztUnits, warnings);
        double[] affine;
        String field;
        if (header.sformCode > 0) {
            field = "srow";
            affine = header.srow.clone();
        } else if (header.qformCode > 0) {
            field = "qform";
            affine = qform(file, header, warnings);
        } else {
            field = "pixdim";
            double[] spacing = spacing(file, header, warnings);
            affine = new double[] {spacing[0], 0, 0, 0, 0, spacing[1], 0, 0, 0, 0, spacing[2], 0};
            warnings.add("The header gives no orientation (qform_code and sform_code are 0);"
                    + " x, y, z are taken to grow towards Right, Anterior, Superior. Check left and right.");
        }
        for (int i = 0; i < affine.length; i++) {
            affine[i] *= mm;
        }
        Geometry geometry;
        try {
            geometry = Geometry.ofAffine(affine);
        } catch (InvalidGeometryException e) {
            throw new FormatException(file, field, e.getMessage(), REMEDY, e);
        }
        if (header.sformCode > 0 && header.qformCode > 0) {
            compareWithQform(file, header, mm, geometry, warnings);
        }
        return new NiftiPlacement(geometry, List.copyOf(warnings));
    }

    private static double millimetres(int xyztUnits, List<String> warnings) {
        int unit = xyztUnits & 7;
        return switch (unit) {
            case 0, 2 -> 1;
            case 1 -> 1000;
            case 3 -> 0.001;
            default -> {
                warnings.add("xyzt_units names an unknown unit of length, " + unit + "; millimetres are assumed.");
                yield 1;
            }
        };
    }

    private static double[] spacing(Path file, NiftiHeader header, List<String> warnings) throws FormatException {
        double[] spacing = new double[3];
        for (int axis = 0; axis < 3; axis++) {
            double value = header.pixdim[axis + 1];
            if (!Double.isFinite(value) || value == 0) {
                throw new FormatException(
                        file, "pixdim[" + (axis + 1) + "]", value + " is no distance between voxels", REMEDY);
            }
            if (value < 0) {
                warnings.add("pixdim[" + (axis + 1) + "] is negative; its size is used.");
            }
            spacing[axis] = Math.abs(value);
        }
        return spacing;
    }

    /** Method 2: a rotation by the unit quaternion (a, b, c, d), a >= 0, of which the file holds b, c, d. */
    private static double[] qform(Path file, NiftiHeader header, List<String> warnings) throws FormatException {
        double[] spacing = spacing(file, header, warnings);
        double[] q = header.quatern.clone();
        double squares = 0;
        for (int i = 0; i < 3; i++) {
            if (!Double.isFinite(q[i])) {
                throw new FormatException(file, QUATERNION_NAMES[i], q[i] + " is not a number", REMEDY);
            }
            squares += q[i] * q[i];
        }
        if (squares > MAX_QUATERNION) {
            throw new FormatException(
                    file,
                    "quatern_b, quatern_c, quatern_d",
                    String.format(Locale.ROOT, "(%s, %s, %s) is longer than 1, no rotation", q[0], q[1], q[2]),
                    REMEDY);
        }
        // a is the root of a small difference near half turns, where rounding of b, c, d would tilt the axes.
        double rounding = 3 * (header.version == NiftiVersion.NIFTI_1 ? Math.ulp(1f) : Math.ulp(1d));
        if (1 - squares < rounding) {
            double length = Math.sqrt(squares);
            for (int i = 0; i < 3; i++) {
                q[i] /= length;
            }
            squares = 1;
        }
        double[] rotation = rotation(Math.sqrt(1 - squares), q[0], q[1], q[2]);
        double[] scale = {spacing[0], spacing[1], header.pixdim[0] < 0 ? -spacing[2] : spacing[2]};
        double[] affine = new double[12];
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++) {
                affine[4 * r + c] = rotation[3 * r + c] * scale[c];
            }
            affine[4 * r + 3] = header.qoffset[r];
        }
        return affine;
    }

    /** The rotation matrix of a unit quaternion, row-major. */
    private static double[] rotation(double a, double b, double c, double d) {
        return new double[] {
            a * a + b * b - c * c - d * d,
            2 * (b * c - a * d),
            2 * (b * d + a * c),
            2 * (b * c + a * d),
            a * a + c * c - b * b - d * d,
            2 * (c * d - a * b),
            2 * (b * d - a * c),
            2 * (c * d + a * b),
            a * a + d * d - b * b - c * c
        };
    }

    /** Some programs read the qform first; whoever mixes them should know when the two differ. */
    private static void compareWithQform(
            Path file, NiftiHeader header, double mm, Geometry sform, List<String> warnings) {
        double[] qform;
        try {
            qform = qform(file, header, new ArrayList<>());
        } catch (FormatException e) {
            warnings.add("The qform is unusable (" + e.field() + ": " + e.found() + "); the sform is used.");
            return;
        }
        double farthest = 0;
        for (int corner = 0; corner < 8; corner++) {
            double[] index = new double[3];
            for (int axis = 0; axis < 3; axis++) {
                index[axis] = (corner >> axis & 1) == 0 ? 0 : header.dim[axis + 1] - 1;
            }
            double[] world = sform.toWorld(index[0], index[1], index[2]);
            for (int r = 0; r < 3; r++) {
                double other = 0;
                for (int c = 0; c < 3; c++) {
                    other += qform[4 * r + c] * index[c];
                }
                farthest = Math.max(farthest, Math.abs(mm * (other + qform[4 * r + 3]) - world[r]));
            }
        }
        if (!(farthest < 0.5)) {
            warnings.add(String.format(
                    Locale.ROOT, "sform and qform disagree by up to %.3g mm; the sform is used.", farthest));
        }
    }

    /**
     * The qform of a geometry whose axes are at right angles.
     *
     * @return b, c, d and qfac (1 or -1), or null if the axes are not at right angles
     */
    static double[] toQuaternion(Geometry geometry) {
        double[] affine = geometry.affine();
        double[] m = new double[9];
        for (Axis axis : Axis.xyz()) {
            int c = axis.column();
            for (int r = 0; r < 3; r++) {
                m[3 * r + c] = affine[4 * r + c] / geometry.spacing(axis);
            }
        }
        for (int c = 0; c < 3; c++) {
            int d = (c + 1) % 3;
            if (Math.abs(m[c] * m[d] + m[3 + c] * m[3 + d] + m[6 + c] * m[6 + d]) > 1e-5) {
                return null;
            }
        }
        double determinant = m[0] * (m[4] * m[8] - m[5] * m[7])
                - m[1] * (m[3] * m[8] - m[5] * m[6])
                + m[2] * (m[3] * m[7] - m[4] * m[6]);
        double qfac = determinant > 0 ? 1 : -1;
        m[2] *= qfac;
        m[5] *= qfac;
        m[8] *= qfac;
        // Shepperd's method: divide by the largest of the four, of which at least one is 1/2 or more.
        double a2 = 1 + m[0] + m[4] + m[8];
        double b2 = 1 + m[0] - m[4] - m[8];
        double c2 = 1 - m[0] + m[4] - m[8];
        double d2 = 1 - m[0] - m[4] + m[8];
        double a;
        double b;
        double c;
        double d;
        double largest = Math.max(Math.max(a2, b2), Math.max(c2, d2));
        double half = Math.sqrt(largest) / 2;
        double quarter = 0.25 / half;
        if (largest == a2) {
            a = half;
            b = (m[7] - m[5]) * quarter;
            c = (m[2] - m[6]) * quarter;
            d = (m[3] - m[1]) * quarter;
        } else if (largest == b2) {
            a = (m[7] - m[5]) * quarter;
            b = half;
            c = (m[1] + m[3]) * quarter;
            d = (m[2] + m[6]) * quarter;
        } else if (largest == c2) {
            a = (m[2] - m[6]) * quarter;
            b = (m[1] + m[3]) * quarter;
            c = half;
            d = (m[5] + m[7]) * quarter;
        } else {
            a = (m[3] - m[1]) * quarter;
            b = (m[2] + m[6]) * quarter;
            c = (m[5] + m[7]) * quarter;
            d = half;
        }
        double sign = a < 0 ? -1 : 1;
        return new double[] {sign * b, sign * c, sign * d, qfac};
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.metaimage;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.text.HeaderFields;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.InvalidGeometryException;
import org.efficientsegnet.volume.Orientation;

/**
 * Where a MetaImage lies, as ITK understands it: world axes grow towards Left, Posterior and Superior; the nine numbers
 * of {@code TransformMatrix} are the directions of x, then y, then z; {@code Offset} is the centre of the first voxel.
 * Without a matrix {@code AnatomicalOrientation} decides, whose letters name where an axis comes from, and without that
 * the axes are the world's.
 */
final class MetaImagePlacement {

    private static final String REMEDY = "Write the file anew with a program that knows how the patient lay.";

    private static final List<String> MATRIX = List.of("TransformMatrix", "Rotation", "Orientation");
    private static final List<String> ORIGIN = List.of("Offset", "Position", "Origin");

    private MetaImagePlacement() {}

    /**
     * @param dimensions of the image; those after the third are left out
     * @param warnings receives what had to be assumed
     */
    static Geometry of(Path file, HeaderFields fields, int dimensions, List<String> warnings) throws FormatException {
        double mm = millimetres(file, fields);
        double[] spacing = spacing(file, fields, dimensions, warnings);
        double[] affine = directions(file, fields, dimensions, warnings);
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++) {
                affine[4 * r + c] *= spacing[c] * mm;
            }
        }
        String origin = first(fields, ORIGIN);
        if (origin != null) {
            double[] offset = fields.doubles(origin, dimensions);
            for (int r = 0; r < 3; r++) {
                affine[4 * r + 3] = (r < 2 ? -mm : mm) * offset[r];
            }
        }
        try {
            return Geometry.ofAffine(affine);
        } catch (InvalidGeometryException e) {
            throw new FormatException(file, "TransformMatrix", e.getMessage(), REMEDY, e);
        }
    }

    private static double[] spacing(Path file, HeaderFields fields, int dimensions, List<String> warnings)
            throws FormatException {
        String name = first(fields, List.of("ElementSpacing", "ElementSize"));
        if (name == null) {
            warnings.add("The header gives no ElementSpacing; 1 mm is assumed. Check the volumes.");
            return new double[] {1, 1, 1};
        }
        double[] spacing = fields.doubles(name, dimensions);
        for (int axis = 0; axis < 3; axis++) {
            if (!(spacing[axis] > 0)) {
                throw new FormatException(file, name, spacing[axis] + " is no distance between voxels", REMEDY);
            }
        }
        return spacing;
    }

    /** Unit vectors of x, y, z as columns, in RAS. */
    private static double[] directions(Path file, HeaderFields fields, int dimensions, List<String> warnings)
            throws FormatException {
        double[] columns = new double[12];
        String matrix = first(fields, MATRIX);
        if (matrix != null) {
            double[] m = fields.doubles(matrix, dimensions * dimensions);
            for (int axis = 0; axis < 3; axis++) {
                for (int r = 0; r < 3; r++) {
                    columns[4 * r + axis] = (r < 2 ? -1 : 1) * m[dimensions * axis + r];
                }
            }
            return columns;
        }
        String from = fields.text("AnatomicalOrientation", "???");
        Orientation orientation;
        if (from.contains("?")) {
            warnings.add("The header gives no TransformMatrix and no AnatomicalOrientation;"
                    + " x, y, z are taken to grow towards Left, Posterior, Superior. Check left and right.");
            orientation = Orientation.of("LPS");
        } else {
            try {
                orientation = Orientation.of(from).opposite();
            } catch (IllegalArgumentException e) {
                throw new FormatException(file, "AnatomicalOrientation", e.getMessage(), REMEDY, e);
            }
        }
        for (Axis axis : Axis.xyz()) {
            columns[4 * orientation.worldAxis(axis) + axis.column()] = orientation.sign(axis);
        }
        return columns;
    }

    private static double millimetres(Path file, HeaderFields fields) throws FormatException {
        String unit = fields.text("DistanceUnits", "mm").toLowerCase(Locale.ROOT);
        return switch (unit) {
            case "mm", "?" -> 1;
            case "cm" -> 10;
            case "um" -> 0.001;
            default ->
                throw new UnsupportedFormatException(
                        file, "DistanceUnits", "\"" + unit + "\" is not mm, cm or um", REMEDY);
        };
    }

    private static String first(HeaderFields fields, List<String> names) {
        return names.stream().filter(fields::has).findFirst().orElse(null);
    }
}

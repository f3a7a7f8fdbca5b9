// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nrrd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.text.HeaderFields;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.InvalidGeometryException;

/**
 * Where an NRRD array lies: {@code space directions} and {@code space origin} in the axes that {@code space} names. The
 * origin is the centre of the first voxel. Without a space that names patient axes, x, y and z are taken to grow towards
 * Right, Anterior and Superior, and a warning says so.
 */
final class NrrdPlacement {

    private static final String REMEDY = "Set space, space directions and space origin with a program that knows them.";

    private static final int MAX_UNITS = 16;

    private NrrdPlacement() {}

    /**
     * @param file for messages
     * @param axes which of the array's axes are x, y and z
     * @param dimension how many axes the array has
     * @param warnings receives what had to be assumed
     */
    static Geometry of(Path file, HeaderFields fields, int[] axes, int dimension, List<String> warnings)
            throws FormatException {
        int[] sign = signs(file, fields, warnings);
        double mm = millimetres(file, fields, warnings);
        double[] affine = new double[12];
        if (fields.has("space directions")) {
            List<String> directions = vectors(fields.text("space directions"), dimension + 1);
            if (directions.size() != dimension) {
                throw new FormatException(
                        file,
                        "space directions",
                        (directions.size() > dimension ? "more" : directions.size()) + " vectors for " + dimension
                                + " axes",
                        REMEDY);
            }
            for (int axis = 0; axis < 3; axis++) {
                double[] direction = vector(file, fields, "space directions", directions.get(axes[axis]));
                for (int r = 0; r < 3; r++) {
                    affine[4 * r + axis] = direction[r];
                }
            }
        } else if (fields.has("spacings")) {
            String[] spacings = fields.words("spacings", dimension);
            for (int axis = 0; axis < 3; axis++) {
                affine[5 * axis] = fields.number("spacings", spacings[axes[axis]]);
            }
        } else {
            throw new FormatException(file, "space directions", "missing, and there are no spacings", REMEDY);
        }
        if (fields.has("space origin")) {
            List<String> vectors = vectors(fields.text("space origin"), 2);
            double[] origin = vector(file, fields, "space origin", vectors.size() == 1 ? vectors.get(0) : "");
            for (int r = 0; r < 3; r++) {
                affine[4 * r + 3] = origin[r];
            }
        }
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 4; c++) {
                affine[4 * r + c] *= sign[r] * mm;
            }
        }
        try {
            return Geometry.ofAffine(affine);
        } catch (InvalidGeometryException e) {
            throw new FormatException(file, "space directions", e.getMessage(), REMEDY, e);
        }
    }

    private static int[] signs(Path file, HeaderFields fields, List<String> warnings) throws FormatException {
        String space = fields.text("space", "").toLowerCase(Locale.ROOT);
        return switch (space) {
            case "right-anterior-superior", "ras" -> new int[] {1, 1, 1};
            case "left-anterior-superior", "las" -> new int[] {-1, 1, 1};
            case "left-posterior-superior", "lps" -> new int[] {-1, -1, 1};
            case "", "scanner-xyz", "3d-right-handed", "3d-left-handed" -> {
                warnings.add((space.isEmpty()
                                ? "The header names no space"
                                : "The space " + space + " does not say how the patient lies")
                        + "; x, y, z are taken to grow towards Right, Anterior, Superior. Check left and right.");
                yield new int[] {1, 1, 1};
            }
            default ->
                throw new UnsupportedFormatException(
                        file, "space", "\"" + space + "\" is not a space of three dimensions known here", REMEDY);
        };
    }

    private static double millimetres(Path file, HeaderFields fields, List<String> warnings) throws FormatException {
        if (!fields.has("space units")) {
            return 1;
        }
        String[] units = fields.text("space units").replace("\"", " ").trim().split("\\s+", MAX_UNITS);
        for (String unit : units) {
            if (!unit.equals(units[0])) {
                throw new UnsupportedFormatException(file, "space units", "differ between axes", REMEDY);
            }
        }
        return switch (units[0].toLowerCase(Locale.ROOT)) {
            case "mm", "millimeter", "millimeters", "millimetre", "millimetres" -> 1;
            case "cm" -> 10;
            case "m" -> 1000;
            case "um", "µm", "micron", "microns" -> 0.001;
            default -> {
                warnings.add("space units names an unknown unit, " + units[0] + "; millimetres are assumed.");
                yield 1;
            }
        };
    }

    /**
     * The vectors of a field, {@code none} among them: split at spaces that are not inside parentheses, which may hold
     * some.
     *
     * @param most how many are looked for; what follows them is left out
     */
    static List<String> vectors(String text, int most) {
        List<String> vectors = new ArrayList<>();
        StringBuilder vector = new StringBuilder();
        boolean inside = false;
        for (int i = 0; i <= text.length() && vectors.size() < most; i++) {
            char c = i < text.length() ? text.charAt(i) : ' ';
            if (!Character.isWhitespace(c)) {
                inside = c == '(' || inside && c != ')';
                vector.append(c);
            }
            boolean ends = i == text.length() || !inside && (c == ')' || Character.isWhitespace(c));
            if (ends && vector.length() > 0) {
                vectors.add(vector.toString());
                vector.setLength(0);
            }
        }
        return vectors;
    }

    private static double[] vector(Path file, HeaderFields fields, String name, String text) throws FormatException {
        String[] parts = text.startsWith("(") && text.endsWith(")")
                ? text.substring(1, text.length() - 1).split(",", 4)
                : new String[0];
        if (parts.length != 3) {
            throw new FormatException(
                    file, name, "\"" + text + "\" is not a vector of three numbers in parentheses", REMEDY);
        }
        double[] vector = new double[3];
        for (int i = 0; i < 3; i++) {
            vector[i] = fields.number(name, parts[i]);
        }
        return vector;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import ij.ImagePlus;
import ij.ImageStack;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.InvalidGeometryException;

/** Where a stack lies in the patient, by the DICOM headers that ImageJ keeps as text in the labels of its slices. */
final class DicomHeaders {

    private static final Pattern ORIENTATION = attribute("0020,0037");
    private static final Pattern POSITION = attribute("0020,0032");
    private static final double MOST_UNEVEN = 0.02;

    private DicomHeaders() {}

    private static Pattern attribute(String tag) {
        return Pattern.compile("(?m)^" + tag + "[^:\\n]*:\\s*(\\S+)\\s*$");
    }

    /**
     * The grid of a stack.
     *
     * @param image two slices or more
     * @param columns distance of columns, mm
     * @param rows distance of rows, mm
     * @return nothing if a slice has no header, or none with orientation and position
     * @throws StackException if the headers contradict each other
     */
    static Optional<Geometry> geometry(ImagePlus image, double columns, double rows) {
        ImageStack stack = image.getStack();
        int slices = stack.getSize();
        double[][] positions = new double[slices][];
        double[] orientation = null;
        for (int i = 0; i < slices; i++) {
            String header = stack.getSliceLabel(i + 1);
            double[] directions = numbers(ORIENTATION, header, 6);
            positions[i] = numbers(POSITION, header, 3);
            if (directions == null || positions[i] == null) {
                return Optional.empty();
            }
            if (orientation != null && !near(orientation, directions)) {
                throw new StackException("slices 1 and " + (i + 1)
                        + " have different orientations in their DICOM headers;" + " the stack is no volume");
            }
            orientation = directions;
        }
        double spacing = spacing(orientation, positions);
        try {
            return Optional.of(Geometry.ofDicom(orientation, positions[0], new double[] {rows, columns}, spacing));
        } catch (InvalidGeometryException e) {
            throw new StackException("the DICOM headers of the slices place no volume: " + e.getMessage());
        }
    }

    /** From one slice to the next along the normal, mm; below zero if they run against it. */
    private static double spacing(double[] o, double[][] positions) {
        double[] normal = {o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
        int last = positions.length - 1;
        double spacing = (along(normal, positions[last]) - along(normal, positions[0])) / last;
        for (int i = 1; i <= last; i++) {
            double step = along(normal, positions[i]) - along(normal, positions[i - 1]);
            if (!(Math.abs(step - spacing) <= MOST_UNEVEN * Math.abs(spacing))) {
                throw new StackException(String.format(
                        "slices %d and %d are %.3f mm apart by their DICOM headers, the others %.3f mm on average: slices"
                                + " are missing, doubled or out of order",
                        i, i + 1, step, spacing));
            }
        }
        return spacing;
    }

    private static double along(double[] normal, double[] position) {
        return normal[0] * position[0] + normal[1] * position[1] + normal[2] * position[2];
    }

    private static boolean near(double[] one, double[] other) {
        for (int i = 0; i < one.length; i++) {
            if (Math.abs(one[i] - other[i]) > 1e-3) {
                return false;
            }
        }
        return true;
    }

    private static double[] numbers(Pattern attribute, String header, int count) {
        Matcher found = attribute.matcher(header == null ? "" : header);
        if (!found.find()) {
            return null;
        }
        try {
            double[] numbers = Arrays.stream(found.group(1).split("\\\\"))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            return numbers.length == count ? numbers : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}

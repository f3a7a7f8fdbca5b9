package org.efficientsegnet.io.dicom;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Divides slices into stacks: those of one series with the same size, spacing and orientation, localisers apart. If such
 * slices lie at the same positions but come from several acquisitions (the phases of one series, for instance), each
 * acquisition is a stack.
 */
final class StackGrouping {

    /** Directions that differ by less are the same; a tenth of a degree. */
    private static final double SAME_DIRECTION = 2e-3;

    private static final double SAME_SPACING = 1e-3;

    private StackGrouping() {}

    static List<List<Slice>> stacks(List<Slice> slices) {
        Map<String, List<List<Slice>>> bySeries = new LinkedHashMap<>();
        for (Slice slice : slices) {
            List<List<Slice>> stacks = bySeries.computeIfAbsent(slice.series().uid(), uid -> new ArrayList<>());
            List<Slice> own = stacks.stream()
                    .filter(stack -> matches(stack.get(0), slice))
                    .findFirst()
                    .orElse(null);
            if (own == null) {
                own = new ArrayList<>();
                stacks.add(own);
            }
            own.add(slice);
        }
        List<List<Slice>> result = new ArrayList<>();
        for (List<List<Slice>> stacks : bySeries.values()) {
            for (List<Slice> stack : stacks) {
                result.addAll(acquisitions(stack));
            }
        }
        return result;
    }

    /** Whether two slices have the same directions of rows and columns. */
    static boolean isParallel(Slice a, Slice b) {
        for (int i = 0; i < 6; i++) {
            if (Math.abs(a.orientation()[i] - b.orientation()[i]) > SAME_DIRECTION) {
                return false;
            }
        }
        return true;
    }

    private static boolean matches(Slice a, Slice b) {
        return isParallel(a, b)
                && a.localiser() == b.localiser()
                && a.format().rows() == b.format().rows()
                && a.format().columns() == b.format().columns()
                && Math.abs(a.rowSpacing() - b.rowSpacing()) <= SAME_SPACING * a.rowSpacing()
                && Math.abs(a.columnSpacing() - b.columnSpacing()) <= SAME_SPACING * a.columnSpacing()
                && a.series().frameOfReference().equals(b.series().frameOfReference());
    }

    private static List<List<Slice>> acquisitions(List<Slice> stack) {
        if (!sharesPositions(stack)) {
            return List.of(stack);
        }
        Map<Integer, List<Slice>> byNumber = new TreeMap<>();
        for (Slice slice : stack) {
            OptionalInt number = slice.acquisition();
            if (number.isEmpty()) {
                return List.of(stack);
            }
            byNumber.computeIfAbsent(number.getAsInt(), n -> new ArrayList<>()).add(slice);
        }
        for (List<Slice> acquisition : byNumber.values()) {
            if (acquisition.size() < 2 || sharesPositions(acquisition)) {
                return List.of(stack);
            }
        }
        return List.copyOf(byNumber.values());
    }

    private static boolean sharesPositions(List<Slice> stack) {
        double[] distances =
                stack.stream().mapToDouble(StackGeometry::alongNormal).sorted().toArray();
        for (int i = 1; i < distances.length; i++) {
            if (distances[i] - distances[i - 1] < StackGeometry.SAME_POSITION_MM) {
                return true;
            }
        }
        return false;
    }
}

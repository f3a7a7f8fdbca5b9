// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.efficientsegnet.io.dicom.dataset.Tag;

/**
 * Divides slices into stacks: those of one series with the same size, spacing, orientation and frame of reference,
 * localisers apart. If such slices lie at the same positions, or those of one acquisition between those of another, then
 * each acquisition is a stack: the phases of one series, for instance, or its reconstructions.
 */
final class StackGrouping {

    /** Directions that differ by less are the same; a tenth of a degree. */
    private static final double SAME_DIRECTION = 2e-3;

    private static final double SAME_SPACING = 1e-3;
    /** A frame of reference a slice says nothing of the slices together; of two images it may well do. */
    private static final int FEWEST_WITHOUT_FRAME = 3;

    private static final int SHORTEST_SWEEP = 3;
    private static final int MOST_NAMED = 3;

    /** By what acquisitions are told apart, in the order in which it is tried. */
    private static final List<Function<Slice, String>> KEYS = List.of(
            s -> s.acquisition().number(),
            s -> s.acquisition().phase(),
            s -> s.acquisition().time(),
            s -> s.acquisition().voltage(),
            s -> s.acquisition().kernel(),
            s -> s.acquisition().imageType());

    private StackGrouping() {}

    /**
     * Slices that belong together.
     *
     * @param slices in no particular order
     * @param remarks what was assumed to put them together, a sentence each
     */
    record Stack(List<Slice> slices, List<String> remarks) {}

    static List<Stack> stacks(List<Slice> slices) {
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
        List<Stack> result = new ArrayList<>();
        for (List<List<Slice>> alike : bySeries.values()) {
            for (List<Slice> candidates : alike) {
                for (Stack stack : framesOfReference(candidates)) {
                    for (List<Slice> acquisition : acquisitions(stack.slices, 0)) {
                        result.add(new Stack(acquisition, stack.remarks));
                    }
                }
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

    /** The attributes that keep a slice out of a stack that it is parallel to, with their values in both. */
    static Map<String, String> differences(Slice slice, Slice stack) {
        Map<String, String> differences = new LinkedHashMap<>();
        if (!sameSize(slice, stack)) {
            differences.put(
                    Tag.describe(Tag.ROWS) + ", " + Tag.describe(Tag.COLUMNS),
                    slice.format().rows() + " x " + slice.format().columns() + " where the others have "
                            + stack.format().rows() + " x "
                            + stack.format().columns());
        }
        if (!sameSpacing(slice, stack)) {
            differences.put(
                    Tag.describe(Tag.PIXEL_SPACING),
                    slice.rowSpacing() + " x " + slice.columnSpacing() + " mm where the others have "
                            + stack.rowSpacing() + " x " + stack.columnSpacing());
        }
        if (!frame(slice).equals(frame(stack))) {
            differences.put(
                    Tag.describe(Tag.FRAME_OF_REFERENCE_UID),
                    (frame(slice).isEmpty() ? "none" : frame(slice)) + " where the others have " + frame(stack));
        }
        return differences;
    }

    private static boolean matches(Slice a, Slice b) {
        return isParallel(a, b) && a.localiser() == b.localiser() && sameSize(a, b) && sameSpacing(a, b);
    }

    private static boolean sameSize(Slice a, Slice b) {
        return a.format().rows() == b.format().rows()
                && a.format().columns() == b.format().columns();
    }

    private static boolean sameSpacing(Slice a, Slice b) {
        return Math.abs(a.rowSpacing() - b.rowSpacing()) <= SAME_SPACING * a.rowSpacing()
                && Math.abs(a.columnSpacing() - b.columnSpacing()) <= SAME_SPACING * a.columnSpacing();
    }

    private static String frame(Slice slice) {
        return slice.series().frameOfReference().orElse("");
    }

    /**
     * Divides by Frame of Reference UID, but for what cannot be meant: if every slice has one of its own, or if some have
     * none where all others have the same.
     */
    private static List<Stack> framesOfReference(List<Slice> stack) {
        Map<String, List<Slice>> byFrame =
                stack.stream().collect(Collectors.groupingBy(StackGrouping::frame, TreeMap::new, Collectors.toList()));
        if (byFrame.size() == 1) {
            return List.of(new Stack(stack, List.of()));
        }
        List<Slice> without = byFrame.getOrDefault("", List.of());
        List<String> shared = byFrame.entrySet().stream()
                .filter(e -> !e.getKey().isEmpty() && positions(e.getValue()) > 1)
                .map(Map.Entry::getKey)
                .toList();
        String attribute = Tag.describe(Tag.FRAME_OF_REFERENCE_UID);
        if (shared.isEmpty() && positions(stack) >= FEWEST_WITHOUT_FRAME) {
            return List.of(new Stack(
                    stack,
                    List.of("no two slices have the same " + attribute
                            + "; they were taken for one volume by their series and positions")));
        }
        List<Stack> result = new ArrayList<>();
        byFrame.forEach((uid, slices) -> {
            if (shared.size() == 1 && uid.equals(shared.get(0)) && !without.isEmpty()) {
                List<Slice> both = new ArrayList<>(slices);
                both.addAll(without);
                String remark = attribute + " is absent from " + without.size()
                        + " of the slices and was taken to be that of the others (" + names(without) + ")";
                result.add(new Stack(both, List.of(remark)));
            } else if (shared.size() != 1 || !uid.isEmpty()) {
                result.add(new Stack(slices, List.of()));
            }
        });
        return result;
    }

    private static String names(List<Slice> slices) {
        return slices.stream()
                .limit(MOST_NAMED)
                .map(s -> s.file().getFileName().toString())
                .collect(Collectors.joining(", ", "", slices.size() > MOST_NAMED ? ", ..." : ""));
    }

    /** Divides what lies at the same positions, or between each other, by the first of the keys that can. */
    private static List<List<Slice>> acquisitions(List<Slice> stack, int firstKey) {
        boolean shares = sharesPositions(stack);
        for (int key = firstKey; key <= KEYS.size(); key++) {
            List<List<Slice>> parts = key < KEYS.size() ? parts(stack, KEYS.get(key)) : sweeps(stack);
            if (parts.size() > 1 && (shares || isInterleaved(stack, parts))) {
                List<List<Slice>> result = new ArrayList<>();
                for (List<Slice> part : parts) {
                    result.addAll(acquisitions(part, key + 1));
                }
                if (result.stream().noneMatch(StackGrouping::sharesPositions)) {
                    return result;
                }
            }
        }
        return List.of(stack);
    }

    /** The slices by a text; none if a slice has none, or one is alone with its text. */
    private static List<List<Slice>> parts(List<Slice> stack, Function<Slice, String> key) {
        Map<String, List<Slice>> parts =
                stack.stream().collect(Collectors.groupingBy(key, TreeMap::new, Collectors.toList()));
        boolean usable = !parts.containsKey("") && parts.values().stream().allMatch(p -> positions(p) > 1);
        return usable ? List.copyOf(parts.values()) : List.of();
    }

    /**
     * The slices by the sweeps in which their instance numbers run along the patient: several, of the same length and
     * direction, are as many acquisitions. So are slices whose numbers all are there equally often.
     */
    private static List<List<Slice>> sweeps(List<Slice> stack) {
        if (stack.stream().anyMatch(s -> s.acquisition().instance().isEmpty())) {
            return List.of();
        }
        Map<Integer, List<Slice>> byNumber = stack.stream()
                .sorted(Comparator.comparingDouble(StackGeometry::alongNormal))
                .collect(Collectors.groupingBy(
                        s -> s.acquisition().instance().getAsInt(), TreeMap::new, Collectors.toList()));
        List<List<Slice>> parts = byNumber.size() == stack.size()
                ? turns(byNumber.values().stream().map(slices -> slices.get(0)).toList())
                : repetitions(byNumber.values());
        if (parts.isEmpty()) {
            return parts;
        }
        int length = parts.get(0).size();
        boolean regular = length >= SHORTEST_SWEEP && parts.stream().allMatch(p -> p.size() == length);
        return regular ? parts : List.of();
    }

    /** Slices in the order of their numbers, cut where they turn back. */
    private static List<List<Slice>> turns(List<Slice> slices) {
        List<List<Slice>> parts = new ArrayList<>();
        Slice before = null;
        double direction = 0;
        for (Slice slice : slices) {
            double step = before == null ? 0 : StackGeometry.alongNormal(slice) - StackGeometry.alongNormal(before);
            direction = direction == 0 ? Math.signum(step) : direction;
            if (before == null || step * direction < 0) {
                parts.add(new ArrayList<>());
            }
            parts.get(parts.size() - 1).add(slice);
            before = slice;
        }
        return parts;
    }

    /** Slices that share their numbers, in the order of their positions: the first of each number, the second, ... */
    private static List<List<Slice>> repetitions(Collection<List<Slice>> byNumber) {
        int often = byNumber.iterator().next().size();
        List<List<Slice>> parts = new ArrayList<>();
        for (int part = 0; part < often; part++) {
            parts.add(new ArrayList<>());
        }
        for (List<Slice> slices : byNumber) {
            if (slices.size() != often || sharesPositions(slices)) {
                return List.of();
            }
            for (int part = 0; part < often; part++) {
                parts.get(part).add(slices.get(part));
            }
        }
        return parts;
    }

    /**
     * Whether slices of one part lie between those of another. If all together are evenly spaced but the parts are not,
     * then they are pieces of one volume.
     */
    private static boolean isInterleaved(List<Slice> stack, List<List<Slice>> parts) {
        Map<Slice, Integer> partOf = new IdentityHashMap<>();
        for (int p = 0; p < parts.size(); p++) {
            for (Slice slice : parts.get(p)) {
                partOf.put(slice, p);
            }
        }
        List<Slice> ordered = new ArrayList<>(stack);
        ordered.sort(Comparator.comparingDouble(StackGeometry::alongNormal));
        int runs = 1;
        for (int i = 1; i < ordered.size(); i++) {
            runs += partOf.get(ordered.get(i)).equals(partOf.get(ordered.get(i - 1))) ? 0 : 1;
        }
        return runs > parts.size()
                && (!StackGeometry.isEven(stack) || parts.stream().allMatch(StackGeometry::isEven));
    }

    /** Whether different slices lie at one position; copies of one do not count. */
    private static boolean sharesPositions(List<Slice> stack) {
        List<Slice> ordered = new ArrayList<>(stack);
        ordered.sort(Comparator.comparingDouble(StackGeometry::alongNormal)
                .thenComparing(Slice::sopInstance)
                .thenComparing(Slice::frame));
        for (int i = 1; i < ordered.size(); i++) {
            Slice a = ordered.get(i - 1);
            Slice b = ordered.get(i);
            boolean copy = a.sopInstance().equals(b.sopInstance()) && a.frame() == b.frame();
            if (!copy && StackGeometry.alongNormal(b) - StackGeometry.alongNormal(a) < StackGeometry.SAME_POSITION_MM) {
                return true;
            }
        }
        return false;
    }

    private static int positions(List<Slice> stack) {
        double[] sorted =
                stack.stream().mapToDouble(StackGeometry::alongNormal).sorted().toArray();
        int count = 1;
        for (int i = 1; i < sorted.length; i++) {
            count += sorted[i] - sorted[i - 1] < StackGeometry.SAME_POSITION_MM ? 0 : 1;
        }
        return count;
    }
}

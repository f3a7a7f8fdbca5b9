// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.efficientsegnet.io.dicom.FolderScan.FileRemark;
import org.efficientsegnet.io.format.FormatException;

/**
 * What became of the files around the slices of a stack: which cannot be read though they may be slices, which were passed
 * over, and what was remarkable about those that were used. The work for a stack grows with its own slices only.
 */
final class StackRemarks {

    /** So many files are named in one remark. */
    private static final int MOST_NAMED = 10;

    private static final Files NONE = new Files(List.of(), 0);

    private final List<FormatException> anywhere;
    private final Map<String, List<FormatException>> ofSeries = new HashMap<>();
    private final Map<Path, List<FormatException>> inFolder = new HashMap<>();
    private final Map<Path, Map<String, Files>> passedOver = new HashMap<>();
    private final Map<Path, Map<String, Files>> slices = new HashMap<>();
    private final Map<Path, Integer> sliceFiles = new HashMap<>();
    private final Map<Path, List<String>> onFiles = new HashMap<>();

    /** Files of which the first are named. */
    private record Files(List<Path> first, int count) {

        Files plus(Files other) {
            return new Files(
                    Stream.concat(first.stream(), other.first.stream())
                            .limit(MOST_NAMED)
                            .toList(),
                    count + other.count);
        }

        @Override
        public String toString() {
            return first.stream().map(f -> f.getFileName().toString()).collect(Collectors.joining(", ")) + more(count);
        }
    }

    StackRemarks(FolderScan scan) {
        Set<Path> seen = new HashSet<>();
        for (Slice slice : scan.slices()) {
            if (seen.add(slice.file())) {
                add(slices, slice.file(), slice.series().uid());
                sliceFiles.merge(slice.folder(), 1, Integer::sum);
            }
        }
        scan.passedOver().forEach(other -> add(passedOver, other.file(), other.text()));
        for (FileRemark remark : scan.remarks()) {
            onFiles.computeIfAbsent(remark.file(), file -> new ArrayList<>()).add(remark.text());
        }
        List<FormatException> others = new ArrayList<>();
        for (FolderScan.Problem problem : scan.problems()) {
            List<FormatException> where = others;
            if (problem.series().isPresent()) {
                where = ofSeries.computeIfAbsent(problem.series().get(), uid -> new ArrayList<>());
            } else if (problem.folder().filter(slices::containsKey).isPresent()) {
                where = inFolder.computeIfAbsent(problem.folder().get(), folder -> new ArrayList<>());
            }
            where.add(problem.cause());
        }
        anywhere = List.copyOf(others);
    }

    private static void add(Map<Path, Map<String, Files>> to, Path file, String text) {
        to.computeIfAbsent(Slice.folderOf(file), folder -> new TreeMap<>())
                .merge(text, new Files(List.of(file), 1), Files::plus);
    }

    /** The files of a stack's series that cannot be read, and those that may be of it for all that is known. */
    List<FormatException> problems(List<Slice> stack) {
        List<FormatException> own =
                new ArrayList<>(ofSeries.getOrDefault(stack.get(0).series().uid(), List.of()));
        folders(stack).forEach(folder -> own.addAll(inFolder.getOrDefault(folder, List.of())));
        if (own.isEmpty()) {
            return anywhere;
        }
        own.addAll(anywhere);
        return own;
    }

    /** A remark on files that are left out although they may be slices; none if there are none. */
    static List<String> leftOut(List<FormatException> problems) {
        return problems.isEmpty()
                ? List.of()
                : List.of("left out as unreadable: "
                        + problems.stream()
                                .limit(MOST_NAMED)
                                .map(p -> p.file().getFileName() + " (" + p.field() + ": " + p.found() + ")")
                                .collect(Collectors.joining(", "))
                        + more(problems.size()));
    }

    /** Remarks on the files of a stack and on all others in their folders. */
    List<String> remarks(List<Slice> stack) {
        String uid = stack.get(0).series().uid();
        Map<String, Files> others = new TreeMap<>();
        for (Path folder : folders(stack)) {
            passedOver.getOrDefault(folder, Map.of()).forEach((text, files) -> others.merge(text, files, Files::plus));
            Files strangers = strangers(folder, uid);
            if (strangers.count > 0) {
                others.merge("slices of other series", strangers, Files::plus);
            }
        }
        List<String> remarks = new ArrayList<>();
        others.forEach((text, files) -> remarks.add("passed over: " + text + " (" + files + ")"));
        Map<String, Files> own = new TreeMap<>();
        for (Path file : stack.stream().map(Slice::file).collect(Collectors.toCollection(LinkedHashSet::new))) {
            onFiles.getOrDefault(file, List.of())
                    .forEach(text -> own.merge(text, new Files(List.of(file), 1), Files::plus));
        }
        own.forEach((text, files) -> remarks.add(text + " (" + files + ")"));
        return remarks;
    }

    /** The slices of other series in a folder. */
    private Files strangers(Path folder, String uid) {
        Map<String, Files> bySeries = slices.get(folder);
        List<Path> first = bySeries.entrySet().stream()
                .filter(e -> !e.getKey().equals(uid))
                .flatMap(e -> e.getValue().first.stream())
                .limit(MOST_NAMED)
                .toList();
        return new Files(first, sliceFiles.get(folder) - bySeries.getOrDefault(uid, NONE).count);
    }

    private static Set<Path> folders(List<Slice> slices) {
        return slices.stream().map(Slice::folder).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static String more(int count) {
        return count > MOST_NAMED ? " and " + (count - MOST_NAMED) + " more" : "";
    }
}

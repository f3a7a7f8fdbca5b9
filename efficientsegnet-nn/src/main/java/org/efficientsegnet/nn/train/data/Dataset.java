// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.efficientsegnet.files.TextFiles;

/**
 * The cases of a data set, ordered by name. Immutable.
 *
 * @param pairs the cases
 * @param problems what was found that is not a case, in words
 */
public record Dataset(List<CasePair> pairs, List<String> problems) {

    private static final String IMAGE = "_0000.nii.gz";
    private static final String LABELS = ".nii.gz";
    private static final int DEPTH = 4;
    private static final int MOST_TOLD = 3;

    /** Copies the lists. */
    public Dataset {
        pairs = List.copyOf(pairs);
        problems = List.copyOf(problems);
    }

    /**
     * A folder as FLARE21 has it: images {@code train_000_0000.nii.gz} and labels {@code train_000.nii.gz}, together or
     * in folders of their own below it.
     *
     * @throws IOException if the folder cannot be read or holds no pair
     */
    public static Dataset flare(Path folder) throws IOException {
        Map<String, Path> images = new TreeMap<>();
        Map<String, Path> labels = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(folder, DEPTH)) {
            for (Path file : (Iterable<Path>) walk.filter(Files::isRegularFile).sorted()::iterator) {
                String name = file.getFileName().toString();
                if (name.endsWith(IMAGE)) {
                    images.put(name.substring(0, name.length() - IMAGE.length()), file);
                } else if (name.endsWith(LABELS)) {
                    labels.put(name.substring(0, name.length() - LABELS.length()), file);
                }
            }
        }
        List<CasePair> pairs = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        images.forEach((id, image) -> {
            if (labels.containsKey(id)) {
                add(pairs, problems, id, image, labels.get(id));
            } else {
                problems.add(image + " has no labels: there is no " + id + LABELS + " in " + folder);
            }
        });
        if (pairs.isEmpty()) {
            throw new IOException(folder + " holds no pair of an image NAME" + IMAGE + " and labels NAME" + LABELS
                    + reasons(problems) + "; name the files so, or list the pairs in a CSV file");
        }
        return new Dataset(pairs, problems);
    }

    /**
     * A CSV file with a line for each case: image, labels, and the case's name if it shall not be the image's. Paths
     * are relative to the file. The image may be left out where scans are painted from label maps. A first line {@code
     * image,labels…} is a heading; empty lines and those that begin with {@code #} are skipped. A byte order mark does
     * not count.
     *
     * @throws IOException if the file cannot be read or lists no pair
     */
    public static Dataset csv(Path file) throws IOException {
        List<CasePair> pairs = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        Set<String> ids = new LinkedHashSet<>();
        List<String> lines = TextFiles.lines(file);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#") || i == 0 && line.startsWith("image,")) {
                continue;
            }
            String[] fields = line.split(",", -1);
            String where = file.getFileName() + ", line " + (i + 1);
            if (fields.length < 2 || fields.length > 3) {
                problems.add(where + ": " + fields.length + " fields; image,labels or image,labels,name are expected");
                continue;
            }
            Path base = file.toAbsolutePath().getParent();
            Path image = base.resolve(fields[0].strip());
            Path named = fields[0].isBlank() ? base.resolve(fields[1].strip()) : image;
            String id = fields.length == 3
                    ? fields[2].strip()
                    : named.getFileName().toString().replaceFirst("(_0000)?\\.[A-Za-z.]+$", "");
            if (!ids.add(id)) {
                problems.add(where + ": there is another case named " + id);
            } else {
                add(pairs, problems, id, image, base.resolve(fields[1].strip()));
            }
        }
        if (pairs.isEmpty()) {
            throw new IOException(file + " lists no pair"
                    + (problems.isEmpty() ? "; a line is image,labels or image,labels,name" : reasons(problems)));
        }
        pairs.sort(Comparator.comparing(CasePair::id));
        return new Dataset(pairs, problems);
    }

    private static String reasons(List<String> problems) {
        return problems.isEmpty()
                ? ""
                : problems.stream().limit(MOST_TOLD).collect(Collectors.joining("; ", " (", ""))
                        + (problems.size() > MOST_TOLD ? "; and " + (problems.size() - MOST_TOLD) + " more)" : ")");
    }

    private static void add(List<CasePair> pairs, List<String> problems, String id, Path image, Path labels) {
        try {
            pairs.add(new CasePair(id, image, labels));
        } catch (IllegalArgumentException e) {
            problems.add(image + ": " + e.getMessage());
        }
    }
}

package org.efficientsegnet.io.cases;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.FormatException;

/**
 * Finds the scans below folders. A scan is a file whose content one of the formats recognises, or whose name has a
 * scan's ending (if it is broken, the batch says so instead of passing over it), or a folder with DICOM files, one case
 * a series. Hidden files and folders are passed over, and linked folders are not followed.
 */
public final class CaseFinder {

    private static final String DICOM = "DICOM";

    private final SeriesLister series;

    /** @param series tells the series of a DICOM folder */
    public CaseFinder(SeriesLister series) {
        this.series = series;
    }

    /** Tells which DICOM series lie in a folder. */
    @FunctionalInterface
    public interface SeriesLister {
        /**
         * Lists the series in a folder and below it.
         *
         * @return the UIDs of those that are worth segmenting
         * @throws IOException if the folder cannot be read, or is no DICOM folder
         */
        List<String> list(Path folder) throws IOException;
    }

    /**
     * What was found.
     *
     * @param cases ordered by name, each name once
     * @param passedOver how many files were neither a scan nor part of one
     */
    public record Found(List<BatchCase> cases, int passedOver) {

        /** Copies the list. */
        public Found {
            cases = List.copyOf(cases);
        }
    }

    /**
     * Looks through files and folders.
     *
     * @param inputs files are taken as they are, folders are searched
     * @param output the folder of the results, which is not searched
     * @throws NoSuchFileException if an input does not exist
     * @throws IOException if a folder cannot be read
     */
    public Found find(List<Path> inputs, Path output) throws IOException {
        List<BatchCase> cases = new ArrayList<>();
        int passedOver = 0;
        for (Path input : inputs) {
            if (Files.isDirectory(input)) {
                Search search = new Search(input, output);
                Files.walkFileTree(input, search);
                search.addDicomCases();
                cases.addAll(search.cases);
                passedOver += search.passedOver;
            } else if (Files.exists(input)) {
                String name = input.getFileName().toString();
                cases.add(new BatchCase(ScanNames.stem(name), input, Optional.empty()));
            } else {
                throw new NoSuchFileException(input.toString());
            }
        }
        cases.sort(Comparator.comparing(BatchCase::name)
                .thenComparing(c -> c.input().toString()));
        return new Found(distinct(cases), passedOver);
    }

    /** Gives cases that would write to the same place names of their own. */
    private static List<BatchCase> distinct(List<BatchCase> cases) {
        List<BatchCase> result = new ArrayList<>(cases.size());
        Set<String> taken = new HashSet<>();
        for (BatchCase c : cases) {
            String name = c.name();
            if (taken.contains(name)) {
                Path parent = Optional.ofNullable(Path.of(name).getParent()).orElse(Path.of(""));
                name = slashed(parent.resolve(c.input().getFileName()));
            }
            String base = name;
            for (int n = 2; !taken.add(name); n++) {
                name = base + "_" + n;
            }
            result.add(new BatchCase(name, c.input(), c.series()));
        }
        return result;
    }

    private static String slashed(Path path) {
        List<String> parts = new ArrayList<>();
        path.forEach(part -> parts.add(part.toString()));
        return String.join("/", parts);
    }

    private final class Search extends SimpleFileVisitor<Path> {

        private final Path root;
        private final Path output;
        private final List<BatchCase> cases = new ArrayList<>();
        private final Set<Path> dicomFolders = new TreeSet<>();
        private int passedOver;

        Search(Path root, Path output) {
            this.root = root;
            this.output = output.toAbsolutePath().normalize();
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            boolean searched = folder.equals(root)
                    || !isHidden(folder) && !folder.toAbsolutePath().normalize().equals(output);
            return searched ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (isHidden(file) || !Files.isRegularFile(file)) {
                return FileVisitResult.CONTINUE;
            }
            Optional<String> ending = ScanNames.ending(file.getFileName().toString());
            Path folder = file.getParent();
            if (ending.equals(Optional.of(".dcm"))) {
                dicomFolders.add(folder);
            } else if (isDataOfHeader(file)) {
                return FileVisitResult.CONTINUE;
            } else if (ending.isPresent()) {
                cases.add(new BatchCase(nameOf(file), file, Optional.empty()));
            } else if (!dicomFolders.contains(folder)) {
                // A folder of a thousand slices without endings is known by the first of them.
                visitUnnamed(file, folder);
            }
            return FileVisitResult.CONTINUE;
        }

        /** Whether this is the data file of a NIfTI pair, which is read with its header. */
        private boolean isDataOfHeader(Path file) {
            String name = file.getFileName().toString();
            return name.endsWith(".img")
                    && Files.exists(file.resolveSibling(name.substring(0, name.length() - 4) + ".hdr"));
        }

        private void visitUnnamed(Path file, Path folder) throws IOException {
            try {
                if (Volumes.recognise(file).name().equals(DICOM)) {
                    dicomFolders.add(folder);
                } else {
                    cases.add(new BatchCase(nameOf(file), file, Optional.empty()));
                }
            } catch (FormatException e) {
                passedOver++;
            }
        }

        /** Adds the cases of the DICOM folders; one inside another is covered by the outer one. */
        void addDicomCases() {
            for (Path folder : dicomFolders) {
                boolean covered =
                        dicomFolders.stream().anyMatch(other -> !other.equals(folder) && folder.startsWith(other));
                if (!covered) {
                    addSeries(folder);
                }
            }
        }

        private void addSeries(Path folder) {
            List<String> uids;
            try {
                uids = series.list(folder);
            } catch (IOException e) {
                // The case fails when it is read, with this reason.
                uids = List.of();
            }
            if (uids.size() < 2) {
                cases.add(new BatchCase(nameOf(folder), folder, Optional.empty()));
            } else {
                for (String uid : uids) {
                    cases.add(new BatchCase(nameOf(folder) + "/" + uid, folder, Optional.of(uid)));
                }
            }
        }

        private String nameOf(Path path) {
            if (path.equals(root)) {
                Path name = root.toAbsolutePath().normalize().getFileName();
                return name == null ? "case" : name.toString();
            }
            Path relative = root.relativize(path);
            String last = relative.getFileName().toString();
            return slashed(relative.resolveSibling(Files.isDirectory(path) ? last : ScanNames.stem(last)));
        }

        private boolean isHidden(Path path) {
            Path name = path.getFileName();
            return name != null && name.toString().startsWith(".");
        }
    }
}

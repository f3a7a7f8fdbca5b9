// SPDX-License-Identifier: Apache-2.0
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.DicomFormat;
import org.efficientsegnet.io.dicom.DicomSeries;
import org.efficientsegnet.io.format.FileProbe;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.UnsupportedFormatException;

/**
 * Finds the scans below folders. A scan is a file whose content one of the formats recognises, or whose name has a
 * scan's ending (if it is broken, the batch says so instead of passing over it), or a folder or zip archive with DICOM
 * files, one case a volume. Hidden files and folders are passed over, and linked folders are not followed.
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
         * Lists the series in a folder and below it, or in an archive.
         *
         * @return the names of those that are worth segmenting, by which {@code ReadOptions} choose them
         * @throws IOException if the folder cannot be read, or is no DICOM folder
         */
        List<String> list(Path folder) throws IOException;
    }

    /** Lists the volumes of a folder, an archive or a medium; localisers and single images are left out. */
    public static SeriesLister volumes(ReadOptions options) {
        return folder -> DicomSeries.find(folder, options).stream()
                .filter(DicomSeries::isVolume)
                .map(DicomSeries::name)
                .toList();
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
                String name = ScanNames.caseName(input.getFileName().toString());
                cases.addAll(
                        isDicom(input) ? seriesOf(input, name) : List.of(new BatchCase(name, input, Optional.empty())));
            } else {
                throw new NoSuchFileException(input.toString());
            }
        }
        cases.sort(Comparator.comparing(BatchCase::name)
                .thenComparing(c -> c.input().toString()));
        return new Found(distinct(cases), passedOver);
    }

    private static boolean isDicom(Path file) throws IOException {
        try {
            return Volumes.recognise(file).name().equals(DICOM);
        } catch (FormatException e) {
            // The case fails when it is read, with this reason.
            return false;
        }
    }

    private static boolean isArchive(Path file) {
        return ScanNames.isArchive(file.getFileName().toString());
    }

    /** A case for every volume of a folder, or the one that it is. */
    private List<BatchCase> seriesOf(Path input, String name) {
        try {
            return casesOf(input, name, series.list(input));
        } catch (IOException e) {
            // The case fails when it is read, with this reason.
            return casesOf(input, name, List.of());
        }
    }

    /**
     * A case for every volume of a folder or archive.
     *
     * @param name the case's name if it is a single one
     * @param series of the volumes
     */
    public static List<BatchCase> casesOf(Path input, String name, List<String> series) {
        if (series.size() < 2) {
            return List.of(new BatchCase(name, input, Optional.empty()));
        }
        return series.stream()
                .map(one -> new BatchCase(name + "/" + one, input, Optional.of(one)))
                .toList();
    }

    /** Gives cases that would write to the same place names of their own. */
    private static List<BatchCase> distinct(List<BatchCase> cases) {
        List<String> names = ScanNames.distinct(
                cases.stream().map(BatchCase::name).toList(),
                cases.stream().map(c -> c.input().getFileName().toString()).toList());
        return IntStream.range(0, cases.size())
                .mapToObj(i -> new BatchCase(
                        names.get(i), cases.get(i).input(), cases.get(i).series()))
                .toList();
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
            } else if (isArchive(file)) {
                visitArchive(file);
            } else if (ScanNames.isDataOfHeader(
                    file.getFileName().toString(), name -> Files.exists(file.resolveSibling(name)))) {
                return FileVisitResult.CONTINUE;
            } else if (ending.isPresent()) {
                cases.add(new BatchCase(nameOf(file), file, Optional.empty()));
            } else if (!dicomFolders.contains(folder)) {
                // A folder of a thousand slices without endings is known by the first of them.
                visitUnnamed(file, folder);
            }
            return FileVisitResult.CONTINUE;
        }

        /** An archive of other things is passed over, as other files are; a broken one is told when it is read. */
        private void visitArchive(Path file) {
            try {
                cases.addAll(casesOf(file, nameOf(file), series.list(file)));
            } catch (IOException e) {
                if (e instanceof UnsupportedFormatException other
                        && other.file().equals(file)) {
                    passedOver++;
                } else {
                    cases.addAll(casesOf(file, nameOf(file), List.of()));
                }
            }
        }

        private void visitUnnamed(Path file, Path folder) throws IOException {
            try {
                if (DicomFormat.isArchive(FileProbe.of(file))) {
                    visitArchive(file);
                } else if (Volumes.recognise(file).name().equals(DICOM)) {
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
                    cases.addAll(seriesOf(folder, nameOf(folder)));
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
            return slashed(relative.resolveSibling(Files.isDirectory(path) ? last : ScanNames.caseName(last)));
        }

        private boolean isHidden(Path path) {
            Path name = path.getFileName();
            return name != null && name.toString().startsWith(".");
        }
    }
}

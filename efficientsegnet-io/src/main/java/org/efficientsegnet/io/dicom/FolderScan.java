package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;

/**
 * What a folder holds: the slices of all CT series in it and below it, the files that are broken, and counts of what was
 * passed over. Symbolic links inside the folder are not followed.
 *
 * @param slices of all series, in the order of their paths
 * @param problems files that hold a CT slice or may do so, but cannot be read
 * @param others how many files there are of other kinds
 * @param links how many symbolic links were passed over
 */
record FolderScan(List<Slice> slices, List<Problem> problems, Map<String, Integer> others, int links) {

    private static final int DEEPEST = 64;

    /**
     * A file that cannot be read.
     *
     * @param series what it belongs to, empty if that cannot be said
     * @param cause what is wrong
     */
    record Problem(Optional<Slice.SeriesLabel> series, FormatException cause) {}

    private record FileResult(List<Slice> slices, Optional<Problem> problem, String other) {

        static FileResult stray(String kind) {
            return new FileResult(List.of(), Optional.empty(), kind);
        }

        static FileResult broken(Optional<Slice.SeriesLabel> series, FormatException cause) {
            return new FileResult(List.of(), Optional.of(new Problem(series, cause)), "");
        }
    }

    /** Looks at every file of a folder, or at one file. */
    static FolderScan of(Path path, ReadOptions options) throws IOException {
        List<Path> files = new ArrayList<>();
        int links = 0;
        if (Files.isDirectory(path)) {
            links = walk(path, files, options.limits());
        } else {
            files.add(path);
        }
        files.sort(null);
        FileResult[] results = new FileResult[files.size()];
        try {
            options.parallelism().forRange(results.length, (from, to) -> {
                for (int i = from; i < to; i++) {
                    try {
                        results[i] = file(files.get(i), options.limits());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        List<Slice> slices = new ArrayList<>();
        List<Problem> problems = new ArrayList<>();
        Map<String, Integer> others = new TreeMap<>();
        for (FileResult result : results) {
            slices.addAll(result.slices);
            result.problem.ifPresent(problems::add);
            if (!result.other.isEmpty()) {
                others.merge(result.other, 1, Integer::sum);
            }
        }
        return new FolderScan(slices, problems, others, links);
    }

    private static int walk(Path folder, List<Path> files, ReadLimits limits) throws IOException {
        int[] links = {0};
        // The folder itself may be a link; what is in it may not, so that nothing outside of it is ever read.
        Files.walkFileTree(folder.toRealPath(), Set.of(), DEEPEST, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isSymbolicLink()) {
                    links[0]++;
                } else if (attributes.isRegularFile()) {
                    if (files.size() >= limits.maxFiles()) {
                        throw new LimitExceededException(
                                folder,
                                "folder",
                                "more than " + limits.maxFiles() + " files",
                                "Give the folder of one examination, or raise ReadLimits.maxFiles.");
                    }
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return links[0];
    }

    private static FileResult file(Path path, ReadLimits limits) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(path)) {
            head = in.readNBytes(132);
        }
        boolean marked = DicomReader.hasMark(head);
        if (!marked && !DicomReader.looksBare(head)) {
            return FileResult.stray("files that are no DICOM");
        }
        Source source = Source.of(path);
        Optional<Slice.SeriesLabel> label = Optional.empty();
        try {
            if (marked) {
                // A directory or a report may be large and is nothing to be parsed here.
                String kind = DicomReader.readMeta(source, limits).sopClass();
                if (!kind.isEmpty() && !SliceParser.isCt(kind)) {
                    return FileResult.stray(SliceParser.kind(kind));
                }
            }
            DicomFile file = DicomReader.read(source, limits);
            if (marked && file.sopClass().isEmpty()) {
                throw file.dataSet().bad(Tag.SOP_CLASS_UID, "is absent, so that nobody knows what this file is");
            }
            if (!SliceParser.isCt(file.sopClass())) {
                return FileResult.stray(SliceParser.kind(file.sopClass()));
            }
            label = Optional.of(SliceParser.label(file));
            return new FileResult(SliceParser.slices(file, limits), Optional.empty(), "");
        } catch (FormatException e) {
            return marked || label.isPresent()
                    ? FileResult.broken(label, e)
                    : FileResult.stray("files that are no DICOM");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;

/**
 * What the files of an input hold: the slices of all CT series, the files that are broken, and those that were passed
 * over.
 *
 * @param slices of all series, in the order of their paths
 * @param problems files that hold a CT slice or may do so, but cannot be read
 * @param passedOver files that hold none, with what they are
 * @param remarks on files that hold slices
 */
record FolderScan(List<Slice> slices, List<Problem> problems, List<FileRemark> passedOver, List<FileRemark> remarks) {

    private static final String NO_DICOM = "files that are no DICOM";
    private static final String LINKS = "symbolic links, which are not followed";
    private static final String REMEDY = "Get the file again, take it away, or allow that unreadable files are left out"
            + " (ReadOptions.withSkipUnreadable, --skip-unreadable).";

    /**
     * A file that cannot be read.
     *
     * @param series what it belongs to, empty if that cannot be said
     * @param folder of the file, if it is known as a slice by its name and place only: a slice of the series there
     * @param cause what is wrong
     */
    record Problem(Optional<String> series, Optional<Path> folder, FormatException cause) {}

    /**
     * Something about a file.
     *
     * @param file which
     * @param text what, such that it can be said of several: "secondary capture images"
     */
    record FileRemark(Path file, String text) {}

    /**
     * What became of a file.
     *
     * @param problem if it cannot be read
     * @param other what it is if it holds no slice, else empty
     * @param unread why it says nothing of itself, for the case that its name says that it is a slice; else empty
     * @param remarks on it, or empty
     */
    private record FileResult(
            List<Slice> slices, Optional<Problem> problem, String other, String unread, List<String> remarks) {

        static FileResult other(String kind) {
            return new FileResult(List.of(), Optional.empty(), kind, "", List.of());
        }

        static FileResult unread(String kind, String why) {
            return new FileResult(List.of(), Optional.empty(), kind, why, List.of());
        }

        static FileResult broken(Problem problem) {
            return new FileResult(List.of(), Optional.of(problem), "", "", List.of());
        }
    }

    /** Looks at every file of a folder, an archive or a medium, or at one file. */
    static FolderScan of(Path path, ReadOptions options) throws IOException {
        return of(DicomFiles.of(path, options.limits()), options);
    }

    /** Looks at files that were listed before. */
    static FolderScan of(DicomFiles input, ReadOptions options) throws IOException {
        List<Path> files =
                new ArrayList<>(input.files().stream().map(Source::path).toList());
        List<FileResult> results = new ArrayList<>(read(input.files(), options));
        for (Path link : input.links()) {
            files.add(link);
            results.add(FileResult.unread(LINKS, "a symbolic link, which is not followed"));
        }
        List<Slice> slices = results.stream().flatMap(r -> r.slices.stream()).toList();
        SliceNames names = new SliceNames(slices);
        List<Problem> problems = new ArrayList<>();
        input.absent().forEach(cause -> problems.add(new Problem(Optional.empty(), Optional.empty(), cause)));
        List<FileRemark> passedOver = new ArrayList<>();
        List<FileRemark> remarks = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            Path file = files.get(i);
            FileResult result = results.get(i);
            result.problem.ifPresent(problems::add);
            result.remarks.forEach(text -> remarks.add(new FileRemark(file, text)));
            if (!result.unread.isEmpty() && names.includes(file)) {
                FormatException cause = new FormatException(
                        file, "file", result.unread + "; by its name it is one of the slices beside it", REMEDY);
                problems.add(new Problem(Optional.empty(), Optional.of(Slice.folderOf(file)), cause));
            } else if (!result.other.isEmpty()) {
                passedOver.add(new FileRemark(file, result.other));
            }
        }
        passedOver.sort(Comparator.comparing(FileRemark::text).thenComparing(FileRemark::file));
        return new FolderScan(slices, problems, passedOver, remarks);
    }

    private static List<FileResult> read(List<Source> files, ReadOptions options) throws IOException {
        FileResult[] results = new FileResult[files.size()];
        Closeable open = files.isEmpty() ? () -> {} : files.get(0).keepOpen();
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
        } finally {
            open.close();
        }
        return List.of(results);
    }

    private static FileResult file(Source file, ReadLimits limits) throws IOException {
        Source bytes;
        try {
            bytes = file.loaded();
        } catch (FormatException e) {
            return FileResult.broken(new Problem(Optional.empty(), Optional.of(Slice.folderOf(file.path())), e));
        }
        byte[] head = DicomFiles.head(bytes);
        boolean marked = DicomReader.hasMark(head);
        if (!marked && !DicomReader.looksBare(head)) {
            return noDicom(head);
        }
        Optional<String> series = Optional.empty();
        try {
            // A directory or a report may be large and is nothing to be parsed here.
            String kind = DicomReader.kind(bytes, limits);
            if (!kind.isEmpty() && !SliceParser.isCt(kind)) {
                return FileResult.other(SliceParser.kind(kind));
            }
            DicomFile image = DicomReader.read(bytes, limits).at(file);
            if (marked && image.sopClass().isEmpty()) {
                throw image.dataSet().bad(Tag.SOP_CLASS_UID, "is absent, so that nobody knows what this file is");
            }
            if (!SliceParser.isCt(image.sopClass())) {
                return FileResult.other(SliceParser.kind(image.sopClass()));
            }
            series = Optional.of(SliceParser.label(image).uid());
            Set<String> remarks = new LinkedHashSet<>();
            disagreement(image).ifPresent(remarks::add);
            List<Slice> slices = SliceParser.slices(image, limits, remarks);
            return new FileResult(slices, Optional.empty(), "", "", List.copyOf(remarks));
        } catch (FormatException e) {
            // Bytes without the mark may be something else that begins alike, if not beside slices.
            Optional<Path> folder =
                    marked || series.isPresent() ? Optional.empty() : Optional.of(Slice.folderOf(file.path()));
            return FileResult.broken(new Problem(series, folder, e));
        }
    }

    private static FileResult noDicom(byte[] head) {
        if (head.length == 0) {
            return FileResult.unread("empty files", "an empty file");
        }
        if ((head[0] & 0xff) == 0x1f && head.length > 1 && (head[1] & 0xff) == 0x8b) {
            return FileResult.unread("files compressed by gzip", "a file compressed by gzip");
        }
        for (byte b : head) {
            if (b != 0) {
                return FileResult.unread(NO_DICOM, "no DICOM");
            }
        }
        return FileResult.unread(NO_DICOM, "nothing but zeros where DICOM begins");
    }

    /** What is remarkable about a file that is not what its meta information says. */
    private static Optional<String> disagreement(DicomFile image) {
        return image.meta()
                .text(Tag.MEDIA_STORAGE_SOP_CLASS_UID)
                .filter(kind -> !kind.equals(image.sopClass()))
                .map(kind -> "the file meta information says " + SliceParser.kind(kind)
                        + ", the data set a CT image, which was believed");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;

/**
 * The files that an input stands for: those of a folder and the folders below it, those of a zip archive, those of the
 * folder that a DICOMDIR lies in, or one file.
 *
 * @param files whose content is to be looked at, in the order of their paths
 * @param links symbolic links, which are not followed, so that nothing outside of the folder is ever read
 * @param absent CT images that the DICOMDIR names and that are not there
 */
record DicomFiles(List<Source> files, List<Path> links, List<FormatException> absent) {

    /** What messages call the folder of files that lie in none. */
    static final Path MEMORY = Path.of("memory");

    private static final int DEEPEST = 64;
    private static final int HEAD = 132;

    /**
     * Lists an input's files.
     *
     * @throws FormatException if there are too many, or an archive or a DICOMDIR is damaged
     * @throws IOException if the operating system fails
     */
    static DicomFiles of(Path path, ReadLimits limits) throws IOException {
        if (Files.isDirectory(path)) {
            return below(path, limits);
        }
        Source source = Source.of(path);
        byte[] head = head(source);
        if (DicomZip.hasMark(head)) {
            return new DicomFiles(DicomZip.entries(path, limits), List.of(), List.of());
        }
        if (isDirectory(source, head, limits)) {
            DicomFiles all = below(path.toAbsolutePath().getParent(), limits);
            return new DicomFiles(all.files, all.links, absent(source, all, limits));
        }
        return new DicomFiles(List.of(source), List.of(), List.of());
    }

    /**
     * Files that are in memory, named by their numbers.
     *
     * @throws FormatException if there are too many
     */
    static DicomFiles inMemory(List<ByteBuffer> files, ReadLimits limits) throws FormatException {
        if (files.size() > limits.maxFiles()) {
            throw new LimitExceededException(
                    MEMORY,
                    "instances",
                    files.size() + " of them, more than " + limits.maxFiles(),
                    "Give those of one examination, or raise ReadLimits.maxFiles.");
        }
        List<Source> sources = new ArrayList<>();
        for (ByteBuffer file : files) {
            Path name = MEMORY.resolve(String.format(Locale.ROOT, "instance-%05d", sources.size() + 1));
            sources.add(Source.of(name, bytes(file)));
        }
        return new DicomFiles(sources, List.of(), List.of());
    }

    /** What remains of a buffer; its array itself if that is all of it. */
    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer.hasArray()
                && buffer.arrayOffset() == 0
                && buffer.position() == 0
                && buffer.remaining() == buffer.array().length) {
            return buffer.array();
        }
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return copy;
    }

    /** The bytes by which a DICOM file or an archive is recognised. */
    static byte[] head(Source source) throws IOException {
        try (InputStream in = source.open(0)) {
            return in.readNBytes(HEAD);
        }
    }

    private static boolean isDirectory(Source source, byte[] head, ReadLimits limits) throws IOException {
        try {
            return DicomReader.hasMark(head) && DicomReader.kind(source, limits).equals(DicomReader.DIRECTORY);
        } catch (FormatException e) {
            // Whoever reads it as an image says what is wrong.
            return false;
        }
    }

    private static DicomFiles below(Path folder, ReadLimits limits) throws IOException {
        List<Source> files = new ArrayList<>();
        List<Path> links = new ArrayList<>();
        // The folder itself may be a link; what is in it may not.
        Files.walkFileTree(folder.toRealPath(), Set.of(), DEEPEST, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isDirectory()) {
                    throw new LimitExceededException(
                            file,
                            "folder",
                            "folders nested deeper than " + DEEPEST + " levels",
                            "Give the folder of one examination.");
                }
                if (files.size() + links.size() >= limits.maxFiles()) {
                    throw new LimitExceededException(
                            folder,
                            "folder",
                            "more than " + limits.maxFiles() + " files",
                            "Give the folder of one examination, or raise ReadLimits.maxFiles.");
                }
                if (attributes.isSymbolicLink()) {
                    links.add(file);
                } else if (attributes.isRegularFile()) {
                    files.add(Source.of(file));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        files.sort(Comparator.comparing(Source::path));
        links.sort(null);
        return new DicomFiles(files, links, List.of());
    }

    /** What of a DICOMDIR's images is not there, whatever the case of the names (PS3.3 section F, PS3.10 section 8). */
    private static List<FormatException> absent(Source directory, DicomFiles all, ReadLimits limits)
            throws IOException {
        Path folder = directory.path().toAbsolutePath().getParent().toRealPath();
        Set<String> there = new HashSet<>();
        for (Source file : all.files) {
            there.add(name(folder.relativize(file.path())));
        }
        List<FormatException> absent = new ArrayList<>();
        DataSet records = DicomReader.read(directory, limits).dataSet();
        for (DataSet record : records.items(Tag.DIRECTORY_RECORD_SEQUENCE)) {
            Optional<String> kind = record.text(Tag.REFERENCED_SOP_CLASS_UID_IN_FILE);
            String name = String.join("/", record.texts(Tag.REFERENCED_FILE_ID));
            if (kind.filter(SliceParser::isCt).isPresent() && !there.contains(name.toLowerCase(Locale.ROOT))) {
                absent.add(new FormatException(
                        directory.path(),
                        Tag.describe(Tag.REFERENCED_FILE_ID),
                        "names the CT image " + name + ", which is not there",
                        "Copy the whole medium, or give the folder instead of its DICOMDIR."));
            }
        }
        return absent;
    }

    private static String name(Path relative) {
        List<String> parts = new ArrayList<>();
        relative.forEach(part -> parts.add(part.toString()));
        return String.join("/", parts).toLowerCase(Locale.ROOT);
    }
}

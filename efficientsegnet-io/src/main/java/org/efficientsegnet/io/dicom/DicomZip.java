// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;

/**
 * The files of a zip archive, a study for instance. Nothing is unpacked to the disk; an entry comes into memory when it is
 * read, no further than its declared size, and its checksum is verified.
 */
final class DicomZip {

    private static final byte[] ENTRY = {'P', 'K', 3, 4};
    private static final byte[] EMPTY = {'P', 'K', 5, 6};
    // Scans do not compress like that. Beyond this an entry only wants to fill memory.
    private static final int MOST_RATIO = 100;
    private static final long SMALL = 1 << 24;
    private static final String FIELD = "zip directory";
    private static final String REMEDY = "Get the archive again, or unpack it and give the folder.";

    private DicomZip() {}

    /** Whether a file's first bytes are those of a zip archive. */
    static boolean hasMark(byte[] head) {
        return startsWith(head, ENTRY) || startsWith(head, EMPTY);
    }

    private static boolean startsWith(byte[] head, byte[] mark) {
        return head.length >= mark.length && Arrays.equals(head, 0, mark.length, mark, 0, mark.length);
    }

    /**
     * The entries that are files, in the order of their names.
     *
     * @throws FormatException if the archive is damaged, encrypted or beyond the limits, or names files outside of it
     * @throws IOException if the operating system fails
     */
    static List<Source> entries(Path archive, ReadLimits limits) throws IOException {
        try (ZipFile zip = open(archive)) {
            if (zip.size() > limits.maxFiles()) {
                throw new LimitExceededException(
                        archive,
                        FIELD,
                        zip.size() + " entries are more than the limit of " + limits.maxFiles(),
                        "Give the archive of one examination, or raise ReadLimits.maxFiles.");
            }
            List<Source> sources = new ArrayList<>();
            Set<String> names = new HashSet<>();
            long total = 0;
            for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
                ZipEntry entry = all.nextElement();
                Path path = inside(archive, entry.getName());
                if (!names.add(entry.getName())) {
                    throw new FormatException(archive, entry.getName(), "is there twice", REMEDY);
                }
                if (!entry.isDirectory()) {
                    checkSize(archive, entry, limits);
                    total += entry.getSize();
                    sources.add(new Entry(archive, entry.getName(), path, entry.getSize(), entry.getCrc()));
                }
            }
            if (total > limits.maxDataBytes()) {
                throw new LimitExceededException(
                        archive,
                        FIELD,
                        "declares " + total + " bytes, unpacked; the limit is " + limits.maxDataBytes(),
                        "Give the archive of one series, or raise ReadLimits.maxDataBytes if it is genuine.");
            }
            sources.sort(Comparator.comparing(Source::path));
            return sources;
        }
    }

    private static ZipFile open(Path archive) throws IOException {
        try {
            // Names that are not marked as UTF-8 may be of any character set, and are for messages only.
            return new ZipFile(archive.toFile(), StandardCharsets.ISO_8859_1);
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            throw new FormatException(archive, FIELD, String.valueOf(e.getMessage()), REMEDY, e);
        }
    }

    /** An entry's name below the archive's; old archives from Windows divide by backslashes. */
    private static Path inside(Path archive, String name) throws FormatException {
        String slashed = name.replace('\\', '/');
        boolean leaves = slashed.startsWith("/") || ("/" + slashed + "/").contains("/../");
        try {
            if (!leaves) {
                return archive.resolve(slashed.replaceAll("\\p{Cntrl}", "?"));
            }
        } catch (InvalidPathException e) {
            throw new FormatException(archive, FIELD, "an entry's name is none of a file: " + name, REMEDY, e);
        }
        throw new FormatException(archive, name, "the name leads out of the archive", REMEDY);
    }

    private static void checkSize(Path archive, ZipEntry entry, ReadLimits limits) throws FormatException {
        long size = entry.getSize();
        long compressed = entry.getCompressedSize();
        if (size < 0 || compressed < 0) {
            throw new FormatException(archive, entry.getName(), "its size is not declared", REMEDY);
        }
        if (size > Math.min(limits.maxDataBytes(), Integer.MAX_VALUE - 8)) {
            throw new LimitExceededException(
                    archive,
                    entry.getName(),
                    "declares " + size + " bytes; the limit is "
                            + Math.min(limits.maxDataBytes(), Integer.MAX_VALUE - 8),
                    "Unpack the archive and give the folder.");
        }
        if (size > SMALL && size / MOST_RATIO > compressed) {
            throw new LimitExceededException(
                    archive,
                    entry.getName(),
                    size + " bytes out of " + compressed + " are more than scans compress to",
                    "Unpack the archive and give the folder if it is genuine.");
        }
    }

    /**
     * A file in an archive.
     *
     * @param file the archive
     * @param name of the entry, as the archive has it
     * @param path the archive's with the entry's below it
     * @param size as declared, in bytes
     * @param crc as declared
     */
    private record Entry(Path file, String name, Path path, long size, long crc) implements Source {

        @Override
        public InputStream open(long offset) throws IOException {
            return loaded().open(offset);
        }

        @Override
        public Source loaded() throws IOException {
            Source content = Source.of(path, bytes());
            Path archive = file;
            return new Source() {
                @Override
                public Path path() {
                    return content.path();
                }

                @Override
                public Path file() {
                    return archive;
                }

                @Override
                public long size() throws IOException {
                    return content.size();
                }

                @Override
                public InputStream open(long offset) throws IOException {
                    return content.open(offset);
                }
            };
        }

        @Override
        public Closeable keepOpen() throws IOException {
            // The platform shares the directory of an archive among all who have it open.
            return DicomZip.open(file);
        }

        private byte[] bytes() throws IOException {
            try (ZipFile zip = DicomZip.open(file)) {
                ZipEntry entry = zip.getEntry(name);
                if (entry == null || entry.getSize() != size) {
                    throw new FormatException(path, FIELD, "the archive has changed while it was read", REMEDY);
                }
                byte[] bytes;
                try (InputStream in = zip.getInputStream(entry)) {
                    bytes = in.readNBytes((int) size + 1);
                }
                CRC32 sum = new CRC32();
                sum.update(bytes);
                if (bytes.length != size || sum.getValue() != crc) {
                    throw new FormatException(
                            path,
                            "zip entry",
                            bytes.length != size
                                    ? "it holds other than the " + size + " bytes that it declares"
                                    : "its content is not that of its checksum",
                            REMEDY);
                }
                return bytes;
            } catch (ZipException | EOFException e) {
                throw new FormatException(path, "zip entry", String.valueOf(e.getMessage()), REMEDY, e);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * What a format is recognised by: whether it is a directory, and the first bytes, decompressed if they are gzip's.
 * Formats do not change the bytes.
 */
public final class FileProbe {

    /** How many bytes are looked at. */
    public static final int LENGTH = 4096;

    /** Enough for the longest gzip header that makes sense and {@link #LENGTH} bytes of whatever content. */
    private static final int MAX_COMPRESSED = 1 << 17;

    private final Path path;
    private final boolean directory;
    private final boolean gzip;
    private final byte[] head;

    private FileProbe(Path path, boolean directory, boolean gzip, byte[] head) {
        this.path = path;
        this.directory = directory;
        this.gzip = gzip;
        this.head = head;
    }

    /**
     * Looks at a file or directory.
     *
     * @throws NoSuchFileException if there is none
     * @throws IOException if it cannot be read
     */
    public static FileProbe of(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return new FileProbe(path, true, false, new byte[0]);
        }
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
        if (!Files.isRegularFile(path)) {
            throw new UnsupportedFormatException(
                    path, "file", "neither a regular file nor a directory", "Give a file or a DICOM folder.");
        }
        byte[] head = start(path, LENGTH);
        if (head.length < 2 || (head[0] & 0xff) != 0x1f || (head[1] & 0xff) != 0x8b) {
            return new FileProbe(path, false, false, head);
        }
        byte[] inflated = new byte[LENGTH];
        int n = 0;
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(start(path, MAX_COMPRESSED)))) {
            for (int r; n < LENGTH && (r = in.read(inflated, n, LENGTH - n)) > 0; ) {
                n += r;
            }
        } catch (EOFException | ZipException e) {
            // The format's own reader explains the damage, if the bytes before it are enough to know the format.
            return new FileProbe(path, false, true, Arrays.copyOf(inflated, n));
        }
        return new FileProbe(path, false, true, Arrays.copyOf(inflated, n));
    }

    private static byte[] start(Path path, int length) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(length);
        }
    }

    /** The file or directory. */
    public Path path() {
        return path;
    }

    /** Whether it is a directory; then there are no bytes. */
    public boolean isDirectory() {
        return directory;
    }

    /** Whether the file is compressed by gzip; {@link #head} is decompressed. */
    public boolean isGzip() {
        return gzip;
    }

    /** The first bytes, {@link #LENGTH} at most. */
    public byte[] head() {
        return head.clone();
    }

    /** Whether it is a file without content, plain or compressed. */
    public boolean isEmpty() {
        return !directory && head.length == 0;
    }

    /** Whether these ASCII characters stand at an offset. */
    public boolean hasAscii(int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return head.length >= offset + bytes.length
                && Arrays.equals(head, offset, offset + bytes.length, bytes, 0, bytes.length);
    }
}

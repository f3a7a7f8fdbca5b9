// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The bytes that a data set is read from; may be opened often and by many threads. */
public interface Source {

    /** The name for messages; of an archive's entry, the archive's with the entry's below it. */
    Path path();

    /** The file on disk that holds the bytes. */
    default Path file() {
        return path();
    }

    /** How many bytes there are. */
    long size() throws IOException;

    /** Opens the bytes from an offset on; the caller closes. */
    InputStream open(long offset) throws IOException;

    /**
     * The same bytes where they are quick to read again and again: those of an archive's entry come into memory.
     *
     * @throws org.efficientsegnet.io.format.FormatException if they are damaged
     * @throws IOException if they cannot be read
     */
    default Source loaded() throws IOException {
        return this;
    }

    /**
     * Keeps open what the bytes lie in, while many of it are read; the caller closes.
     *
     * @throws IOException if it cannot be opened
     */
    default Closeable keepOpen() throws IOException {
        return () -> {};
    }

    /** A file. */
    static Source of(Path path) {
        return new Source() {
            @Override
            public Path path() {
                return path;
            }

            @Override
            public long size() throws IOException {
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
                    return channel.size();
                }
            }

            @Override
            public InputStream open(long offset) throws IOException {
                FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
                channel.position(offset);
                return Channels.newInputStream(channel);
            }
        };
    }

    /**
     * Bytes in memory, which are not copied.
     *
     * @param path what messages call them
     */
    static Source of(Path path, byte[] bytes) {
        return new Source() {
            @Override
            public Path path() {
                return path;
            }

            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public InputStream open(long offset) {
                int from = (int) Math.min(offset, bytes.length);
                return new ByteArrayInputStream(bytes, from, bytes.length - from);
            }
        };
    }
}

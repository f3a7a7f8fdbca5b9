package org.efficientsegnet.io.dicom.dataset;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The bytes that a data set is read from; may be opened often and by many threads. */
public interface Source {

    /** The file's name, for messages. */
    Path path();

    /** How many bytes there are. */
    long size() throws IOException;

    /** Opens the bytes from an offset on; the caller closes. */
    InputStream open(long offset) throws IOException;

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

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.gzip;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.TruncatedFileException;

/**
 * Decompresses deflate (RFC 1951) in one of its wrappings, and tells a stream that ends early apart from one that is
 * damaged. Memory does not depend on the input. Not thread-safe.
 */
abstract class InflatedStream extends InputStream {

    static final String DAMAGED = "The file is damaged; get it again from where it came.";
    static final String CUT = "The file was cut short; get it again from where it came.";

    /** For messages. */
    final Path file;

    private final InputStream in;
    private final Inflater inflater;
    private final String field;
    private final byte[] input = new byte[1 << 16];
    private int position;
    private int limit;
    private boolean ended;

    /**
     * @param file for messages
     * @param in the compressed bytes; closed by {@link #close}
     * @param inflater ended by {@link #close}
     * @param field what is decompressed, for messages
     */
    InflatedStream(Path file, InputStream in, Inflater inflater, String field) {
        this.file = file;
        this.in = in;
        this.inflater = inflater;
        this.field = field;
    }

    /** Is told what was decompressed. */
    abstract void decompressed(byte[] bytes, int offset, int count);

    /**
     * Looks at what stands behind compressed data that have ended.
     *
     * @param length of the data, decompressed
     * @return whether more data follow, for which {@link #inflateNext} was called
     */
    abstract boolean followedByMore(long length) throws IOException;

    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * Decompresses at least one byte, or finds the end.
     *
     * @throws TruncatedFileException if the file ends within the data
     * @throws FormatException if the data are damaged
     */
    @Override
    public final int read(byte[] to, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, to.length);
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            try {
                int n = inflater.inflate(to, offset, length);
                if (n > 0) {
                    decompressed(to, offset, n);
                    return n;
                }
            } catch (DataFormatException e) {
                throw new FormatException(
                        file, field, "not decompressible after " + inflater.getBytesWritten() + " bytes", DAMAGED, e);
            }
            if (inflater.finished()) {
                position = limit - inflater.getRemaining();
                ended = !followedByMore(inflater.getBytesWritten());
            } else if (inflater.needsDictionary()) {
                throw new FormatException(file, field, "asks for a dictionary, which the file does not have", DAMAGED);
            } else if (fill()) {
                inflateRest();
            } else {
                throw new TruncatedFileException(
                        file, field, "ends after " + inflater.getBytesWritten() + " bytes decompressed", CUT);
            }
        }
        return -1;
    }

    /** The next byte of what is not decompressed, or -1 at the end of the file. */
    final int nextRaw() throws IOException {
        return position < limit || fill() ? input[position++] & 0xff : -1;
    }

    /** Decompresses what follows as data of their own. */
    final void inflateNext() {
        inflater.reset();
        inflateRest();
    }

    private void inflateRest() {
        inflater.setInput(input, position, limit - position);
        position = limit;
    }

    private boolean fill() throws IOException {
        int n = in.read(input);
        position = 0;
        limit = Math.max(n, 0);
        return n > 0;
    }

    @Override
    public final void close() throws IOException {
        inflater.end();
        in.close();
    }
}

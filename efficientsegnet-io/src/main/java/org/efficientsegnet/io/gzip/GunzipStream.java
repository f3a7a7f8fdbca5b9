// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.gzip;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;

/**
 * Decompresses gzip (RFC 1952) and trusts nothing: lengths of header fields are bounded, the checksum and the length of
 * every member are verified, a stream that ends early is told apart from one that is damaged, and what follows the last
 * member must be zeros. Several members in a row are one stream, as the standard says.
 *
 * <p>Memory does not depend on the input. Not thread-safe. {@link #close} frees the decompressor's native memory and
 * closes the stream underneath.
 */
public final class GunzipStream extends InflatedStream {

    private static final int MAX_TEXT = 1 << 16;

    private final CRC32 crc = new CRC32();

    /**
     * Reads the first member's header.
     *
     * @param file for messages
     * @param in the compressed bytes; closed by {@link #close}, and if this constructor throws
     * @throws FormatException if it is not gzip
     */
    public GunzipStream(Path file, InputStream in) throws IOException {
        super(file, in, new Inflater(true), "gzip data");
        boolean done = false;
        try {
            memberHeader(next("gzip header"));
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    @Override
    void decompressed(byte[] bytes, int offset, int count) {
        crc.update(bytes, offset, count);
    }

    /** Verifies a member; another one may follow, or zeros. */
    @Override
    boolean followedByMore(long length) throws IOException {
        long expectedCrc = little(4, "gzip checksum");
        long expectedLength = little(4, "gzip length");
        if (expectedCrc != crc.getValue()) {
            throw new FormatException(
                    file,
                    "gzip checksum",
                    String.format("%08x, but the content has %08x", expectedCrc, crc.getValue()),
                    DAMAGED);
        }
        if (expectedLength != (length & 0xffffffffL)) {
            throw new FormatException(
                    file,
                    "gzip length",
                    expectedLength + " (modulo 2^32), but the content has " + length + " bytes",
                    DAMAGED);
        }
        int first = nextRaw();
        if (first == 0x1f) {
            crc.reset();
            memberHeader(first);
            return true;
        }
        for (; first >= 0; first = nextRaw()) {
            if (first != 0) {
                throw new FormatException(file, "end of gzip data", "followed by something that is not gzip", DAMAGED);
            }
        }
        return false;
    }

    private void memberHeader(int first) throws IOException {
        if (first != 0x1f || next("gzip header") != 0x8b) {
            throw new FormatException(file, "gzip header", "does not begin with 1f 8b", DAMAGED);
        }
        int method = next("gzip method");
        if (method != 8) {
            throw new UnsupportedFormatException(
                    file, "gzip method", method + " is not 8 (deflate)", "Compress the file with gzip.");
        }
        int flags = next("gzip flags");
        if ((flags & 0xe0) != 0) {
            throw new FormatException(file, "gzip flags", "reserved bits are set: " + flags, DAMAGED);
        }
        skip(6, "gzip header");
        if ((flags & 4) != 0) {
            skip((int) little(2, "gzip extra field"), "gzip extra field");
        }
        if ((flags & 8) != 0) {
            skipText("gzip file name");
        }
        if ((flags & 16) != 0) {
            skipText("gzip comment");
        }
        if ((flags & 2) != 0) {
            skip(2, "gzip header checksum");
        }
        inflateNext();
    }

    private void skipText(String field) throws IOException {
        for (int i = 0; i < MAX_TEXT; i++) {
            if (next(field) == 0) {
                return;
            }
        }
        throw new FormatException(file, field, "longer than " + MAX_TEXT + " bytes", DAMAGED);
    }

    private void skip(int count, String field) throws IOException {
        for (int i = 0; i < count; i++) {
            next(field);
        }
    }

    private long little(int bytes, String field) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) next(field) << 8 * i;
        }
        return value;
    }

    private int next(String field) throws IOException {
        int value = nextRaw();
        if (value < 0) {
            throw new TruncatedFileException(file, field, "the file ends within it", CUT);
        }
        return value;
    }
}

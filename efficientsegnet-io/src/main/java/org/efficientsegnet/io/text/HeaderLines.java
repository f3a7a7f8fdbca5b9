// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.efficientsegnet.io.format.LimitExceededException;

/**
 * Reads a header line by line and knows where the data behind it begin. Lines end with LF or CR LF. Their number and
 * length are bounded, so that what is made of them stays small. Not thread-safe; the stream stays the caller's.
 */
public final class HeaderLines {

    private static final int MAX_LINE = 1 << 20;
    private static final int MAX_LINES = 1 << 16;

    private final Path file;
    private final InputStream in;
    private final long maxBytes;
    private byte[] line = new byte[256];
    private long position;
    private int lines;

    /**
     * @param file for messages
     * @param in should be buffered
     * @param maxBytes of all lines together
     */
    public HeaderLines(Path file, InputStream in, long maxBytes) {
        this.file = file;
        this.in = in;
        this.maxBytes = maxBytes;
    }

    /**
     * The next line without its end, or null where the file ends.
     *
     * @throws LimitExceededException if there are too many lines, or too long ones
     */
    public String next() throws IOException {
        int length = 0;
        int b;
        while ((b = in.read()) >= 0) {
            if (++position > maxBytes) {
                throw new LimitExceededException(
                        file,
                        "header",
                        "longer than " + maxBytes + " bytes",
                        "Raise ReadLimits.maxHeaderBytes if it is genuine.");
            }
            if (length == MAX_LINE || lines == MAX_LINES) {
                throw new LimitExceededException(
                        file,
                        "header",
                        "more than " + MAX_LINES + " lines, or one of more than " + MAX_LINE + " bytes",
                        "No program writes such headers; get the file again.");
            }
            if (b == '\n') {
                break;
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, 2 * length);
            }
            line[length++] = (byte) b;
        }
        if (b < 0 && length == 0) {
            return null;
        }
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        }
        lines++;
        return new String(line, 0, length, StandardCharsets.UTF_8);
    }

    /** How many bytes the lines took. */
    public long position() {
        return position;
    }
}

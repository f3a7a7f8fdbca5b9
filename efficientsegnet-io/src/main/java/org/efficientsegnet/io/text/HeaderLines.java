package org.efficientsegnet.io.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.efficientsegnet.io.format.LimitExceededException;

/**
 * Reads a header line by line and knows where the data behind it begin. Lines end with LF or CR LF. Not thread-safe; the
 * stream stays the caller's.
 */
public final class HeaderLines {

    private final Path file;
    private final InputStream in;
    private final long maxBytes;
    private byte[] line = new byte[256];
    private long position;

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
     * @throws LimitExceededException if the lines so far are longer than allowed
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
        return new String(line, 0, length, StandardCharsets.UTF_8);
    }

    /** How many bytes the lines took. */
    public long position() {
        return position;
    }
}

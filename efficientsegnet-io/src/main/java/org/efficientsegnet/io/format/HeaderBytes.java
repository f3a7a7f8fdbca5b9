// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** Reads the bytes of headers, whole or with an error that says where the file ends. */
public final class HeaderBytes {

    private HeaderBytes() {}

    /**
     * Reads exactly so many bytes.
     *
     * @param count small and known to the format, never taken from the file unchecked
     * @param field what they are, for the message
     * @throws TruncatedFileException if the file ends before
     */
    public static byte[] read(Path file, InputStream in, int count, String field) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw ends(file, field, bytes.length, count);
        }
        return bytes;
    }

    /**
     * Passes over so many bytes.
     *
     * @throws TruncatedFileException if the file ends before
     */
    public static void skip(Path file, InputStream in, long count, String field) throws IOException {
        long skipped = 0;
        byte[] bin = new byte[(int) Math.min(count, 1 << 13)];
        while (skipped < count) {
            int n = in.read(bin, 0, (int) Math.min(bin.length, count - skipped));
            if (n < 0) {
                throw ends(file, field, skipped, count);
            }
            skipped += n;
        }
    }

    private static TruncatedFileException ends(Path file, String field, long there, long needed) {
        return new TruncatedFileException(
                file,
                field,
                "the file ends after " + there + " of its " + needed + " bytes",
                "The file was cut short; get it again from where it came.");
    }
}

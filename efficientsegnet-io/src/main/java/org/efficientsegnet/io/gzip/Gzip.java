// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.gzip;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens files that may be compressed. */
public final class Gzip {

    private Gzip() {}

    /** Whether a file begins as gzip does. */
    public static boolean isGzip(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.read() == 0x1f && in.read() == 0x8b;
        }
    }

    /**
     * A file's content, decompressed if it is gzip. The caller closes it.
     *
     * @throws org.efficientsegnet.io.format.FormatException if it begins as gzip does, but is not
     */
    public static InputStream open(Path file) throws IOException {
        return isGzip(file) ? new GunzipStream(file, Files.newInputStream(file)) : Files.newInputStream(file);
    }
}

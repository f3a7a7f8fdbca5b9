// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.io.IOException;
import java.nio.file.Path;

/** Reads volumes of one file format. Stateless and thread-safe. */
public interface VolumeFormat {

    /** The format's name, for messages: {@code NIfTI}. */
    String name();

    /** Whether something is of this format, by its first bytes; never by its name alone. */
    boolean recognises(FileProbe probe);

    /**
     * Reads a volume.
     *
     * @param path a file or directory that {@link #recognises} it
     * @throws FormatException if the content is bad, beyond the limits, or not supported
     * @throws IOException if the operating system fails
     */
    Scan read(Path path, ReadOptions options) throws IOException;
}

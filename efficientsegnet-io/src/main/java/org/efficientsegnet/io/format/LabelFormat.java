// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.volume.LabelMap;

/** Writes and reads label maps of one file format. Stateless and thread-safe. */
public interface LabelFormat {

    /** The format's name, for messages: {@code NIfTI}. */
    String name();

    /** The file endings that choose it for writing, in lower case with their dot: {@code .nii.gz}. */
    List<String> endings();

    /** Whether something is of this format, by its first bytes; never by its name alone. */
    boolean recognises(FileProbe probe);

    /**
     * Writes a label map; the file appears whole or not at all.
     *
     * @param path ends in one of {@link #endings}
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if the format cannot hold this label map, with the reason
     */
    void writeLabels(LabelMap labels, Path path, WriteOptions options) throws IOException;

    /**
     * Reads a label map.
     *
     * @param path a file that {@link #recognises} it
     * @throws FormatException if the content is bad, beyond the limits, not supported, or no label map
     * @throws IOException if the operating system fails
     */
    LabelMap readLabels(Path path, ReadOptions options) throws IOException;
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The files of a directory that was prepared, wherever it is: those of an archive come to this machine when they are
 * asked for. Thread-safe.
 */
public interface CaseFiles {

    /** The directory as other processes find it: an absolute path, or a URI. Messages name it. */
    String place();

    /**
     * A file of the directory, on this machine; there as long as this is used.
     *
     * @param name within the directory, such as {@code cases/a.safetensors}
     * @throws IOException if it cannot be had; the message names the directory's file, not a copy of it
     */
    Path file(String name) throws IOException;

    /** Files of a directory of this machine. */
    static CaseFiles in(Path directory) {
        return new LocalCaseFiles(directory);
    }
}

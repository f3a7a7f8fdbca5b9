// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.nio.file.Path;

/** A file ends before what its header declares. */
public final class TruncatedFileException extends FormatException {

    private static final long serialVersionUID = 1L;

    /** See {@link FormatException#FormatException(Path, String, String, String)}. */
    public TruncatedFileException(Path file, String field, String found, String remedy) {
        super(file, field, found, remedy);
    }
}

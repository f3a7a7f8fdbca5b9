// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.nio.file.Path;

/** A file is not of a format that is read here, or uses a part of its format that is not; the message names it. */
public final class UnsupportedFormatException extends FormatException {

    private static final long serialVersionUID = 1L;

    /** See {@link FormatException#FormatException(Path, String, String, String)}. */
    public UnsupportedFormatException(Path file, String field, String found, String remedy) {
        super(file, field, found, remedy);
    }
}

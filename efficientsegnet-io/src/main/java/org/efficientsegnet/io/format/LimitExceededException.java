// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.nio.file.Path;

/** A file declares or holds more than the {@link ReadLimits} allow. */
public final class LimitExceededException extends FormatException {

    private static final long serialVersionUID = 1L;

    /** See {@link FormatException#FormatException(Path, String, String, String)}. */
    public LimitExceededException(Path file, String field, String found, String remedy) {
        super(file, field, found, remedy);
    }
}

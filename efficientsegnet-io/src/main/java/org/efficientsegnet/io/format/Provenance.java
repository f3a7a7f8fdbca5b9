// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.nio.file.Path;
import java.util.List;

/** Where a volume came from. Formats implement it with what else their writers need of the source. Immutable. */
public interface Provenance {

    /** The format's name: {@code NIfTI-1}, {@code DICOM}. */
    String format();

    /** What was asked for, a file or a directory. */
    Path path();

    /** Every file whose content went into the volume, in the order of reading. */
    List<Path> files();
}

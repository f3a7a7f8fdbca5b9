// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * One scan of a batch.
 *
 * @param name where its results lie below the output folder, without an ending; parts are divided by {@code /}
 * @param input a file, or the folder of a DICOM series
 * @param series the name of the DICOM series, where the folder or archive holds several volumes
 */
public record BatchCase(String name, Path input, Optional<String> series) {

    /** @throws NullPointerException if something is null */
    public BatchCase {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(series, "series");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Optional;

/**
 * One case of a batch, as the user's table has it.
 *
 * @param id where its results lie below the output folder, without an ending; parts are divided by {@code /}
 * @param path the URI of a file or folder
 * @param series the name of the DICOM series where there are several volumes, else null
 */
record ScanCase(String id, String path, String series) implements Serializable {

    /** Why it cannot be worked on, whatever lies at its path. */
    Optional<String> problem() {
        if (id == null || path == null || path.isBlank()) {
            return Optional.of("the table of cases has no " + (id == null ? "id" : "path") + " in this row");
        }
        boolean plain = Arrays.stream(id.split("/", -1))
                .noneMatch(part -> part.isBlank() || part.equals(".") || part.equals("..") || part.contains("\\"));
        if (!plain || id.startsWith(".efficientsegnet/")) {
            return Optional.of("the id \"" + id + "\" names no place below the output folder; an id is one name or"
                    + " several, divided by single slashes, and none of them is . or ..");
        }
        return Optional.empty();
    }
}

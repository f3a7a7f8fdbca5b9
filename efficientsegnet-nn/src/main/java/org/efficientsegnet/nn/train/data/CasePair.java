// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.nio.file.Path;

/**
 * A scan and its labels, as files.
 *
 * @param id names the case in logs, folds and the cache; letters, digits, dot, dash and underscore
 * @param image the scan
 * @param labels its label map
 */
public record CasePair(String id, Path image, Path labels) {

    /** @throws IllegalArgumentException if the name cannot be that of a file */
    public CasePair {
        if (!id.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")) {
            throw new IllegalArgumentException(
                    "\"" + id + "\" is not a case's name: up to 100 letters, digits, dots, dashes and underscores");
        }
    }
}

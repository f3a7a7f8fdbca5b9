// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.util.List;

/**
 * The organs that have files of their own.
 *
 * @param masks in the folder of masks
 * @param probabilities in the folder of probability maps
 */
record OrganNames(List<String> masks, List<String> probabilities) {

    /** Before a model is loaded none are known. */
    static final OrganNames UNKNOWN = new OrganNames(List.of(), List.of());
}

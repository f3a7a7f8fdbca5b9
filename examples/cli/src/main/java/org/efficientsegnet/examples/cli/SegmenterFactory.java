// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import org.efficientsegnet.Segmenter;

/** Loads segmenters. */
@FunctionalInterface
interface SegmenterFactory {

    /**
     * Loads the model on the engine that the user chose.
     *
     * @return the segmenter, which the caller closes
     */
    Segmenter load(EngineChoice options);
}

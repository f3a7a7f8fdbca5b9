// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

import java.util.Locale;

/** The stages of a run, in their order. */
public enum Stage {
    /** The whole volume is resampled to the coarse size and normalised. */
    COARSE_PREPARE(0),
    /** The coarse network runs. */
    COARSE_NETWORK(0.03),
    /** The coarse organs become a box in the scan. */
    LOCATE(0.24),
    /** The box is resampled to the fine size and normalised. */
    FINE_PREPARE(0.25),
    /** The fine network runs. */
    FINE_NETWORK(0.28),
    /** Logits are brought to the box's grid and thresholded. */
    RESTORE(0.90),
    /** The components are chosen and the labels put into the scan's grid. */
    COMPONENTS(0.95),
    /** Volumes and intensities of the organs. */
    STATISTICS(0.98);

    private final double begins;

    Stage(double begins) {
        this.begins = begins;
    }

    /** The fraction of a run that is usually done when this stage begins, 0 to 1; for progress bars. */
    public double begins() {
        return begins;
    }

    /** The name as reports and progress bars write it: {@code fine network}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}

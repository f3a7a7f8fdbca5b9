package org.efficientsegnet;

import java.util.Locale;

/** The stages of a run, in their order. */
public enum Stage {
    /** The whole volume is resampled to the coarse size and normalised. */
    COARSE_PREPARE,
    /** The coarse network runs. */
    COARSE_NETWORK,
    /** The coarse organs become a box in the scan. */
    LOCATE,
    /** The box is resampled to the fine size and normalised. */
    FINE_PREPARE,
    /** The fine network runs. */
    FINE_NETWORK,
    /** Logits are brought to the box's grid and thresholded. */
    RESTORE,
    /** The components are chosen and the labels put into the scan's grid. */
    COMPONENTS,
    /** Volumes and intensities of the organs. */
    STATISTICS;

    /** The name as reports and progress bars write it: {@code fine network}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

/**
 * A model cannot be read, or no engine can run it here: no scan at all can be segmented. Whoever works through many scans
 * stops at this one, and goes on after any other {@link SegmentationException}.
 */
public final class SegmenterLoadException extends SegmentationException {

    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, with which model or engine, and the remedy */
    public SegmenterLoadException(String message) {
        super(message);
    }

    /**
     * @param message what is wrong, with which model or engine, and the remedy
     * @param cause what was thrown underneath
     */
    public SegmenterLoadException(String message, Throwable cause) {
        super(message, cause);
    }
}

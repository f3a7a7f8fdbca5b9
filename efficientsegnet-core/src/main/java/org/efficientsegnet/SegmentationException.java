// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

/** A scan could not be segmented, a model not loaded, or an engine not run; the message says what to do about it. */
public class SegmentationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, with which input, and the remedy */
    public SegmentationException(String message) {
        super(message);
    }

    /**
     * @param message what is wrong, with which input, and the remedy
     * @param cause what was thrown underneath
     */
    public SegmentationException(String message, Throwable cause) {
        super(message, cause);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

/** A run was refused since as many wait as {@link Segmenter.Builder#queueLimit} allows; nothing is wrong with the scan. */
public final class SegmentationQueueFullException extends SegmentationException {

    private static final long serialVersionUID = 1L;

    /** @param message how many wait, and the remedy */
    public SegmentationQueueFullException(String message) {
        super(message);
    }
}

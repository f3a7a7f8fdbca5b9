// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

/** A run was stopped by its {@link CancellationToken} or by {@link Thread#interrupt}; nothing is wrong. */
public final class SegmentationCancelledException extends SegmentationException {

    private static final long serialVersionUID = 1L;

    /** @param message which step did not begin */
    public SegmentationCancelledException(String message) {
        super(message);
    }
}

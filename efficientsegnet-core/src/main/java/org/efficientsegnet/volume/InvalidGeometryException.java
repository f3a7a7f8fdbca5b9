// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

/** A grid's place in the patient makes no sense: a spacing of zero, a number that is not finite, axes in one plane. */
public final class InvalidGeometryException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /** @param message which number, and what it should be */
    public InvalidGeometryException(String message) {
        super(message);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

/** A stack of ImageJ that is no CT scan as it stands; the message says why and what to do. */
public final class StackException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    StackException(String message) {
        super(message);
    }
}

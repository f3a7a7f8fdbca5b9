// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

/** A label does not fit into the type that it was to be written in; nothing was written. */
public final class LabelOverflowException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    LabelOverflowException(int label, int bits) {
        super("label " + label + " does not fit into " + bits
                + " bits; take a wider type, or renumber the labels first");
    }
}

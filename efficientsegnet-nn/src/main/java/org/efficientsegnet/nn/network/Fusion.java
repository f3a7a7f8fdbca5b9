// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

/** How the decoder joins an encoder level with what comes from below. */
public enum Fusion {
    /** A 1×1×1 convolution brings the lower level to the upper one's channels before it is upsampled and added. */
    ADD("add"),
    /** The upper level's channels, then those of the upsampled lower level. */
    CONCAT("concatenate");

    private final String publishedName;

    Fusion(String publishedName) {
        this.publishedName = publishedName;
    }

    /** What bundles call it: the published code's class if it has one, a name of the same manner if not. */
    public String publishedName() {
        return publishedName;
    }
}

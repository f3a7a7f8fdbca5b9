package org.efficientsegnet.nn.network;

/** How the decoder joins an encoder level with what comes from below. */
public enum Fusion {
    /** A 1×1×1 convolution brings the lower level to the upper one's channels before it is upsampled and added. */
    ADD,
    /** The upper level's channels, then those of the upsampled lower level. */
    CONCAT
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

/**
 * The convolution blocks an encoder or decoder level can be made of. Every convolution is without bias and followed by
 * instance normalisation (no affine part, epsilon 1e-5); the sum of both branches goes through ReLU.
 */
public enum BlockKind {
    /** Two 3×3×3 convolutions; the shortcut of the first block of a level is a 1×1×1 convolution, of later ones nothing. */
    BASIC_RESIDUAL("ResBaseConvBlock"),
    /** As {@link #BASIC_RESIDUAL}, but a 3×3×1 convolution (z, y, x) followed by a 1×1×3 one. */
    ANISOTROPIC("AnisotropicConvBlock"),
    /**
     * 1×1×1 to a quarter of the channels, 3×3×3 (which carries the stride), 1×1×1 back (He et al., Deep Residual
     * Learning for Image Recognition, 2016, fig. 5); shortcut as in {@link #BASIC_RESIDUAL}.
     */
    BOTTLENECK("BottleneckConvBlock"),
    /**
     * As {@link #BASIC_RESIDUAL}, but each 3×3×3 convolution is a depthwise one followed by a pointwise one, nothing
     * between them (Chollet, Xception, 2017).
     */
    DEPTHWISE_SEPARABLE("DepthwiseSeparableConvBlock"),
    /**
     * Two residual units of two 3×3×3 convolutions each; the first unit's shortcut is a 1×1×1 convolution, the
     * second's nothing. The encoder of the coarse U-Net.
     */
    FOUR_CONV_RESIDUAL("ResFourLayerConvBlock"),
    /** Two 3×3×3 convolutions, the shortcut always a 1×1×1 convolution. The decoder of the coarse U-Net. */
    TWO_CONV_RESIDUAL("ResTwoLayerConvBlock");

    private final String publishedName;

    BlockKind(String publishedName) {
        this.publishedName = publishedName;
    }

    /** What bundles call it: the published code's class if it has one, a name of the same manner if not. */
    public String publishedName() {
        return publishedName;
    }
}

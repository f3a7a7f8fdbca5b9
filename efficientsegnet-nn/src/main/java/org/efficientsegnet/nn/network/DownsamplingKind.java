// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

/** How the encoder halves the resolution. */
public enum DownsamplingKind {
    /** The level's first convolutions have stride 2. */
    STRIDED_CONVOLUTION("stride 2 convolution"),
    /** Maximum over 2×2×2 voxels before the level. */
    MAX_POOLING("MaxPool3d kernel 2 stride 2"),
    /** Maximum over 3×3×3 voxels with stride 2 and one voxel of padding before the level. */
    OVERLAPPING_MAX_POOLING("MaxPool3d kernel 3 stride 2 padding 1");

    private final String publishedName;

    DownsamplingKind(String publishedName) {
        this.publishedName = publishedName;
    }

    /** What bundles call it: the published code's class if it has one, a name of the same manner if not. */
    public String publishedName() {
        return publishedName;
    }
}

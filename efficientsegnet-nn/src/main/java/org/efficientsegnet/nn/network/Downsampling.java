package org.efficientsegnet.nn.network;

/** How the encoder halves the resolution. */
public enum Downsampling {
    /** The level's first convolutions have stride 2. */
    STRIDED_CONVOLUTION,
    /** Maximum over 2×2×2 voxels before the level. */
    MAX_POOLING,
    /** Maximum over 3×3×3 voxels with stride 2 and one voxel of padding before the level. */
    OVERLAPPING_MAX_POOLING
}

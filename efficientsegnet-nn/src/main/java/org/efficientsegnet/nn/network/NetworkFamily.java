// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.Arrays;

/** The published networks, as far as their weights do not tell them apart: how they go down and join levels. */
public enum NetworkFamily {
    /** Strided convolutions down, added skips. */
    EFFICIENTSEGNET("EfficientSegNet", Fusion.ADD, DownsamplingKind.STRIDED_CONVOLUTION),
    /** Pooling over 2×2×2 voxels down, concatenated skips. */
    CONTEXTUNET("ContextUNet", Fusion.CONCAT, DownsamplingKind.MAX_POOLING),
    /** Pooling over 3×3×3 voxels with stride 2 down, concatenated skips; the coarse network. */
    UNET("UNet", Fusion.CONCAT, DownsamplingKind.OVERLAPPING_MAX_POOLING);

    /** What networks are called that were not published. */
    private static final String OTHER = "SegmentationNetwork";

    private final String publishedName;
    private final Fusion fusion;
    private final DownsamplingKind downsampling;

    NetworkFamily(String publishedName, Fusion fusion, DownsamplingKind downsampling) {
        this.publishedName = publishedName;
        this.fusion = fusion;
        this.downsampling = downsampling;
    }

    /** What bundles call it. */
    public String publishedName() {
        return publishedName;
    }

    /** What bundles call a network that goes down and joins in a certain way. */
    public static String publishedNameOf(NetworkSpec spec) {
        return publishedNameOf(spec.downsampling(), spec.fusion());
    }

    /** What bundles call networks that go down and join in a certain way. */
    public static String publishedNameOf(DownsamplingKind downsampling, Fusion fusion) {
        return Arrays.stream(values())
                .filter(family -> family.downsampling == downsampling && family.fusion == fusion)
                .findFirst()
                .map(NetworkFamily::publishedName)
                .orElse(OTHER);
    }

    /** How skip connections are joined. */
    public Fusion fusion() {
        return fusion;
    }

    /** How the encoder halves the resolution. */
    public DownsamplingKind downsampling() {
        return downsampling;
    }
}

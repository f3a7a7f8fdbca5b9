package org.efficientsegnet.nn.network;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The published networks, as far as their weights do not tell them apart: how they go down and join levels. */
public enum NetworkFamily {
    /** Strided convolutions down, added skips. */
    EFFICIENTSEGNET(Fusion.ADD, Downsampling.STRIDED_CONVOLUTION),
    /** Pooling over 2×2×2 voxels down, concatenated skips. */
    CONTEXTUNET(Fusion.CONCAT, Downsampling.MAX_POOLING),
    /** Pooling over 3×3×3 voxels with stride 2 down, concatenated skips; the coarse network. */
    UNET(Fusion.CONCAT, Downsampling.OVERLAPPING_MAX_POOLING);

    private final Fusion fusion;
    private final Downsampling downsampling;

    NetworkFamily(Fusion fusion, Downsampling downsampling) {
        this.fusion = fusion;
        this.downsampling = downsampling;
    }

    /** How skip connections are joined. */
    public Fusion fusion() {
        return fusion;
    }

    /** How the encoder halves the resolution. */
    public Downsampling downsampling() {
        return downsampling;
    }

    /**
     * The family of a name, {@code efficientsegnet}, {@code contextunet} or {@code unet}, in any case of letters.
     *
     * @throws IllegalArgumentException if there is none, with those that there are
     */
    public static NetworkFamily named(String name) {
        return Arrays.stream(values())
                .filter(family -> family.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no network named " + name + "; there are "
                        + Arrays.stream(values())
                                .map(family -> family.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))));
    }
}

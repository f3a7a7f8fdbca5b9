// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

/**
 * What gathers context between encoder and decoder, at the lowest resolution. Whoever adds one adds a constant here and a
 * case in {@link Architecture}, which does not compile without; graph, counts, plans, engines and bundles follow.
 */
public enum ContextKind {
    /** Pyramid pooling (2³, 4³) beside strips along each axis, mixed; the method's own block. */
    MIXED_PYRAMID_STRIP_POOLING("AnisotropicAvgPooling", 4, 4, 8),
    /** Averages over 1, 2, 3 and 6 bins an axis (Zhao et al., Pyramid Scene Parsing Network, 2017, section 3.2). */
    PYRAMID_POOLING("PyramidPooling", 4, 1, 1),
    /** A gate made of averages along strips (Hou et al., Strip Pooling, 2020, section 3.1), in three dimensions. */
    STRIP_POOLING("StripPooling", 1, 1, 1),
    /** Nothing. */
    NONE("None", 1, 1, 1);

    private final String publishedName;
    private final int leastChannels;
    private final int leastExtent;
    private final int leastLongest;

    ContextKind(String publishedName, int leastChannels, int leastExtent, int leastLongest) {
        this.publishedName = publishedName;
        this.leastChannels = leastChannels;
        this.leastExtent = leastExtent;
        this.leastLongest = leastLongest;
    }

    /** What bundles call it: the published code's class if it has one, a name of the same manner if not. */
    public String publishedName() {
        return publishedName;
    }

    /** How many channels the lowest level must have at least. */
    int leastChannels() {
        return leastChannels;
    }

    /** How many voxels the lowest level must have at least along every axis. */
    int leastExtent() {
        return leastExtent;
    }

    /** How many voxels the lowest level must have at least along its longest axis. */
    int leastLongest() {
        return leastLongest;
    }
}

package org.efficientsegnet.nn.network;

/** What gathers context between encoder and decoder, at the lowest resolution. */
public enum ContextKind {
    /** Pyramid pooling (2³, 4³) beside strips along each axis, mixed; the method's own block. */
    MIXED_PYRAMID_STRIP_POOLING,
    /** Averages over 1, 2, 3 and 6 bins an axis (Zhao et al., Pyramid Scene Parsing Network, 2017, section 3.2). */
    PYRAMID_POOLING,
    /** A gate made of averages along strips (Hou et al., Strip Pooling, 2020, section 3.1), in three dimensions. */
    STRIP_POOLING,
    /** Nothing. */
    NONE
}

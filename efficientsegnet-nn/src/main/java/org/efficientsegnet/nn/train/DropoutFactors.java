// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import java.util.SplittableRandom;

/** The factors by which Dropout3d multiplies channels: 0 drops one, 1/(1 - share) keeps it. */
public final class DropoutFactors {

    private DropoutFactors() {}

    /**
     * Draws factors. Each layer has a stream of its own, so that the order in which they are drawn does not matter, and
     * every engine draws the same.
     *
     * @param name of the layer's factors
     * @param count sample after sample, one a channel
     * @param share of the channels that are dropped, at least 0 and below 1
     * @param seed decides which ones
     */
    public static float[] of(String name, int count, double share, long seed) {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
        float[] factors = new float[count];
        for (int i = 0; i < count; i++) {
            factors[i] = random.nextDouble() < share ? 0 : (float) (1 / (1 - share));
        }
        return factors;
    }
}

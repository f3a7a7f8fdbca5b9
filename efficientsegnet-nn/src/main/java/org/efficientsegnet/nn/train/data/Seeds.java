// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

/**
 * Seeds of what is drawn at random, as functions of the training's seed and of what it is for. Nothing random has a
 * state that would have to be saved.
 */
public final class Seeds {

    private Seeds() {}

    /** A seed for one of several purposes or steps; the mixing function of SplittableRandom. */
    public static long mix(long seed, long number) {
        long z = seed + (number + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}

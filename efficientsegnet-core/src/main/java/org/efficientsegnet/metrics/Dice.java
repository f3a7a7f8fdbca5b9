// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import java.util.concurrent.atomic.LongAdder;
import org.efficientsegnet.parallel.Parallelism;

/** The Sørensen-Dice coefficient of two masks, 2·|A ∩ B| / (|A| + |B|), 0 to 1. Thread-safe: pure functions. */
public final class Dice {

    private Dice() {}

    /**
     * The coefficient of one label. It is not a number if neither map has the label (as in DeepMind's surface-distance;
     * the FLARE evaluation counts 1 then), 0 if one of them lacks it.
     *
     * @param reference labels
     * @param prediction labels of the same grid
     * @param label the label, 0 to 255
     * @param p the threads
     * @throws IllegalArgumentException if the arrays differ in length or there is no such label
     */
    public static double of(byte[] reference, byte[] prediction, int label, Parallelism p) {
        if (reference.length != prediction.length) {
            throw new IllegalArgumentException(
                    "label maps of " + reference.length + " and " + prediction.length + " voxels cannot be compared");
        }
        Grids.requireLabel(label);
        byte wanted = (byte) label;
        LongAdder sizes = new LongAdder();
        LongAdder common = new LongAdder();
        p.forRange(reference.length, (from, to) -> {
            long both = 0;
            long overlap = 0;
            for (int i = from; i < to; i++) {
                int a = reference[i] == wanted ? 1 : 0;
                int b = prediction[i] == wanted ? 1 : 0;
                both += a + b;
                overlap += a & b;
            }
            sizes.add(both);
            common.add(overlap);
        });
        return sizes.sum() == 0 ? Double.NaN : 2.0 * common.sum() / sizes.sum();
    }
}

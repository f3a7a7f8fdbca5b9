// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

/**
 * From logits to probabilities in 255ths, {@code round(255·sigmoid(logit))}, without an exponential a voxel: a table of
 * the 255 logits at which the byte grows by one, and where to begin looking in it. Exactly what a comparison with each of
 * them gives. Immutable.
 */
final class ProbabilitySteps {

    static final ProbabilitySteps INSTANCE = new ProbabilitySteps();

    private static final int BINS = 4096;

    /** Element k is the least logit of the byte k; that of 0 is below all. */
    private final float[] least = new float[256];

    private final byte[] atBin = new byte[BINS];
    private final float scale;

    private ProbabilitySteps() {
        least[0] = Float.NEGATIVE_INFINITY;
        for (int k = 1; k <= 255; k++) {
            double probability = (k - 0.5) / 255;
            least[k] = (float) Math.log(probability / (1 - probability));
        }
        scale = BINS / (least[255] - least[1]);
        for (int bin = 0, k = 1; bin < BINS; bin++) {
            while (k < 255 && least[k + 1] <= least[1] + (bin - 0.5f) / scale) {
                k++;
            }
            atBin[bin] = (byte) k;
        }
    }

    /** The least logit whose byte is above 0. */
    float leastLogit() {
        return least[1];
    }

    /** The byte of a logit; 0 of one that is not a number. */
    byte of(float logit) {
        if (!(logit >= least[1])) {
            return 0;
        }
        int bin = (int) Math.min((logit - least[1]) * scale, BINS - 1);
        int k = atBin[bin] & 0xff;
        while (k < 255 && logit >= least[k + 1]) {
            k++;
        }
        return (byte) k;
    }
}

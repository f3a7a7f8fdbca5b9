// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.optimize;

/** How the learning rate goes down while training goes on. */
public enum Schedule {
    /** It stays. */
    CONSTANT,
    /**
     * Times 0.1 after 66 % of the epochs, times 0.05 after 86 %, as the published code does it.
     */
    STEP,
    /** Half a cosine from 1 down to 0.03 (Loshchilov and Hutter, SGDR, 2017, equation 5, one period). */
    COSINE;

    private static final double COSINE_END = 0.03;

    /**
     * What the learning rate is multiplied by.
     *
     * @param progress share of the training that is done, 0 to 1
     */
    public double factor(double progress) {
        if (!(progress >= 0 && progress <= 1)) {
            throw new IllegalArgumentException("the progress is within 0 and 1, not " + progress);
        }
        return switch (this) {
            case CONSTANT -> 1;
            case STEP -> progress <= 0.66 ? 1 : progress <= 0.86 ? 0.1 : 0.05;
            case COSINE -> COSINE_END + (1 - COSINE_END) * (1 + Math.cos(Math.PI * progress)) / 2;
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.optimize;

/**
 * The factor that keeps small gradients from vanishing in 16-bit arithmetic (Micikevicius et al., Mixed Precision
 * Training, 2018, section 3.2). A step whose gradient overflowed is skipped and the factor halved; after enough good
 * steps in a row it is doubled. Immutable.
 *
 * @param factor what the loss is multiplied by and the gradient divided by
 * @param goodSteps how many steps went well since the factor changed
 * @param growthInterval after how many it is doubled; 0 for a factor that stays
 */
public record LossScale(double factor, int goodSteps, int growthInterval) {

    private static final double LEAST = 1;
    private static final double MOST = 1 << 24;

    /** No scaling, for 32-bit arithmetic. An overflow still skips the step. */
    public static final LossScale NONE = new LossScale(1, 0, 0);

    /** Starts at 65536 and grows after 2000 good steps. */
    public static final LossScale DYNAMIC = new LossScale(1 << 16, 0, 2000);

    /** @throws IllegalArgumentException if the factor is not a finite number above 0, or a count is negative */
    public LossScale {
        if (!(factor > 0 && Double.isFinite(factor)) || goodSteps < 0 || growthInterval < 0) {
            throw new IllegalArgumentException(
                    "not a loss scale: factor " + factor + ", " + goodSteps + " of " + growthInterval + " good steps");
        }
    }

    /** What it is after a step whose gradient was finite. */
    public LossScale afterSuccess() {
        if (growthInterval == 0) {
            return this;
        }
        return goodSteps + 1 < growthInterval
                ? new LossScale(factor, goodSteps + 1, growthInterval)
                : new LossScale(Math.min(MOST, factor * 2), 0, growthInterval);
    }

    /** What it is after a step whose gradient overflowed. */
    public LossScale afterOverflow() {
        return growthInterval == 0 ? this : new LossScale(Math.max(LEAST, factor / 2), 0, growthInterval);
    }

    /** Whether an overflow can be answered with a smaller factor. */
    public boolean canShrink() {
        return growthInterval > 0 && factor > LEAST;
    }

    /**
     * Divides a gradient by the factor.
     *
     * @return whether all of it is finite; if not, its content is of no use
     */
    public boolean unscale(float[] gradient) {
        float inverse = (float) (1 / factor);
        boolean finite = true;
        for (int i = 0; i < gradient.length; i++) {
            float g = gradient[i] * inverse;
            gradient[i] = g;
            finite &= Math.abs(g) <= Float.MAX_VALUE;
        }
        return finite;
    }
}

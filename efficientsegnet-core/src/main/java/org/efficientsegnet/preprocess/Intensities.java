package org.efficientsegnet.preprocess;

import java.util.Locale;
import java.util.Optional;

/**
 * How the values of a scan are distributed, as far as that tells whether they are Hounsfield units.
 *
 * @param minimum the least value
 * @param maximum the greatest value
 * @param airFraction how many of the voxels lie below -500, where only air and lung are
 * @param tissueFraction how many of the voxels lie between -200 and 200, where fat and soft tissue are
 */
public record Intensities(float minimum, float maximum, double airFraction, double tissueFraction) {

    /** HU below which only air and lung are. */
    public static final float AIR_BELOW = -500;

    /** Fat and soft tissue lie between minus this and this, HU. */
    public static final float TISSUE_BEYOND = 200;

    private static final double LEAST_TISSUE = 0.05;

    /**
     * Looks at values.
     *
     * @param values HU, at least one
     */
    public static Intensities of(float[] values) {
        float minimum = Float.POSITIVE_INFINITY;
        float maximum = Float.NEGATIVE_INFINITY;
        int air = 0;
        int tissue = 0;
        for (float v : values) {
            minimum = Math.min(minimum, v);
            maximum = Math.max(maximum, v);
            air += v < AIR_BELOW ? 1 : 0;
            tissue += Math.abs(v) <= TISSUE_BEYOND ? 1 : 0;
        }
        return new Intensities(minimum, maximum, (double) air / values.length, (double) tissue / values.length);
    }

    /** Whether a window clips all values to the same one, so that nothing is to be seen in it. */
    public boolean isFlat(double windowLow, double windowHigh) {
        return Math.min(maximum, windowHigh) <= Math.max(minimum, windowLow);
    }

    /** Why these values do not look like Hounsfield units of a body; empty if they do. */
    public Optional<String> doubt() {
        if (minimum == maximum) {
            return Optional.of(String.format(Locale.ROOT, "every voxel has the value %.1f", minimum));
        }
        if (minimum >= 0) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "no value is below zero (%.0f to %.0f): Hounsfield units of air are near -1000; a rescale intercept"
                            + " of about -1024 may be missing, or the window was cut",
                    minimum,
                    maximum));
        }
        if (tissueFraction < LEAST_TISSUE) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "only %.1f %% of the values lie between -200 and 200 HU, where fat and soft tissue are (%.0f to"
                            + " %.0f in all)",
                    100 * tissueFraction,
                    minimum,
                    maximum));
        }
        return Optional.empty();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import java.util.Locale;
import java.util.Optional;
import org.efficientsegnet.volume.Volume;

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

    /** Only dense bone and metal are above, HU; such a scan shows air too. */
    private static final float BONE = 1000;

    /** Every abdomen has fat below this, HU. */
    private static final float FAT = -50;

    /** Every abdomen has tissue above this, HU. */
    private static final float TISSUE = 50;

    /**
     * Looks at values.
     *
     * @param values HU, at least one
     */
    public static Intensities of(float[] values) {
        Counts counts = new Counts();
        counts.add(values);
        return counts.intensities();
    }

    /** Looks at a whole scan, in HU. */
    public static Intensities of(Volume scan) {
        Counts counts = new Counts();
        float[] row = new float[scan.shape().x()];
        for (int at = 0; at < scan.shape().arrayLength(); at += row.length) {
            scan.voxels().copyTo(at, 1, row, 0, row.length);
            for (int x = 0; x < row.length; x++) {
                row[x] = (float) (scan.slope() * row[x] + scan.intercept());
            }
            counts.add(row);
        }
        return counts.intensities();
    }

    private static final class Counts {
        private float minimum = Float.POSITIVE_INFINITY;
        private float maximum = Float.NEGATIVE_INFINITY;
        private long count;
        private long air;
        private long tissue;

        void add(float[] values) {
            int airHere = 0;
            int tissueHere = 0;
            for (float v : values) {
                minimum = Math.min(minimum, v);
                maximum = Math.max(maximum, v);
                airHere += v < AIR_BELOW ? 1 : 0;
                tissueHere += Math.abs(v) <= TISSUE_BEYOND ? 1 : 0;
            }
            count += values.length;
            air += airHere;
            tissue += tissueHere;
        }

        Intensities intensities() {
            return new Intensities(minimum, maximum, (double) air / count, (double) tissue / count);
        }
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
        if (minimum >= 0 || airFraction == 0 && maximum > BONE) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "no value is below %s (%.0f to %.0f): Hounsfield units of air are near -1000; a rescale intercept"
                            + " of about -1024 may be missing, or the window was cut",
                    minimum >= 0 ? "zero" : "-500",
                    minimum,
                    maximum));
        }
        if (minimum > FAT || maximum < TISSUE) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "all values lie between %.4g and %.4g, where an abdomen has fat below %.0f HU and tissue above %.0f"
                            + " HU; they may have been scaled or normalised",
                    minimum,
                    maximum,
                    FAT,
                    TISSUE));
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

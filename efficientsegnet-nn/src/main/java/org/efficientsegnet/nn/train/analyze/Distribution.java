// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.analyze;

import java.util.Arrays;

/**
 * Some numbers, summarised.
 *
 * @param count how many they are
 * @param mean their mean; NaN if there are none
 * @param sd their standard deviation with n - 1; NaN if there are fewer than two
 * @param min the least; NaN if there are none
 * @param median the middle one, or the mean of the two in the middle; NaN if there are none
 * @param max the greatest; NaN if there are none
 */
public record Distribution(int count, double mean, double sd, double min, double median, double max) {

    /** Summarises numbers; those that are NaN are left out. */
    public static Distribution of(double... values) {
        double[] sorted =
                Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
        int n = sorted.length;
        if (n == 0) {
            return new Distribution(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        }
        double mean = Arrays.stream(sorted).sum() / n;
        double squares = Arrays.stream(sorted).map(v -> (v - mean) * (v - mean)).sum();
        double sd = n == 1 ? Double.NaN : Math.sqrt(squares / (n - 1));
        return new Distribution(n, mean, sd, sorted[0], (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[n - 1]);
    }
}

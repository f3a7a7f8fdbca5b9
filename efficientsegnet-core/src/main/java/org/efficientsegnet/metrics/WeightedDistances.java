// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import java.util.Arrays;

/**
 * How much of a surface lies how far from another one.
 *
 * @param distances the distances that occur, mm, ascending, each once
 * @param areas how much of the surface is that far away, mm²
 * @param total the area of the whole surface, mm²
 */
record WeightedDistances(double[] distances, double[] areas, double total) {

    /** A surface without area. */
    static final WeightedDistances NONE = new WeightedDistances(new double[0], new double[0], 0);

    /** Gathers what was found slice by slice. */
    static WeightedDistances of(double[][] distances, double[][] areas) {
        double[] sorted = Arrays.stream(distances)
                .flatMapToDouble(Arrays::stream)
                .sorted()
                .toArray();
        int unique = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] != sorted[unique - 1]) {
                sorted[unique++] = sorted[i];
            }
        }
        double[] summed = new double[unique];
        for (int s = 0; s < distances.length; s++) {
            for (int i = 0; i < distances[s].length; i++) {
                summed[Arrays.binarySearch(sorted, 0, unique, distances[s][i])] += areas[s][i];
            }
        }
        return new WeightedDistances(
                Arrays.copyOf(sorted, unique), summed, Arrays.stream(summed).sum());
    }

    boolean isEmpty() {
        return distances.length == 0;
    }

    /** The area that is not farther away than this. */
    double areaWithin(double distance) {
        double area = 0;
        for (int i = 0; i < distances.length && distances[i] <= distance; i++) {
            area += areas[i];
        }
        return area;
    }

    /** The sum of distance times area. */
    double moment() {
        double sum = 0;
        for (int i = 0; i < distances.length; i++) {
            sum += distances[i] * areas[i];
        }
        return sum;
    }

    /** The distance that this fraction of the area does not exceed. */
    double quantile(double fraction) {
        double area = 0;
        for (int i = 0; i < distances.length; i++) {
            area += areas[i];
            if (area / total >= fraction) {
                return distances[i];
            }
        }
        return distances[distances.length - 1];
    }
}

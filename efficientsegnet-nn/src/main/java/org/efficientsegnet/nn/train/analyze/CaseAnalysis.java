// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.analyze;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.efficientsegnet.nn.plan.OptionalLibraries;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * What one case looks like. Immutable.
 *
 * @param id the case's name
 * @param shape extent of the scan in voxels
 * @param geometry its spacing and orientation
 * @param organs the organs that it has, in the order of labels; missing ones are left out
 */
public record CaseAnalysis(String id, Shape shape, Geometry geometry, List<Organ> organs) {

    private static final double[] PERCENTILES = {0.5, 5, 50, 95, 99.5};
    private static final int SPAN = 1 << 16;

    /** Copies the list. */
    public CaseAnalysis {
        organs = List.copyOf(organs);
    }

    /**
     * An organ of a case.
     *
     * @param label its label
     * @param name its name
     * @param voxels how many it has
     * @param volumeMl its volume, ml
     * @param intensity its voxels' values
     * @param centroid the mean of its voxels' centres towards Right, Anterior and Superior, mm
     * @param axesMm lengths of the three axes of the ellipsoid that has its second moments, the longest first, mm; two
     *     kidneys under one label are one organ
     */
    public record Organ(
            int label,
            String name,
            long voxels,
            double volumeMl,
            Intensity intensity,
            List<Double> centroid,
            List<Double> axesMm) {

        /** Copies the lists. */
        public Organ {
            centroid = List.copyOf(centroid);
            axesMm = List.copyOf(axesMm);
        }

        /** How many times as long the longest axis is as the shortest. */
        public double axisRatio() {
            return axesMm.get(0) / axesMm.get(2);
        }
    }

    /**
     * Values of an organ's voxels, rounded to whole HU. A percentile is the least value that at least so many percent of
     * the voxels do not exceed.
     *
     * @param mean their mean, HU
     * @param sd their standard deviation with n - 1, HU; NaN for a single voxel
     * @param percentile005 the 0.5th percentile, HU
     * @param percentile05 the 5th percentile, HU
     * @param median the 50th percentile, HU
     * @param percentile95 the 95th percentile, HU
     * @param percentile995 the 99.5th percentile, HU
     */
    public record Intensity(
            double mean,
            double sd,
            double percentile005,
            double percentile05,
            double median,
            double percentile95,
            double percentile995) {}

    /**
     * Measures a case.
     *
     * @param id its name
     * @param scan the scan
     * @param labels labels on the scan's own grid
     * @param names the name of each label, the first is label 1; other labels are ignored
     * @throws IllegalArgumentException if the grids differ in extent
     */
    public static CaseAnalysis of(String id, Volume scan, LabelMap labels, List<String> names) {
        Shape shape = scan.shape();
        if (!shape.equals(labels.shape())) {
            throw new IllegalArgumentException("the image has " + shape + " voxels, the labels " + labels.shape());
        }
        Moments[] moments = new Moments[names.size()];
        float[] row = new float[shape.x()];
        int at = 0;
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++, at += row.length) {
                scan.voxels().copyTo(at, 1, row, 0, row.length);
                for (int x = 0; x < row.length; x++) {
                    int label = labels.labels()[at + x] & 0xff;
                    if (label > 0 && label <= moments.length) {
                        if (moments[label - 1] == null) {
                            moments[label - 1] = new Moments();
                        }
                        moments[label - 1].add(scan.slope() * row[x] + scan.intercept(), x, y, z);
                    }
                }
            }
        }
        List<Organ> organs = new ArrayList<>();
        for (int i = 0; i < moments.length; i++) {
            if (moments[i] != null) {
                organs.add(moments[i].organ(i + 1, names.get(i), scan.geometry()));
            }
        }
        return new CaseAnalysis(id, shape, scan.geometry(), organs);
    }

    /** Size times spacing, mm. */
    public double extent(Axis axis) {
        return shape.along(axis) * geometry.spacing(axis);
    }

    /** The organ of a name, if the case has it. */
    public Optional<Organ> organ(String name) {
        return organs.stream().filter(organ -> organ.name().equals(name)).findFirst();
    }

    /** Sums over an organ's voxels. Positions are whole numbers, so that their sums are exact. */
    private static final class Moments {
        private long count;
        private final long[] first = new long[3];
        private final long[] second = new long[9];
        private final long[] histogram = new long[SPAN];

        void add(double hu, int x, int y, int z) {
            count++;
            int[] position = {x, y, z};
            for (int i = 0; i < 3; i++) {
                first[i] += position[i];
                for (int j = 0; j < 3; j++) {
                    second[3 * i + j] += (long) position[i] * position[j];
                }
            }
            int rounded = (int) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, Math.round(hu)));
            histogram[rounded - Short.MIN_VALUE]++;
        }

        Organ organ(int label, String name, Geometry geometry) {
            double[] affine = geometry.affine();
            List<Double> centroid = new ArrayList<>();
            for (int world = 0; world < 3; world++) {
                double sum = affine[4 * world + 3];
                for (int axis = 0; axis < 3; axis++) {
                    sum += affine[4 * world + axis] * first[axis] / count;
                }
                centroid.add(sum);
            }
            return new Organ(
                    label,
                    name,
                    count,
                    count * geometry.voxelVolume() / 1000,
                    intensity(),
                    centroid,
                    axes(covariance(affine)));
        }

        /** In mm²; a voxel counts with its extent, whose variance is a twelfth of its square. */
        private double[][] covariance(double[] affine) {
            double[][] index = new double[3][3];
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) {
                    double product = (double) first[i] / count * first[j] / count;
                    index[i][j] = (double) second[3 * i + j] / count - product + (i == j ? 1.0 / 12 : 0);
                }
            }
            double[][] world = new double[3][3];
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) {
                    for (int k = 0; k < 3; k++) {
                        for (int l = 0; l < 3; l++) {
                            world[i][j] += affine[4 * i + k] * index[k][l] * affine[4 * j + l];
                        }
                    }
                }
            }
            return world;
        }

        private Intensity intensity() {
            double sum = 0;
            for (int i = 0; i < SPAN; i++) {
                sum += (double) histogram[i] * (i + Short.MIN_VALUE);
            }
            double mean = sum / count;
            double squares = 0;
            double[] percentiles = new double[PERCENTILES.length];
            int next = 0;
            long below = 0;
            for (int i = 0; i < SPAN; i++) {
                double hu = i + Short.MIN_VALUE;
                squares += histogram[i] * (hu - mean) * (hu - mean);
                below += histogram[i];
                while (next < PERCENTILES.length && below >= PERCENTILES[next] / 100 * count) {
                    percentiles[next++] = hu;
                }
            }
            double sd = count == 1 ? Double.NaN : Math.sqrt(squares / (count - 1));
            return new Intensity(
                    mean, sd, percentiles[0], percentiles[1], percentiles[2], percentiles[3], percentiles[4]);
        }
    }

    /** A solid ellipsoid with the half axis a has the variance a²/5 along it. The longest axis comes first. */
    private static List<Double> axes(double[][] covariance) {
        OptionalLibraries.require("org.apache.commons.math3.linear.EigenDecomposition", "Commons Math");
        double[] variances = new EigenDecomposition(new Array2DRowRealMatrix(covariance)).getRealEigenvalues();
        return Arrays.stream(variances)
                .map(variance -> 2 * Math.sqrt(5 * Math.max(0, variance)))
                .boxed()
                .sorted(Comparator.reverseOrder())
                .toList();
    }
}

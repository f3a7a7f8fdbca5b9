// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import java.util.Optional;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Bounds;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;

/**
 * The distances between the surfaces of an organ in two label maps, weighted by area, and the measures made from them.
 *
 * <p>As DeepMind's surface-distance package has it (Nikolov et al. 2021, "Clinically applicable segmentation of head
 * and neck anatomy"): the surface lies between voxels, in every cell of 2×2×2 voxels that are not all alike; the area
 * of surface in a cell depends on which of them belong to the organ; the distance is that of a cell to the nearest cell
 * of the other surface. All in mm, with the spacing of each axis.
 *
 * <p>If neither map has the organ there is nothing to measure and every measure is not a number (the package says so of
 * all but the Hausdorff distance, which it calls infinite). If one lacks it, distances are infinite and the surface
 * Dice is 0; the average from the surface that is not there is not a number.
 *
 * <p>Immutable. Making one takes about four bytes for every voxel of the box around both organs.
 */
public final class SurfaceDistances {

    private final WeightedDistances fromReference;
    private final WeightedDistances fromPrediction;

    private SurfaceDistances(WeightedDistances fromReference, WeightedDistances fromPrediction) {
        this.fromReference = fromReference;
        this.fromPrediction = fromPrediction;
    }

    /**
     * Measures the distances of one label in two maps.
     *
     * @param reference the map that is taken as true
     * @param prediction another map on the same grid
     * @param label the label, 0 to 255
     * @param p the threads
     * @throws IllegalArgumentException if the grids differ or there is no such label
     */
    public static SurfaceDistances between(LabelMap reference, LabelMap prediction, int label, Parallelism p) {
        Grids.requireSame(reference.shape(), reference.geometry(), prediction.shape(), prediction.geometry());
        return between(
                reference.labels(),
                prediction.labels(),
                label,
                reference.shape(),
                reference.geometry().spacing(Axis.Z),
                reference.geometry().spacing(Axis.Y),
                reference.geometry().spacing(Axis.X),
                p);
    }

    /**
     * Measures the distances of one label in two arrays.
     *
     * @param reference labels, C order z, y, x
     * @param prediction labels of the same grid
     * @param label the label, 0 to 255
     * @param shape extent of the grid
     * @param spacingZ distance of slices, mm
     * @param spacingY distance of rows, mm
     * @param spacingX distance of columns, mm
     * @param p the threads
     * @throws IllegalArgumentException if the arrays are not of that shape, a spacing is not above zero, there is no
     *     such label, or the organ covers more than 65,533 slices
     */
    public static SurfaceDistances between(
            byte[] reference,
            byte[] prediction,
            int label,
            Shape shape,
            double spacingZ,
            double spacingY,
            double spacingX,
            Parallelism p) {
        shape.requireLength(reference.length, "reference");
        shape.requireLength(prediction.length, "prediction");
        Grids.requireLabel(label);
        for (double spacing : new double[] {spacingZ, spacingY, spacingX}) {
            if (!(spacing > 0) || Double.isInfinite(spacing)) {
                throw new IllegalArgumentException("the spacing is " + spacing + " mm; it must be above zero");
            }
        }
        Optional<Box> box = boxAroundBoth(reference, prediction, (byte) label, shape, p);
        if (box.isEmpty()) {
            return new SurfaceDistances(WeightedDistances.NONE, WeightedDistances.NONE);
        }
        CellGrid first = CellGrid.of(reference, label, shape, box.get(), p);
        CellGrid second = CellGrid.of(prediction, label, shape, box.get(), p);
        return new SurfaceDistances(
                first.distancesTo(second, spacingZ, spacingY, spacingX, p),
                second.distancesTo(first, spacingZ, spacingY, spacingX, p));
    }

    private static Optional<Box> boxAroundBoth(byte[] a, byte[] b, byte label, Shape shape, Parallelism p) {
        int[] first = new int[shape.z() * shape.y()];
        int[] end = new int[first.length];
        int width = shape.x();
        p.forRange(first.length, (from, to) -> {
            for (int row = from; row < to; row++) {
                int at = row * width;
                int f = 0;
                while (f < width && a[at + f] != label && b[at + f] != label) {
                    f++;
                }
                int e = width;
                while (e > f && a[at + e - 1] != label && b[at + e - 1] != label) {
                    e--;
                }
                first[row] = f;
                end[row] = e;
            }
        });
        return Bounds.ofRows(first, end, shape).box();
    }

    /**
     * The normalised surface Dice (NSD): the fraction of both surfaces that lies within a tolerance of the other one, 0
     * to 1.
     *
     * @param toleranceMm up to which distance surfaces count as the same, mm
     * @throws IllegalArgumentException if it is below zero or not finite
     */
    public double surfaceDice(double toleranceMm) {
        if (!(toleranceMm >= 0) || Double.isInfinite(toleranceMm)) {
            throw new IllegalArgumentException("the tolerance " + toleranceMm + " mm is not zero or above");
        }
        return (fromReference.areaWithin(toleranceMm) + fromPrediction.areaWithin(toleranceMm))
                / (fromReference.total() + fromPrediction.total());
    }

    /** The average distance from the reference's surface to the prediction's, mm. */
    public double averageFromReference() {
        return fromReference.moment() / fromReference.total();
    }

    /** The average distance from the prediction's surface to the reference's, mm. */
    public double averageFromPrediction() {
        return fromPrediction.moment() / fromPrediction.total();
    }

    /** The average symmetric surface distance (ASSD): the average over the area of both surfaces, mm. */
    public double averageSymmetric() {
        return (fromReference.moment() + fromPrediction.moment()) / (fromReference.total() + fromPrediction.total());
    }

    /**
     * The robust Hausdorff distance: of both directions the larger distance that the given part of the surface does not
     * exceed, mm. 95 gives the usual HD95, 100 the Hausdorff distance itself.
     *
     * @param percent part of the surface, above 0 to 100
     * @throws IllegalArgumentException if it is not in that range
     */
    public double hausdorff(double percent) {
        if (!(percent > 0 && percent <= 100)) {
            throw new IllegalArgumentException(percent + " is not a percentage of a surface");
        }
        if (fromReference.isEmpty() && fromPrediction.isEmpty()) {
            return Double.NaN;
        }
        if (fromReference.isEmpty() || fromPrediction.isEmpty()) {
            return Double.POSITIVE_INFINITY;
        }
        return Math.max(fromReference.quantile(percent / 100), fromPrediction.quantile(percent / 100));
    }
}

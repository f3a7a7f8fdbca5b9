// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Shape;

/** The region that the fine network looks at. Thread-safe: pure functions. */
public final class RegionOfInterest {

    private RegionOfInterest() {}

    /**
     * A box with a margin around it, on the same grid. The rule is that of {@link #fromCoarse}: what a network is trained
     * on is cut as what it will see.
     *
     * @param box the box
     * @param full extent of the grid
     * @param geometry the grid's geometry
     * @param marginMm added on every side, mm, as far as the grid reaches; at least 0
     * @throws IllegalArgumentException if the box reaches outside the grid or the margin is below 0
     */
    public static Box withMargin(Box box, Shape full, Geometry geometry, double marginMm) {
        return fromCoarse(box, full, full, geometry, marginMm);
    }

    /**
     * A box that was found on the coarse grid, on the full grid and with a margin around it. The arithmetic is the
     * published code's, so that a model sees the region it would see there: the indices of the first and the last
     * voxel are scaled by the ratio of the extents and cut to integers, then the margin is taken away from the one and
     * added to the other and the results are cut again; the latter is the end that no longer belongs to the box.
     *
     * @param coarse the box on the coarse grid
     * @param coarseShape extent of the coarse grid
     * @param full extent of the full grid, which covers the same space with its axes in the same order
     * @param geometry the full grid's geometry
     * @param marginMm added on every side, mm, as far as the grid reaches; at least 0
     * @return the box on the full grid, of at least one voxel
     * @throws IllegalArgumentException if the box reaches outside the coarse grid or the margin is below 0
     */
    public static Box fromCoarse(Box coarse, Shape coarseShape, Shape full, Geometry geometry, double marginMm) {
        if (!(marginMm >= 0)) {
            throw new IllegalArgumentException("the margin " + marginMm + " mm is below zero");
        }
        int[] start = new int[3];
        int[] end = new int[3];
        for (Axis axis : Axis.values()) {
            if (coarse.end(axis) > coarseShape.along(axis)) {
                throw new IllegalArgumentException("the box " + coarse + " reaches outside the grid of " + coarseShape);
            }
            double ratio = (double) full.along(axis) / coarseShape.along(axis);
            double margin = marginMm / geometry.spacing(axis);
            int first = (int) (coarse.start(axis) * ratio);
            int last = (int) ((coarse.end(axis) - 1) * ratio);
            start[axis.ordinal()] = Math.max(0, (int) (first - margin));
            end[axis.ordinal()] =
                    Math.max(start[axis.ordinal()] + 1, Math.min(full.along(axis), (int) (last + margin)));
        }
        return new Box(start[0], start[1], start[2], end[0], end[1], end[2]);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * Makes pyramids: a block of voxels becomes one. Blocks at the far ends may be smaller; extents are rounded up.
 *
 * <p>Images are averaged: integers are rounded to the nearest, halves upwards; every level is the average of the
 * original's voxels, not of rounded ones. Labels are taken by majority, each level of the one before: of labels that
 * occur equally often in a block the one that comes first (z, y, x) wins. Where two axes are halved and the third is
 * not, ties are broken as the COUNTLESS algorithm does it, so that results equal those of tinybrain: of the four labels
 * a, b, c, d the one of the first pair among a, b and c, else d.
 *
 * <p>A level's geometry is exact: its voxel's centre is the centre of the block (of a whole one, at the far ends), so
 * that the spacing is multiplied by the factor and the origin moves by half of what the voxel has grown.
 *
 * <p>Immutable and thread-safe. Memory is that of the result; for images of several levels 8 bytes a voxel of the first
 * level in addition.
 *
 * @param z voxels along z that become one, at least 1
 * @param y voxels along y that become one, at least 1
 * @param x voxels along x that become one, at least 1
 */
public record Downsampling(int z, int y, int x) {

    private static final int MOST_VOXELS = 1 << 15;

    /** @throws IllegalArgumentException if a factor is below 1 or a block has more than 32,768 voxels */
    public Downsampling {
        if (z < 1 || y < 1 || x < 1 || (long) z * y > MOST_VOXELS || (long) z * y * x > MOST_VOXELS) {
            throw new IllegalArgumentException("blocks of " + z + "x" + y + "x" + x
                    + " voxels: every factor is at least 1, and a block has at most " + MOST_VOXELS + " voxels");
        }
    }

    /** The factor along an axis. */
    public int along(Axis axis) {
        return switch (axis) {
            case Z -> z;
            case Y -> y;
            case X -> x;
        };
    }

    /** The extent of the next level. */
    public Shape of(Shape shape) {
        return new Shape((shape.z() - 1) / z + 1, (shape.y() - 1) / y + 1, (shape.x() - 1) / x + 1);
    }

    /** The geometry of the next level. */
    public Geometry of(Geometry geometry) {
        double[] affine = geometry.affine();
        double[] origin = geometry.toWorld((x - 1) / 2.0, (y - 1) / 2.0, (z - 1) / 2.0);
        for (int r = 0; r < 3; r++) {
            for (Axis axis : Axis.values()) {
                affine[4 * r + axis.column()] *= along(axis);
            }
            affine[4 * r + 3] = origin[r];
        }
        return Geometry.ofAffine(affine);
    }

    /**
     * Averages a scan.
     *
     * @param levels how many, at least 1; each of the one before
     * @param p the threads
     * @return the levels, the finest first, in the scan's type
     */
    public List<Volume> average(Volume volume, int levels, Parallelism p) {
        List<Volume> result = new ArrayList<>();
        Shape shape = volume.shape();
        Geometry geometry = volume.geometry();
        for (Voxels voxels : average(volume.voxels(), Layout.contiguous(shape), levels, p)) {
            shape = of(shape);
            geometry = of(geometry);
            result.add(new Volume(shape, geometry, voxels, volume.slope(), volume.intercept()));
        }
        return List.copyOf(result);
    }

    /**
     * Averages voxels of any layout.
     *
     * @param levels how many, at least 1; each of the one before
     * @param p the threads
     * @return the levels, the finest first, C order z, y, x, in the type that was given
     */
    public List<Voxels> average(Voxels voxels, Layout layout, int levels, Parallelism p) {
        requireLevels(levels);
        return BlockAverages.of(voxels, layout, this, levels, p);
    }

    /**
     * Down-samples a label map.
     *
     * @param levels how many, at least 1; each of the one before
     * @param zeroAware whether background counts only where a block has nothing else, so that thin structures stay
     * @param p the threads
     * @return the levels, the finest first, with the map's names
     */
    public List<LabelMap> majority(LabelMap map, int levels, boolean zeroAware, Parallelism p) {
        List<LabelMap> result = new ArrayList<>();
        Geometry geometry = map.geometry();
        for (LabelGrid level : majority(LabelGrid.of(map), levels, zeroAware, p)) {
            geometry = of(geometry);
            byte[] labels = ((LabelArray.Bytes) level.array()).values();
            result.add(new LabelMap(level.shape(), geometry, labels, map.names()));
        }
        return List.copyOf(result);
    }

    /**
     * Down-samples labels of any layout.
     *
     * @param levels how many, at least 1; each of the one before
     * @param zeroAware whether background counts only where a block has nothing else
     * @param p the threads
     * @return the levels, the finest first, C order z, y, x, in the type that was given
     */
    public List<LabelGrid> majority(LabelGrid grid, int levels, boolean zeroAware, Parallelism p) {
        requireLevels(levels);
        List<LabelGrid> result = new ArrayList<>();
        LabelGrid finer = grid;
        for (int level = 0; level < levels; level++) {
            finer = BlockMajority.of(finer, this, zeroAware, p);
            result.add(finer);
        }
        return List.copyOf(result);
    }

    private static void requireLevels(int levels) {
        if (levels < 1) {
            throw new IllegalArgumentException("a pyramid has at least one level, not " + levels);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.viewer;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import java.util.stream.Collectors;
import org.efficientsegnet.labels.Downsampling;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * Scan and labels at the size that a page holds: blocks of voxels averaged, labels by majority. HU are cut to -1024 to
 * 3071 and stored in steps of 4, which the eye does not see in any window and which compress to half.
 *
 * @param ct stored values are HU divided by 4
 * @param labels on the same grid
 * @param from the extent before
 * @param blocks what became one voxel
 */
record ReducedScan(Volume ct, LabelMap labels, Shape from, Downsampling blocks) {

    private static final int LOWEST = -1024;
    private static final int HIGHEST = 3071;
    private static final int STEP = 4;

    /** Axes whose voxels are alike up to this factor are reduced together, so that slices stay square. */
    private static final double ALIKE = 1.1;

    static ReducedScan of(Volume volume, LabelMap labels, int mostVoxels, Parallelism p) {
        Downsampling blocks = blocks(volume.shape(), volume.geometry(), mostVoxels);
        boolean whole = blocks.equals(new Downsampling(1, 1, 1));
        Volume smaller = whole ? volume : blocks.average(volume, 1, p).get(0);
        LabelMap fewer = whole ? labels : blocks.majority(labels, 1, false, p).get(0);
        return new ReducedScan(stored(smaller, p), fewer, volume.shape(), blocks);
    }

    /** The blocks that make a scan small enough: those axes grow whose voxels are the smallest. */
    static Downsampling blocks(Shape shape, Geometry geometry, int mostVoxels) {
        int[] factor = {1, 1, 1};
        while (true) {
            Downsampling blocks = new Downsampling(factor[0], factor[1], factor[2]);
            if (blocks.of(shape).voxels() <= mostVoxels) {
                return blocks;
            }
            double smallest = Double.POSITIVE_INFINITY;
            for (Axis axis : Axis.values()) {
                if (factor[axis.ordinal()] < shape.along(axis)) {
                    smallest = Math.min(smallest, factor[axis.ordinal()] * geometry.spacing(axis));
                }
            }
            for (Axis axis : Axis.values()) {
                int along = factor[axis.ordinal()];
                if (along < shape.along(axis) && along * geometry.spacing(axis) <= ALIKE * smallest) {
                    factor[axis.ordinal()]++;
                }
            }
        }
    }

    private static Volume stored(Volume volume, Parallelism p) {
        Shape shape = volume.shape();
        short[] stored = new short[shape.arrayLength()];
        p.forRange(shape.z(), (from, to) -> {
            float[] row = new float[shape.x()];
            for (int at = shape.index(from, 0, 0), end = shape.index(to, 0, 0); at < end; at += row.length) {
                volume.voxels().copyTo(at, 1, row, 0, row.length);
                for (int x = 0; x < row.length; x++) {
                    double hu = volume.slope() * row[x] + volume.intercept();
                    stored[at + x] = (short) Math.round(Math.min(HIGHEST, Math.max(LOWEST, hu)) / STEP);
                }
            }
        });
        return new Volume(shape, volume.geometry(), new Voxels.Shorts(stored, false), STEP, 0);
    }

    /** What was done, for whoever looks at it. */
    String describe() {
        Shape shape = ct.shape();
        String spacing = Axis.xyz().stream()
                .map(axis -> new DecimalFormat("0.##", DecimalFormatSymbols.getInstance(Locale.ROOT))
                        .format(ct.geometry().spacing(axis)))
                .collect(Collectors.joining(" \u00d7 "));
        String size = extents(shape.x(), shape.y(), shape.z()) + " voxels of " + spacing + " mm (x, y, z)";
        String how = shape.equals(from)
                ? "the scan's own grid"
                : "averages of " + extents(blocks.x(), blocks.y(), blocks.z()) + " voxels of the scan's "
                        + extents(from.x(), from.y(), from.z());
        return "The CT is shown with " + size + ", " + how + ", in steps of " + STEP + " HU from \u2212"
                + Math.abs(LOWEST) + " to " + HIGHEST + ".";
    }

    private static String extents(int x, int y, int z) {
        return x + " \u00d7 " + y + " \u00d7 " + z;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.anatomy;

import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.efficientsegnet.labels.ConnectedComponent;
import org.efficientsegnet.labels.ConnectedComponents;
import org.efficientsegnet.labels.Connectivity;
import org.efficientsegnet.labels.LabelArray;
import org.efficientsegnet.labels.LabelGrid;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * Tells the right kidney from the left one, which networks with one label for both do not.
 *
 * <p>A component (26-connected) belongs to the side of the body's midline on which its centroid lies; one that reaches over
 * the midline with more than a tenth of its voxels, kidneys that touch or a horseshoe kidney, is divided there. The midline
 * is the median, from left to right, of the voxels of the body (above -200 HU) in the slices with kidneys: a kidney that is
 * missing does not move it. Where a side has none, its label has no voxels.
 *
 * <p>Thread-safe: pure functions. It relies on the scan's orientation; of one that is mirrored, sides are too.
 */
public final class KidneySides {

    /** The right kidney's name; it keeps the number of the label that was divided. */
    public static final String RIGHT = "right kidney";

    /** The left kidney's name; its label is the first number above all others. */
    public static final String LEFT = "left kidney";

    private static final double BODY_HU = -200;
    private static final double MOST_BEYOND_MIDLINE = 0.1;

    private KidneySides() {}

    /** Whether a label of that name holds both kidneys, and is divided. */
    public static boolean divides(String name) {
        return name.equals("kidney") || name.equals("kidneys");
    }

    /**
     * Divides the kidneys of a label map.
     *
     * @param scan on the same grid
     * @param labels a label of which is named {@code kidney} or {@code kidneys}; not changed
     * @param p the threads
     * @return a map with {@value #RIGHT} and {@value #LEFT}; the same if it has no such label
     * @throws IllegalArgumentException if the grids have different extents, or there is no label left
     */
    public static LabelMap split(Volume scan, LabelMap labels, Parallelism p) {
        if (!scan.shape().equals(labels.shape())) {
            throw new IllegalArgumentException("a scan of " + scan.shape() + " and labels of " + labels.shape());
        }
        Integer kidney = labels.names().entrySet().stream()
                .filter(name -> divides(name.getValue()))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
        if (kidney == null) {
            return labels;
        }
        int left = labels.names().lastKey() + 1;
        if (left > 255) {
            throw new IllegalArgumentException("no label is left for the second kidney");
        }
        byte[] divided = labels.labels().clone();
        LabelGrid grid = new LabelGrid(new LabelArray.Bytes(divided), labels.oriented(Orientation.RAS));
        divide(scan, grid, kidney, left, p);
        SortedMap<Integer, String> names = new TreeMap<>(labels.names());
        names.put(kidney, RIGHT);
        names.put(left, LEFT);
        return new LabelMap(labels.shape(), labels.geometry(), divided, names);
    }

    /** @param grid whose axes grow towards Right, Anterior, Superior; changed in place */
    private static void divide(Volume scan, LabelGrid grid, int kidney, int left, Parallelism p) {
        Shape shape = grid.shape();
        byte[] mask = new byte[shape.arrayLength()];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    mask[shape.index(z, y, x)] = (byte) (grid.label(z, y, x) == kidney ? 1 : 0);
                }
            }
        }
        ConnectedComponents pieces =
                ConnectedComponents.of(LabelGrid.of(shape, new LabelArray.Bytes(mask)), Connectivity.CORNERS, p);
        if (pieces.count() == 0) {
            return;
        }
        boolean[] slices = new boolean[shape.z()];
        for (ConnectedComponent piece : pieces.list()) {
            Arrays.fill(slices, piece.box().z0(), piece.box().z1(), true);
        }
        double midline = midline(scan, slices);
        for (ConnectedComponent piece : pieces.list()) {
            long beyond = pieces.runs(piece.number()).stream()
                    .mapToLong(run -> voxelsBeyond(run.start(), run.end(), midline, piece.centroidX() > midline))
                    .sum();
            boolean both = beyond > MOST_BEYOND_MIDLINE * piece.voxels();
            pieces.runs(piece.number()).forEach(run -> {
                for (int x = run.start(); x < run.end(); x++) {
                    if (both ? x <= midline : piece.centroidX() <= midline) {
                        grid.array().put(grid.layout().index(run.z(), run.y(), x), left);
                    }
                }
            });
        }
    }

    private static long voxelsBeyond(int start, int end, double midline, boolean right) {
        int first = Math.min(end, Math.max(start, (int) Math.floor(midline) + 1));
        return right ? first - start : end - first;
    }

    /** The median of the body along x, which grows to the right. */
    private static double midline(Volume scan, boolean[] slices) {
        Layout layout = scan.oriented(Orientation.RAS);
        Shape shape = layout.shape();
        long[] body = new long[shape.x()];
        float[] row = new float[shape.x()];
        double threshold = (BODY_HU - scan.intercept()) / scan.slope();
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; slices[z] && y < shape.y(); y++) {
                scan.voxels().copyTo(layout.index(z, y, 0), layout.strideX(), row, 0, row.length);
                for (int x = 0; x < row.length; x++) {
                    body[x] += scan.slope() > 0 == row[x] > threshold ? 1 : 0;
                }
            }
        }
        long half = (Arrays.stream(body).sum() + 1) / 2;
        for (int x = 0; x < body.length; x++) {
            half -= body[x];
            if (half <= 0 && body[x] > 0) {
                return x;
            }
        }
        return (shape.x() - 1) / 2.0;
    }
}

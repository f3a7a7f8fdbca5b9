// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/**
 * Where the slices lie and how much of the scan they show, on a grid whose axes grow towards Left, Posterior and
 * Inferior, which is how pictures are laid out.
 *
 * @param layout of the scan's arrays
 * @param geometry of that grid
 * @param center of the organs, in voxels, z, y, x
 * @param from first voxel that is shown along each axis, z, y, x
 * @param to one past the last
 * @param voxels how many each label has
 */
record View(Layout layout, Geometry geometry, double[] center, int[] from, int[] to, Map<Integer, Long> voxels) {

    /** A whole body would leave no room for the belly: the height is at most this many times the other extents. */
    private static final double MAX_HEIGHT = 1.15;

    static View of(LabelMap labels) {
        Shape shape = labels.shape();
        Layout layout = labels.oriented(Orientation.of("LPI"));
        Geometry geometry = labels.geometry().reorient(shape, Orientation.of("LPI"));
        Shape seen = layout.shape();
        long[] count = new long[256];
        double[][] sum = new double[256][3];
        for (int z = 0; z < seen.z(); z++) {
            for (int y = 0; y < seen.y(); y++) {
                int at = layout.index(z, y, 0);
                for (int x = 0; x < seen.x(); x++, at += layout.strideX()) {
                    int label = labels.labels()[at] & 0xff;
                    if (label != 0) {
                        count[label]++;
                        sum[label][0] += z;
                        sum[label][1] += y;
                        sum[label][2] += x;
                    }
                }
            }
        }
        Map<Integer, Long> voxels = new TreeMap<>();
        double[] center = new double[3];
        for (int label = 1; label < 256; label++) {
            if (count[label] > 0) {
                voxels.put(label, count[label]);
                for (int axis = 0; axis < 3; axis++) {
                    center[axis] += sum[label][axis] / count[label];
                }
            }
        }
        int[] from = new int[3];
        int[] to = new int[3];
        for (int axis = 0; axis < 3; axis++) {
            to[axis] = seen.along(Axis.at(axis));
            center[axis] = voxels.isEmpty() ? (to[axis] - 1) / 2.0 : center[axis] / voxels.size();
        }
        double widest = Math.max(seen.x() * geometry.spacing(Axis.X), seen.y() * geometry.spacing(Axis.Y));
        int most = (int) Math.ceil(MAX_HEIGHT * widest / geometry.spacing(Axis.Z));
        if (most < seen.z()) {
            from[0] = (int) Math.min(Math.max(Math.round(center[0] - most / 2.0), 0), seen.z() - most);
            to[0] = from[0] + most;
        }
        return new View(layout, geometry, center, from, to, voxels);
    }

    /** The slice of a plane nearest to the centre. */
    int slice(Plane plane) {
        return (int) Math.round(center[plane.across().ordinal()]);
    }

    /** What is shown along an axis, in mm. */
    double extent(Axis axis) {
        return (to[axis.ordinal()] - from[axis.ordinal()]) * spacing(axis);
    }

    /** The distance of voxels along an axis, in mm. */
    double spacing(Axis axis) {
        return geometry.spacing(axis);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.viewer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;

/**
 * A label of a map and where to look at it.
 *
 * @param label above 0
 * @param name its name, or "label" and the number
 * @param volumeMl its volume, ml
 * @param place the centre of its voxel that is nearest to its centre of mass, Right, Anterior, Superior, mm; empty if it
 *     has no voxel
 */
record PlacedOrgan(int label, String name, double volumeMl, Optional<double[]> place) {

    /** Every label that occurs or has a name, in the order of labels. */
    static List<PlacedOrgan> of(LabelMap map) {
        long[] voxels = new long[256];
        double[][] center = new double[256][3];
        forEach(map, (label, z, y, x) -> {
            voxels[label]++;
            center[label][0] += x;
            center[label][1] += y;
            center[label][2] += z;
        });
        for (int label = 1; label < 256; label++) {
            for (int i = 0; i < 3; i++) {
                center[label][i] /= voxels[label];
            }
        }
        double[] least = new double[256];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        int[][] nearest = new int[256][3];
        double mmX = map.geometry().spacing(Axis.X);
        double mmY = map.geometry().spacing(Axis.Y);
        double mmZ = map.geometry().spacing(Axis.Z);
        forEach(map, (label, z, y, x) -> {
            double dx = (x - center[label][0]) * mmX;
            double dy = (y - center[label][1]) * mmY;
            double dz = (z - center[label][2]) * mmZ;
            double distance = dx * dx + dy * dy + dz * dz;
            if (distance < least[label]) {
                least[label] = distance;
                nearest[label] = new int[] {x, y, z};
            }
        });
        double ml = map.geometry().voxelVolume() / 1000;
        List<PlacedOrgan> organs = new ArrayList<>();
        for (int label = 1; label < 256; label++) {
            if (voxels[label] > 0 || map.names().containsKey(label)) {
                int[] at = nearest[label];
                Optional<double[]> place =
                        voxels[label] > 0 ? Optional.of(map.geometry().toWorld(at[0], at[1], at[2])) : Optional.empty();
                String name = map.names().getOrDefault(label, "label " + label);
                organs.add(new PlacedOrgan(label, name, voxels[label] * ml, place));
            }
        }
        return organs;
    }

    private interface Visitor {
        void visit(int label, int z, int y, int x);
    }

    private static void forEach(LabelMap map, Visitor visitor) {
        Shape shape = map.shape();
        byte[] labels = map.labels();
        for (int z = 0, at = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++, at++) {
                    if (labels[at] != 0) {
                        visitor.visit(labels[at] & 0xff, z, y, x);
                    }
                }
            }
        }
    }
}

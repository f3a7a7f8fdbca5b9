// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * The rule for voxels whose Hounsfield value is not a number or infinite: a scan that has any is refused. One of them
 * would make the mean, and with it the whole input of a network, not a number; what stood there can only be guessed by
 * whoever knows the scan.
 */
public final class NonFiniteVoxels {

    private NonFiniteVoxels() {}

    /**
     * Refuses a volume with voxels that are not finite in HU. Reads nothing if the voxel type cannot hold such.
     *
     * @param volume the scan
     * @param p the threads
     * @throws NonFiniteVoxelsException if there are any
     */
    public static void check(Volume volume, Parallelism p) {
        if (!canBeNonFinite(volume)) {
            return;
        }
        Shape shape = volume.shape();
        Voxels voxels = volume.voxels();
        double slope = volume.slope();
        double intercept = volume.intercept();
        long[] counts = new long[shape.z()];
        int[] firsts = new int[shape.z()];
        int slice = shape.y() * shape.x();
        p.forRange(shape.z(), (from, to) -> {
            float[] row = new float[shape.x()];
            for (int z = from; z < to; z++) {
                for (int y = shape.y() - 1; y >= 0; y--) {
                    voxels.copyTo(shape.index(z, y, 0), 1, row, 0, row.length);
                    for (int x = row.length - 1; x >= 0; x--) {
                        if (!Float.isFinite((float) (slope * row[x] + intercept))) {
                            counts[z]++;
                            firsts[z] = y * shape.x() + x;
                        }
                    }
                }
            }
        });
        long count = 0;
        long first = -1;
        for (int z = 0; z < counts.length; z++) {
            if (first < 0 && counts[z] > 0) {
                first = (long) z * slice + firsts[z];
            }
            count += counts[z];
        }
        if (count > 0) {
            throw new NonFiniteVoxelsException(
                    count, (int) (first / slice), (int) (first % slice / shape.x()), (int) (first % shape.x()));
        }
    }

    private static boolean canBeNonFinite(Volume volume) {
        double largest = volume.voxels() instanceof Voxels.Floats
                ? Double.POSITIVE_INFINITY
                : Math.scalb(1.0, 8 * volume.voxels().bytesPerVoxel());
        return Math.abs(volume.slope()) * largest + Math.abs(volume.intercept()) >= Float.MAX_VALUE;
    }
}

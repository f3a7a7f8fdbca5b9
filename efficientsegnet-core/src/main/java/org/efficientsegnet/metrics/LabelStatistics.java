// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Bounds;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Face;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * Volume, Hounsfield units and extent of every organ, in one pass over the scan. The sums are taken slice by slice and
 * joined in order, so that they do not depend on the number of threads. Thread-safe: pure functions.
 */
public final class LabelStatistics {

    private LabelStatistics() {}

    /**
     * Measures every organ.
     *
     * @param scan the scan
     * @param labels labels on the scan's own grid
     * @param p the threads
     * @return statistics of every label above 0 that occurs or has a name, in the order of labels
     * @throws IllegalArgumentException if the grids differ
     */
    public static List<OrganStatistics> of(Volume scan, LabelMap labels, Parallelism p) {
        Grids.requireSame(scan.shape(), scan.geometry(), labels.shape(), labels.geometry());
        Shape shape = scan.shape();
        Sums[][] slices = new Sums[shape.z()][];
        p.forRange(shape.z(), (from, to) -> {
            float[] row = new float[shape.x()];
            for (int z = from; z < to; z++) {
                slices[z] = sumSlice(scan, labels.labels(), z, row);
            }
        });
        double voxelMl = labels.geometry().voxelVolume() / 1000;
        List<OrganStatistics> organs = new ArrayList<>();
        for (int label = 1; label < 256; label++) {
            String name = labels.names().get(label);
            Sums organ = new Sums();
            for (Sums[] slice : slices) {
                if (slice[label] != null) {
                    organ.join(slice[label]);
                }
            }
            if (organ.count > 0 || name != null) {
                organs.add(organ.describe(label, name == null ? "label " + label : name, voxelMl, shape));
            }
        }
        return List.copyOf(organs);
    }

    /** How many voxels each of the 256 labels has. */
    static long[] count(byte[] labels, Parallelism p) {
        AtomicLongArray all = new AtomicLongArray(256);
        p.forRange(labels.length, (from, to) -> {
            int[] counts = new int[256];
            for (int i = from; i < to; i++) {
                counts[labels[i] & 0xff]++;
            }
            for (int label = 0; label < 256; label++) {
                all.addAndGet(label, counts[label]);
            }
        });
        long[] counts = new long[256];
        for (int label = 0; label < 256; label++) {
            counts[label] = all.get(label);
        }
        return counts;
    }

    private static Sums[] sumSlice(Volume scan, byte[] labels, int z, float[] row) {
        Sums[] sums = new Sums[256];
        Shape shape = scan.shape();
        for (int y = 0; y < shape.y(); y++) {
            int at = shape.index(z, y, 0);
            boolean read = false;
            for (int x = 0; x < shape.x(); x++) {
                int label = labels[at + x] & 0xff;
                if (label == 0) {
                    continue;
                }
                if (!read) {
                    scan.voxels().copyTo(at, 1, row, 0, row.length);
                    read = true;
                }
                if (sums[label] == null) {
                    sums[label] = new Sums();
                }
                sums[label].add(scan.slope() * row[x] + scan.intercept(), z, y, x);
            }
        }
        return sums;
    }

    /** Count, mean, summed squares of deviations and extent; joined as Chan, Golub and LeVeque (1979) do it. */
    private static final class Sums {
        private long count;
        private double mean;
        private double squares;
        private final Bounds bounds = new Bounds();

        void add(double hu, int z, int y, int x) {
            count++;
            double deviation = hu - mean;
            mean += deviation / count;
            squares += deviation * (hu - mean);
            bounds.add(z, y, x, x + 1);
        }

        void join(Sums other) {
            double deviation = other.mean - mean;
            long both = count + other.count;
            squares += other.squares + deviation * deviation * count * other.count / both;
            mean += deviation * other.count / both;
            count = both;
            bounds.add(other.bounds);
        }

        OrganStatistics describe(int label, String name, double voxelMl, Shape shape) {
            Optional<Box> box = bounds.box();
            Set<Face> touched = box.map(b -> Face.touchedBy(b, shape)).orElse(Set.of());
            double average = count == 0 ? Double.NaN : mean;
            double deviation = count < 2 ? Double.NaN : Math.sqrt(squares / (count - 1));
            return new OrganStatistics(label, name, count, count * voxelMl, average, deviation, box, touched);
        }
    }
}

package org.efficientsegnet.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Face;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/** Size, place and intensity of the organs of a label map. Results do not depend on the number of threads. */
public final class LabelStatistics {

    private LabelStatistics() {}

    /**
     * The statistics of every label that has a name, in label order.
     *
     * @param volume the scan
     * @param labels labels on the scan's grid
     * @param p the threads
     * @throws IllegalArgumentException if the grids differ in extent
     */
    public static List<OrganStatistics> of(Volume volume, LabelMap labels, Parallelism p) {
        Shape shape = volume.shape();
        if (!shape.equals(labels.shape())) {
            throw new IllegalArgumentException(
                    "the scan has " + shape + " voxels, the label map " + labels.shape() + " (z, y, x)");
        }
        int known = labels.names().isEmpty() ? 0 : labels.names().lastKey();
        Slice[] slices = new Slice[shape.z()];
        p.forRange(shape.z(), (from, to) -> {
            float[] row = new float[shape.x()];
            for (int z = from; z < to; z++) {
                slices[z] = new Slice(known);
                slices[z].add(volume, labels.labels(), z, row);
            }
        });
        double ml = labels.geometry().voxelVolume() / 1000;
        List<OrganStatistics> organs = new ArrayList<>();
        for (Map.Entry<Integer, String> organ : labels.names().entrySet()) {
            organs.add(statistics(organ.getKey(), organ.getValue(), slices, shape, ml));
        }
        return organs;
    }

    private static OrganStatistics statistics(int label, String name, Slice[] slices, Shape shape, double ml) {
        long n = 0;
        double sum = 0;
        Box box = null;
        for (int z = 0; z < slices.length; z++) {
            Slice slice = slices[z];
            if (slice.count[label] > 0) {
                n += slice.count[label];
                sum += slice.sum[label];
                Box here =
                        new Box(z, slice.y0[label], slice.x0[label], z + 1, slice.y1[label] + 1, slice.x1[label] + 1);
                box = box == null ? here : box.union(here);
            }
        }
        if (box == null) {
            return new OrganStatistics(label, name, 0, 0, Double.NaN, Double.NaN, Optional.empty(), Set.of());
        }
        double mean = sum / n;
        // Each slice's squares are about its own mean: squares about zero would lose the digits of a small deviation.
        double squares = 0;
        for (Slice slice : slices) {
            if (slice.count[label] > 0) {
                double off = slice.sum[label] / slice.count[label] - mean;
                squares += slice.squares[label] + slice.count[label] * off * off;
            }
        }
        double sd = n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1));
        return new OrganStatistics(label, name, n, n * ml, mean, sd, Optional.of(box), Face.touchedBy(box, shape));
    }

    /** Sums over one slice, by label. */
    private static final class Slice {

        private final int[] count;
        private final double[] sum;
        private final double[] squares;
        private final int[] y0;
        private final int[] y1;
        private final int[] x0;
        private final int[] x1;

        Slice(int known) {
            count = new int[known + 1];
            sum = new double[known + 1];
            squares = new double[known + 1];
            y0 = new int[known + 1];
            y1 = new int[known + 1];
            x0 = new int[known + 1];
            x1 = new int[known + 1];
        }

        /** Welford's update, voxel after voxel; background and labels without a name are passed over. */
        void add(Volume volume, byte[] labels, int z, float[] row) {
            Shape shape = volume.shape();
            for (int y = 0; y < shape.y(); y++) {
                int start = shape.index(z, y, 0);
                boolean converted = false;
                for (int x = 0; x < row.length; x++) {
                    int label = labels[start + x] & 0xff;
                    if (label == 0 || label >= count.length) {
                        continue;
                    }
                    if (!converted) {
                        volume.voxels().copyTo(start, 1, row, 0, row.length);
                        converted = true;
                    }
                    if (count[label] == 0) {
                        y0[label] = y;
                        x0[label] = x;
                        x1[label] = x;
                    }
                    double hu = volume.slope() * row[x] + volume.intercept();
                    double before = count[label] == 0 ? 0 : hu - sum[label] / count[label];
                    count[label]++;
                    sum[label] += hu;
                    squares[label] += before * (hu - sum[label] / count[label]);
                    y1[label] = y;
                    x0[label] = Math.min(x0[label], x);
                    x1[label] = Math.max(x1[label], x);
                }
            }
        }
    }
}

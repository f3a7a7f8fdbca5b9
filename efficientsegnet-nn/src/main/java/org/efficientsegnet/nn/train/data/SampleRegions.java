package org.efficientsegnet.nn.train.data;

import java.util.SplittableRandom;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/** Parts of cases that samples are made of. Thread-safe: pure functions. */
public final class SampleRegions {

    private SampleRegions() {}

    /** The box of all labels with a margin on every side, as far as the grid reaches. */
    public static Box around(PreparedCase prepared, double marginMm) {
        int[] box = labelBox(prepared);
        int[] start = new int[3];
        int[] end = new int[3];
        for (int axis = 0; axis < 3; axis++) {
            int margin = (int) (marginMm / prepared.geometry().spacing(Axis.at(axis)));
            start[axis] = Math.max(0, box[axis] - margin);
            end[axis] = Math.min(prepared.shape().along(Axis.at(axis)), box[3 + axis] + 1 + margin);
        }
        return new Box(start[0], start[1], start[2], end[0], end[1], end[2]);
    }

    /**
     * A box whose every side is drawn from a third of {@code most} inside the labels' box to {@code most} outside of it,
     * as the published code crops.
     *
     * @param most mm
     */
    public static Box around(PreparedCase prepared, double most, SplittableRandom random) {
        int[] box = labelBox(prepared);
        int[] start = new int[3];
        int[] end = new int[3];
        for (int axis = 0; axis < 3; axis++) {
            double voxels = most / prepared.geometry().spacing(Axis.at(axis));
            int n = prepared.shape().along(Axis.at(axis));
            int before = (int) Math.round(voxels * (random.nextDouble() * 4 / 3 - 1.0 / 3));
            int after = (int) Math.round(voxels * (random.nextDouble() * 4 / 3 - 1.0 / 3));
            start[axis] = Math.max(0, Math.min(n - 1, box[axis] - before));
            end[axis] = Math.max(start[axis] + 1, Math.min(n, box[3 + axis] + 1 + after));
        }
        return new Box(start[0], start[1], start[2], end[0], end[1], end[2]);
    }

    /** First z, y, x and last z, y, x of any label. */
    private static int[] labelBox(PreparedCase prepared) {
        Shape shape = prepared.shape();
        int[] box = {Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, -1, -1, -1};
        int at = 0;
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    byte label = prepared.labels()[at++];
                    if (label != 0 && label != (byte) Batch.UNKNOWN) {
                        box[0] = Math.min(box[0], z);
                        box[1] = Math.min(box[1], y);
                        box[2] = Math.min(box[2], x);
                        box[3] = Math.max(box[3], z);
                        box[4] = Math.max(box[4], y);
                        box[5] = Math.max(box[5], x);
                    }
                }
            }
        }
        return box;
    }

    /** A part of a case at another size. */
    public static Sample resample(PreparedCase prepared, Box region, Shape size, int classes, Parallelism p) {
        Layout layout = Layout.contiguous(prepared.shape()).crop(region);
        float[] hu = Resampler.trilinear(new Voxels.Shorts(prepared.hu(), false), layout, 1, 0, size, p);
        byte[] labels = LabelResampler.resample(prepared.labels(), layout, size, classes, p);
        return new Sample(prepared.id(), size, hu, labels);
    }
}

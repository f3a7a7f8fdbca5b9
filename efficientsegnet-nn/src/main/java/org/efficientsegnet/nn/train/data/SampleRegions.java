// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.util.SplittableRandom;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.postprocess.RegionOfInterest;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Bounds;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/** Parts of cases that samples are made of. Thread-safe: pure functions. */
public final class SampleRegions {

    private SampleRegions() {}

    /** The box of all labels; that of the whole scan if there is none. */
    public static Box organs(PreparedCase prepared) {
        Shape shape = prepared.shape();
        Bounds bounds = new Bounds();
        int at = 0;
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    byte label = prepared.labels()[at++];
                    if (label != 0 && label != (byte) Batch.UNKNOWN) {
                        bounds.add(z, y, x, x + 1);
                    }
                }
            }
        }
        return bounds.box().orElse(Box.of(shape));
    }

    /** A box with a margin on every side, cut as the pipeline cuts what it segments. */
    public static Box around(PreparedCase prepared, Box organs, double marginMm) {
        return RegionOfInterest.withMargin(organs, prepared.shape(), prepared.geometry(), marginMm);
    }

    /**
     * A box whose every side is drawn from a third of {@code most} inside the organs' box to {@code most} outside of
     * it, as the published code crops.
     *
     * @param most mm
     */
    public static Box around(PreparedCase prepared, Box organs, double most, SplittableRandom random) {
        int[] start = new int[3];
        int[] end = new int[3];
        for (Axis axis : Axis.values()) {
            double voxels = most / prepared.geometry().spacing(axis);
            int n = prepared.shape().along(axis);
            int before = (int) Math.round(voxels * (random.nextDouble() * 4 / 3 - 1.0 / 3));
            int after = (int) Math.round(voxels * (random.nextDouble() * 4 / 3 - 1.0 / 3));
            int first = Math.max(0, Math.min(n - 1, organs.start(axis) - before));
            start[axis.ordinal()] = first;
            end[axis.ordinal()] = Math.max(first + 1, Math.min(n, organs.end(axis) + after));
        }
        return new Box(start[0], start[1], start[2], end[0], end[1], end[2]);
    }

    /** A part of a case at another size. */
    public static Sample resample(PreparedCase prepared, Box region, Shape size, int classes, Parallelism p) {
        Layout layout = Layout.contiguous(prepared.shape()).crop(region);
        float[] hu = Resampler.trilinear(new Voxels.Shorts(prepared.hu(), false), layout, 1, 0, size, p);
        byte[] labels = LabelResampler.resample(prepared.labels(), layout, size, classes, p);
        return new Sample(prepared.id(), size, hu, labels);
    }
}

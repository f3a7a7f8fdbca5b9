// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.augment;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.data.LabelMapping;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.data.Sample;
import org.efficientsegnet.nn.train.data.SampleRegions;
import org.efficientsegnet.nn.train.paint.Painter;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/**
 * Makes the samples that a network is trained on, varied as the options say. A sample depends on the case, the options
 * and the seed alone. Thread-safe.
 */
public final class Augmenter {

    private static final double LEAST_BLUR = 0.3;
    private static final double MOST_BLUR = 0.9;
    private static final double MOST_ROOM_MM = 60;
    private static final double HEAD_MM = 320;

    private final PreparedDataset dataset;
    private final Painter painter;
    private final LabelMapping mapping;
    private final MirroredLabels sides;
    private final Map<String, Box> organs;
    private final CascadeStage stage;
    private final AugmentOptions options;
    private final float windowLow;
    private final float windowHigh;
    private final double epsilon;

    /**
     * @param dataset the cases
     * @param labels the network's, the first is label 1; the data set's must be among them
     * @param stage which network they are for
     * @param options how they are varied
     * @param organs where the organs lie in cases whose labels do not tell, since some were not annotated
     * @param windowLow HU below are raised to it
     * @param windowHigh HU above are lowered to it
     * @param epsilon added to the standard deviation
     */
    public Augmenter(
            PreparedDataset dataset,
            List<String> labels,
            CascadeStage stage,
            AugmentOptions options,
            Map<String, Box> organs,
            float windowLow,
            float windowHigh,
            double epsilon) {
        this.dataset = dataset;
        painter = dataset.options().painted()
                ? new Painter(dataset.options().labels(), dataset.options().tissues())
                : null;
        mapping = new LabelMapping(dataset.options().labels(), labels);
        sides = new MirroredLabels(dataset.options().labels(), dataset.options().orientation());
        this.organs = Map.copyOf(organs);
        this.stage = stage;
        this.options = options;
        this.windowLow = windowLow;
        this.windowHigh = windowHigh;
        this.epsilon = epsilon;
    }

    /**
     * Makes a sample.
     *
     * @param id the case's name
     * @param size its extent
     * @param seed decides on everything that is random
     * @return normalised
     * @throws IOException if the cache cannot be read
     */
    public Sample make(String id, Shape size, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        // One stream each, so that turning one change on or off leaves the others as they were.
        SplittableRandom cropping = random.split();
        SplittableRandom warping = random.split();
        Sample sample = painter == null
                ? geometry(id, size, cropping, warping)
                : painted(id, size, cropping, warping, new SplittableRandom(seed ^ 0x7061696EL));
        contrast(sample, random.split());
        if (options.coarser() > 1) {
            sample = coarser(sample, random.split());
        }
        blur(sample, new SplittableRandom(seed ^ 0x626C7572L));
        Normalizer.clipAndStandardize(sample.hu(), windowLow, windowHigh, epsilon, Parallelism.SINGLE);
        noise(sample, new SplittableRandom(seed ^ 0x5DEECE66DL));
        return mapping.apply(sample);
    }

    private Sample geometry(String id, Shape size, SplittableRandom cropping, SplittableRandom warping)
            throws IOException {
        boolean crops = stage == CascadeStage.FINE && options.cropMm() > 0 && cropping.nextBoolean();
        Warp warp = Warp.draw(options, warping);
        Box found = organs.get(id);
        if (!crops
                && warp.isIdentity()
                && size.equals(dataset.size(stage))
                && (stage == CascadeStage.COARSE || found == null)) {
            return dataset.sample(id, stage);
        }
        PreparedCase prepared = dataset.load(id);
        Box region = stage == CascadeStage.FINE ? region(prepared, found, crops, cropping) : Box.of(prepared.shape());
        return warp.isIdentity()
                ? SampleRegions.resample(
                        prepared, region, size, dataset.options().labels().size(), Parallelism.SINGLE)
                : mirrored(warp.apply(prepared, region, size), warp);
    }

    /** A map as a scan might show it: what the scanner does to it included. */
    private Sample painted(
            String id, Shape size, SplittableRandom cropping, SplittableRandom warping, SplittableRandom painting)
            throws IOException {
        PreparedCase map = dataset.load(id);
        PreparedCase organsOnly =
                new PreparedCase(id, map.shape(), map.geometry(), map.hu(), painter.organs(map.labels()));
        boolean crops = options.cropMm() > 0 && cropping.nextBoolean();
        Warp.Part part = stage == CascadeStage.FINE
                ? Warp.Part.of(region(organsOnly, organs.get(id), crops, cropping))
                : fieldOfView(map, SampleRegions.organs(organsOnly), cropping);
        Warp warp = Warp.draw(options, warping);
        byte[] tissues = warp.labels(map, part, size);
        if (warp.mirrors(sides.axis())) {
            tissues = sides.swap(tissues);
        }
        double[] spacing = new double[3];
        for (Axis axis : Axis.values()) {
            int i = axis.ordinal();
            spacing[i] = (part.last()[i] - part.first()[i])
                    * map.geometry().spacing(axis)
                    / Math.max(1, size.along(axis) - 1);
        }
        float[] hu = painter.paint(size, spacing, tissues, painting);
        Gaussian.smooth(hu, size, LEAST_BLUR + (MOST_BLUR - LEAST_BLUR) * painting.nextDouble());
        Painter.addNoise(hu, painting);
        return new Sample(id, size, hu, painter.organs(tissues));
    }

    /** What a scanner might have covered: from within the organs to beyond the map, in air, as far as a head reaches. */
    private static Warp.Part fieldOfView(PreparedCase map, Box organs, SplittableRandom random) {
        Warp.Part part = Warp.Part.of(Box.of(map.shape()));
        for (Axis axis : List.of(Axis.Y, Axis.X)) {
            double room = MOST_ROOM_MM / map.geometry().spacing(axis);
            part.first()[axis.ordinal()] -= room * random.nextDouble();
            part.last()[axis.ordinal()] += room * random.nextDouble();
        }
        double height = organs.z1() - organs.z0();
        boolean cuts = random.nextInt(4) == 0;
        double inside = cuts ? 0.3 * height * random.nextDouble() : 0;
        boolean below = random.nextBoolean();
        part.first()[0] = cuts && below ? organs.z0() + inside : organs.z0() * random.nextDouble();
        double end = map.shape().z() - 1.0;
        double above = HEAD_MM / map.geometry().spacing(Axis.Z);
        double reach = random.nextInt(4) == 0 ? above * random.nextDouble() : 0;
        part.last()[0] = cuts && !below
                ? organs.z1() - 1 - inside
                : organs.z1() + (end - organs.z1()) * random.nextDouble() + reach;
        return part;
    }

    private Box region(PreparedCase prepared, Box found, boolean crops, SplittableRandom cropping) {
        Box labelled = SampleRegions.organs(prepared);
        Box box = found == null ? labelled : labelled.union(found);
        return crops
                ? SampleRegions.around(prepared, box, options.cropMm(), cropping)
                : SampleRegions.around(prepared, box, dataset.options().marginMm());
    }

    private Sample mirrored(Sample sample, Warp warp) {
        return warp.mirrors(sides.axis())
                ? new Sample(sample.id(), sample.shape(), sample.hu(), sides.swap(sample.labels()))
                : sample;
    }

    /** Adds to the HU of each organ, with probability one half, a whole number. */
    private void contrast(Sample sample, SplittableRandom random) {
        int most = (int) options.contrastHu();
        if (most == 0) {
            return;
        }
        float[] added = new float[256];
        for (int label = 1; label < added.length; label++) {
            int value = random.nextInt(-most, most);
            added[label] = random.nextBoolean() ? value : 0;
        }
        added[Batch.UNKNOWN] = 0;
        for (int i = 0; i < sample.hu().length; i++) {
            sample.hu()[i] += added[sample.labels()[i] & 0xff];
        }
    }

    private Sample coarser(Sample sample, SplittableRandom random) {
        double factor = 1 + random.nextDouble() * (options.coarser() - 1);
        if (!random.nextBoolean()) {
            return sample;
        }
        Shape size = sample.shape();
        Shape small = new Shape(
                Math.max(1, (int) (size.z() / factor)), Math.max(1, (int) (size.y() / factor)), Math.max(1, (int)
                        (size.x() / factor)));
        float[] low = Resampler.trilinear(
                new Voxels.Floats(sample.hu()), Layout.contiguous(size), 1, 0, small, Parallelism.SINGLE);
        float[] back =
                Resampler.trilinear(new Voxels.Floats(low), Layout.contiguous(small), 1, 0, size, Parallelism.SINGLE);
        return new Sample(sample.id(), size, back, sample.labels());
    }

    private void blur(Sample sample, SplittableRandom random) {
        double deviation = options.blur() * random.nextDouble();
        if (deviation > 0 && random.nextBoolean()) {
            Gaussian.smooth(sample.hu(), sample.shape(), deviation);
        }
    }

    private void noise(Sample sample, SplittableRandom random) {
        double deviation = options.noise() * random.nextDouble();
        if (deviation == 0 || !random.nextBoolean()) {
            return;
        }
        Random gaussian = new Random(random.nextLong());
        for (int i = 0; i < sample.hu().length; i++) {
            sample.hu()[i] += (float) (deviation * gaussian.nextGaussian());
        }
    }
}

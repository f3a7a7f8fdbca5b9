package org.efficientsegnet.nn.train.augment;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.data.LabelMapping;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.Stage;
import org.efficientsegnet.nn.train.data.Sample;
import org.efficientsegnet.nn.train.data.SampleRegions;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/**
 * Makes the samples that a network is trained on, varied as the options say. A sample depends on the case, the options
 * and the seed alone. Thread-safe.
 */
public final class Augmenter {

    private final PreparedDataset dataset;
    private final LabelMapping mapping;
    private final Stage stage;
    private final AugmentOptions options;
    private final float windowLow;
    private final float windowHigh;
    private final double epsilon;

    /**
     * @param dataset the cases
     * @param labels the network's, the first is label 1; the data set's must be among them
     * @param stage which network they are for
     * @param options how they are varied
     * @param windowLow HU below are raised to it
     * @param windowHigh HU above are lowered to it
     * @param epsilon added to the standard deviation
     */
    public Augmenter(
            PreparedDataset dataset,
            List<String> labels,
            Stage stage,
            AugmentOptions options,
            float windowLow,
            float windowHigh,
            double epsilon) {
        this.dataset = dataset;
        mapping = new LabelMapping(dataset.options().labels(), labels);
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
        Sample sample = geometry(id, size, cropping, warping);
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
        boolean crops = stage == Stage.FINE && options.cropMm() > 0 && cropping.nextBoolean();
        Warp warp = Warp.draw(options, warping);
        if (!crops && warp.isIdentity() && size.equals(dataset.size(stage))) {
            return dataset.sample(id, stage);
        }
        PreparedCase prepared = dataset.load(id);
        Box region = crops
                ? SampleRegions.around(prepared, options.cropMm(), cropping)
                : stage == Stage.FINE
                        ? SampleRegions.around(prepared, dataset.options().marginMm())
                        : Box.of(prepared.shape());
        return warp.isIdentity()
                ? SampleRegions.resample(
                        prepared, region, size, dataset.options().labels().size(), Parallelism.SINGLE)
                : warp.apply(prepared, region, size);
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

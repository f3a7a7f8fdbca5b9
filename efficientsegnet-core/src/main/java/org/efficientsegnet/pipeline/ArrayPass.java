// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.postprocess.Components;
import org.efficientsegnet.postprocess.LabelPainter;
import org.efficientsegnet.postprocess.LogitRestorer;
import org.efficientsegnet.preprocess.Intensities;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkPass;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/** A pass over Java arrays, by the functions of {@code preprocess} and {@code postprocess}. */
final class ArrayPass implements NetworkPass {

    private final Volume volume;
    private final Layout part;
    private final Network network;
    private final Shape size;
    private final byte[] labels;
    private final Parallelism parallelism;
    private final FloatArrays arrays;
    private final float[] logits;

    private float[] values;
    private byte[] masks;
    private int classes;
    private Shape maskShape;
    private Optional<Box> box = Optional.empty();

    ArrayPass(Volume volume, Layout part, Network network, byte[] labels, Parallelism parallelism, FloatArrays arrays) {
        this.volume = volume;
        this.part = part;
        this.network = network;
        this.size = network.inputSize();
        this.labels = labels;
        this.parallelism = parallelism;
        this.arrays = arrays;
        this.logits = arrays.take(size.arrayLength() * network.classes());
    }

    @Override
    public void resample() {
        values = Resampler.trilinear(volume.voxels(), part, volume.slope(), volume.intercept(), size, parallelism);
    }

    @Override
    public Intensities intensities() {
        return Intensities.of(values);
    }

    @Override
    public void normalize(float low, float high, double epsilon) {
        Normalizer.clipAndStandardize(values, low, high, epsilon, parallelism);
    }

    @Override
    public void infer(RunControl control) {
        network.run(values, logits, control);
        // Large, and not needed again.
        values = null;
    }

    @Override
    public void restore(int firstClass, int classes, double threshold, Shape to) {
        this.classes = classes;
        maskShape = to;
        masks = LogitRestorer.masks(logits, size, firstClass, classes, threshold, to, parallelism);
    }

    @Override
    public void keepLargest(List<Integer> keep, double minVoxels) {
        Stream.Builder<Box> kept = Stream.builder();
        for (int bit = 0; bit < classes; bit++) {
            Components.keepLargest(masks, bit, maskShape, keep.get(bit), minVoxels, parallelism)
                    .forEach(component -> kept.add(component.box()));
        }
        box = kept.build().reduce(Box::union);
    }

    @Override
    public Optional<Box> box() {
        return box;
    }

    @Override
    public void paint(int firstLabel) {
        LabelPainter.paint(masks, classes, firstLabel, maskShape, labels, part);
    }

    @Override
    public byte[] probabilities(int classNumber) {
        Shape shape = part.shape();
        byte[] here = LogitRestorer.probabilities(logits, size, classNumber, shape, parallelism);
        byte[] scan = new byte[labels.length];
        parallelism.forRange(shape.z(), (from, to) -> {
            for (int z = from; z < to; z++) {
                for (int y = 0; y < shape.y(); y++) {
                    int row = shape.index(z, y, 0);
                    int at = part.index(z, y, 0);
                    for (int x = 0; x < shape.x(); x++) {
                        scan[at + x * part.strideX()] = here[row + x];
                    }
                }
            }
        });
        return scan;
    }

    @Override
    public void close() {
        arrays.give(logits);
    }
}

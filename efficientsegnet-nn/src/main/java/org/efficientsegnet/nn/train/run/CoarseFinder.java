// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.util.Optional;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.postprocess.Components;
import org.efficientsegnet.postprocess.LabelPainter;
import org.efficientsegnet.postprocess.LogitRestorer;
import org.efficientsegnet.postprocess.RegionOfInterest;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/**
 * The coarse network on whole scans: what the pipeline does up to its coarse mask, component filter included, on the
 * best engine of the machine. Owns the loaded network; close it.
 */
final class CoarseFinder implements AutoCloseable {

    private static final int CLASSES_OF_A_BYTE = 8;

    private final WeightedNetwork model;
    private final PipelineSpec pipeline;
    private final Network network;

    CoarseFinder(WeightedNetwork model, PipelineSpec pipeline) {
        this.model = model;
        this.pipeline = pipeline;
        network = load(model);
    }

    private static Network load(WeightedNetwork model) {
        StringBuilder reasons = new StringBuilder();
        EngineOptions options = EngineOptions.defaults();
        for (NetworkEngine engine : Engines.all()) {
            String refusal = engine.status().available()
                    ? engine.refuses(model, options)
                    : engine.status().detail();
            if (refusal == null) {
                return engine.load(model, options);
            }
            reasons.append("; ").append(engine.name()).append(": ").append(refusal);
        }
        throw new SegmentationException("no engine can run " + model.name() + reasons);
    }

    /** The labels that the network alone finds, on the case's grid. */
    byte[] labels(PreparedCase prepared) {
        byte[] labels = new byte[prepared.shape().arrayLength()];
        double minimum = pipeline.coarseMinimumMm3() / prepared.geometry().voxelVolume();
        masks(
                prepared,
                prepared.shape(),
                minimum,
                (first, count, masks) -> LabelPainter.paint(
                        masks, count, first + 1, prepared.shape(), labels, Layout.contiguous(prepared.shape())));
        return labels;
    }

    /** The box of all organs that the network finds, on the case's grid, without a margin; empty if it finds none. */
    Optional<Box> organs(PreparedCase prepared) {
        Shape input = model.inputSize();
        Shape full = prepared.shape();
        double minimum =
                pipeline.coarseMinimumMm3() / (prepared.geometry().voxelVolume() * full.voxels() / input.voxels());
        Box[] found = new Box[1];
        masks(
                prepared,
                input,
                minimum,
                (first, count, masks) -> RegionOfInterest.boundingBox(masks, input, Parallelism.common())
                        .ifPresent(box -> found[0] = found[0] == null ? box : found[0].union(box)));
        return Optional.ofNullable(found[0])
                .map(box -> RegionOfInterest.fromCoarse(box, input, full, prepared.geometry(), 0));
    }

    private interface Masks {
        void accept(int firstClass, int count, byte[] masks);
    }

    /** Up to eight classes at once, a bit each. */
    private void masks(PreparedCase prepared, Shape to, double minimumVoxels, Masks receiver) {
        Shape input = model.inputSize();
        Parallelism p = Parallelism.common();
        float[] values = Resampler.trilinear(
                new Voxels.Shorts(prepared.hu(), false), Layout.contiguous(prepared.shape()), 1, 0, input, p);
        Normalizer.clipAndStandardize(values, pipeline.windowLow(), pipeline.windowHigh(), pipeline.epsilon(), p);
        int classes = model.classes();
        float[] logits = new float[Math.multiplyExact(classes, input.arrayLength())];
        network.run(values, logits, new CancellationToken());
        for (int first = 0; first < classes; first += CLASSES_OF_A_BYTE) {
            int count = Math.min(CLASSES_OF_A_BYTE, classes - first);
            byte[] masks = LogitRestorer.masks(logits, input, first, count, pipeline.threshold(), to, p);
            for (int bit = 0; bit < count; bit++) {
                int keep = pipeline.componentsPerLabel().get(first + bit);
                Components.keepLargest(masks, bit, to, keep, minimumVoxels, p);
            }
            receiver.accept(first, count, masks);
        }
    }

    @Override
    public void close() {
        network.close();
    }
}

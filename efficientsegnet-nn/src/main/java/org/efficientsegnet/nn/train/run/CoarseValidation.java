package org.efficientsegnet.nn.train.run;

import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.postprocess.LabelPainter;
import org.efficientsegnet.postprocess.LogitRestorer;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/**
 * The coarse network on whole scans: what the pipeline does up to its coarse mask, on the best engine of the machine.
 * Owns the loaded network; close it.
 */
final class CoarseValidation implements AutoCloseable {

    private static final int CLASSES_OF_A_BYTE = 8;

    private final WeightedNetwork model;
    private final PipelineSpec pipeline;
    private final Network network;

    CoarseValidation(WeightedNetwork model, PipelineSpec pipeline) {
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
        Shape input = model.inputSize();
        Parallelism p = Parallelism.common();
        float[] values = Resampler.trilinear(
                new Voxels.Shorts(prepared.hu(), false), Layout.contiguous(prepared.shape()), 1, 0, input, p);
        Normalizer.clipAndStandardize(values, pipeline.windowLow(), pipeline.windowHigh(), pipeline.epsilon(), p);
        int classes = model.classes();
        float[] logits = new float[Math.multiplyExact(classes, input.arrayLength())];
        network.run(values, logits, new CancellationToken());
        byte[] labels = new byte[prepared.shape().arrayLength()];
        for (int first = 0; first < classes; first += CLASSES_OF_A_BYTE) {
            int count = Math.min(CLASSES_OF_A_BYTE, classes - first);
            byte[] masks = LogitRestorer.masks(logits, input, first, count, pipeline.threshold(), prepared.shape(), p);
            LabelPainter.paint(masks, count, first + 1, prepared.shape(), labels, Layout.contiguous(prepared.shape()));
        }
        return labels;
    }

    @Override
    public void close() {
        network.close();
    }
}

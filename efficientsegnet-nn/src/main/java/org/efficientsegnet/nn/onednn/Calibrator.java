// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.plan.Calibration;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.pipeline.CoarseToFine;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.pipeline.FloatArrays;
import org.efficientsegnet.pipeline.RunLimits;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * Finds how large the feature maps of a model's networks get on scans, which {@link Precision#INT8} has to know: the whole
 * pipeline segments each of them in FP32. A few scans of the kind that will be segmented are enough.
 *
 * <p>Owns native memory; whoever made it closes it. Not thread-safe.
 */
public final class Calibrator implements AutoCloseable {

    private final Observed coarse;
    private final Observed fine;
    private final CoarseToFine pipeline;

    /** @throws SegmentationException if this engine cannot run the model */
    public Calibrator(ModelBundle model) {
        OneDnnEngine engine = new OneDnnEngine();
        EngineOptions defaults = EngineOptions.defaults();
        EngineOptions options =
                new EngineOptions(Precision.FP32, defaults.threads(), EngineOptions.Concurrency.QUEUE, false);
        coarse = new Observed(engine.load(model.coarse(), options));
        try {
            fine = new Observed(engine.load(model.fine(), options));
        } catch (RuntimeException | Error e) {
            coarse.close();
            throw e;
        }
        pipeline = new CoarseToFine(
                model.pipeline(),
                new Engines.Loaded(engine.name(), coarse, fine, engine.name()),
                Parallelism.common(),
                new FloatArrays(true));
    }

    /** Says how large feature maps got in each of its runs. */
    private static final class Observed implements Network {

        private final OneDnnNetwork network;
        private Calibration found;

        Observed(OneDnnNetwork network) {
            this.network = network;
        }

        @Override
        public void run(float[] input, float[] logits, RunControl control) {
            network.run(input, logits, control);
            Calibration here = network.calibrate(input);
            found = found == null ? here : found.join(here);
        }

        @Override
        public void trace(float[] input, BlockObserver observer) {
            network.trace(input, observer);
        }

        @Override
        public Shape inputSize() {
            return network.inputSize();
        }

        @Override
        public int classes() {
            return network.classes();
        }

        @Override
        public Precision precision() {
            return network.precision();
        }

        @Override
        public String describe() {
            return network.describe();
        }

        @Override
        public void releaseMemory() {
            network.releaseMemory();
        }

        @Override
        public void close() {
            network.close();
        }
    }

    /**
     * Segments a scan and takes note.
     *
     * @throws SegmentationException if the model finds no organs in it, so that its fine network has seen nothing
     */
    public void add(Volume scan) {
        CoarseToFine.Result result = pipeline.run(scan, ProgressListener.NONE, RunLimits.of(new CancellationToken()));
        if (result.region().isEmpty()) {
            throw new SegmentationException("the model finds nothing in the scan, which is of no use for calibration");
        }
    }

    /**
     * What was found in the coarse network.
     *
     * @throws IllegalStateException if no scan was added
     */
    public Calibration coarse() {
        return calibration(coarse);
    }

    /**
     * What was found in the fine network.
     *
     * @throws IllegalStateException if no scan was added
     */
    public Calibration fine() {
        return calibration(fine);
    }

    private static Calibration calibration(Observed network) {
        if (network.found == null) {
            throw new IllegalStateException("no scan was added");
        }
        return network.found;
    }

    @Override
    public void close() {
        try {
            coarse.close();
        } finally {
            fine.close();
        }
    }
}

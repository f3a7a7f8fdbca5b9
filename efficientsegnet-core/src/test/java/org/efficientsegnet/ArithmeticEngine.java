// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Shape;

/**
 * Networks whose answer is known by arithmetic: where the input reaches both ends of the window, a voxel belongs to a
 * label if its HU lies within 20 of {@link #huOfLabel}. No weights are needed to test what surrounds the networks.
 */
public final class ArithmeticEngine implements NetworkEngine {

    static final AtomicInteger OPEN = new AtomicInteger();

    /** What the latest network was loaded with. */
    static final AtomicReference<EngineOptions> OPTIONS = new AtomicReference<>();

    /** The model that this engine runs. */
    record Model(String name, Shape inputSize, int classes) implements NetworkModel {}

    /** 50, 100 … 300 for labels 1 to 6, then -50, -100 … */
    static int huOfLabel(int label) {
        return label <= 6 ? 50 * label : -50 * (label - 6);
    }

    @Override
    public String name() {
        return "arithmetic";
    }

    @Override
    public Status status() {
        return new Status(true, 1, "tests");
    }

    @Override
    public String refuses(NetworkModel model, EngineOptions options) {
        return options.precision() == Precision.FP16 ? "it has no FP16" : null;
    }

    @Override
    public Network load(NetworkModel model, EngineOptions options) {
        OPEN.incrementAndGet();
        OPTIONS.set(options);
        return new ArithmeticNetwork(model);
    }

    private record ArithmeticNetwork(NetworkModel model) implements Network {

        @Override
        public void run(float[] input, float[] logits, RunControl control) {
            control.check("a step of the " + model.name() + " network");
            float min = Float.MAX_VALUE;
            float max = -Float.MAX_VALUE;
            for (float v : input) {
                min = Math.min(min, v);
                max = Math.max(max, v);
            }
            for (int c = 0; c < model.classes(); c++) {
                for (int i = 0; i < input.length; i++) {
                    float hu = -325 + 650 * (input[i] - min) / (max - min);
                    logits[c * input.length + i] = max == min ? -20 : 20 - Math.abs(hu - huOfLabel(c + 1));
                }
                if (model.classes() == 4) {
                    control.progress((c + 1) / 4.0);
                }
                if (control.isCancelled()) {
                    throw new SegmentationCancelledException("the run was stopped");
                }
            }
        }

        @Override
        public void trace(float[] input, BlockObserver observer) {
            float[] logits = new float[input.length * model.classes()];
            run(input, logits, new CancellationToken());
            observer.block("output", model.classes(), model.inputSize(), logits);
        }

        @Override
        public Shape inputSize() {
            return model.inputSize();
        }

        @Override
        public int classes() {
            return model.classes();
        }

        @Override
        public Precision precision() {
            return Precision.FP32;
        }

        @Override
        public String describe() {
            return "arithmetic";
        }

        @Override
        public void releaseMemory() {}

        @Override
        public void close() {
            OPEN.decrementAndGet();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.util.Random;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.onednn.OneDnnNetwork;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.volume.Shape;

/** The networks that are measured: the published widths, random weights, standard normal input. */
final class Workload {

    private static final int CLASSES = 4;

    private Workload() {}

    /**
     * A network by name.
     *
     * @param name {@code fine} or {@code coarse}
     * @param size of its input
     */
    static WeightedNetwork model(String name, Shape size) {
        NetworkSpec spec = name.equals("fine") ? NetworkSpec.efficientSegNet(CLASSES) : NetworkSpec.coarseUNet(CLASSES);
        return new WeightedNetwork(name, spec, size, InitialWeights.kaiming(spec, 1));
    }

    /**
     * Loads a model.
     *
     * @param engine the engine's name and the precision, {@code onednn-BF16}
     */
    static Network load(WeightedNetwork model, String engine) {
        String[] parts = engine.split("-");
        NetworkEngine chosen = Engines.all().stream()
                .filter(e -> e.name().equals(parts[0]))
                .findFirst()
                .orElseThrow(() -> new SegmentationException("no engine " + parts[0]));
        Precision precision = Precision.valueOf(parts[1]);
        WeightedNetwork loaded = model;
        if (precision == Precision.INT8 && model.calibration().isEmpty()) {
            try (OneDnnNetwork exact = (OneDnnNetwork) load(model, parts[0] + "-" + Precision.FP32)) {
                loaded = model.withCalibration(exact.calibrate(input(model.inputSize())));
            }
        }
        EngineOptions defaults = EngineOptions.defaults();
        return chosen.load(loaded, new EngineOptions(precision, defaults.threads(), defaults.concurrency(), false));
    }

    static float[] input(Shape size) {
        Random random = new Random(7);
        float[] input = new float[size.arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    static float[] logits(Shape size) {
        return new float[CLASSES * size.arrayLength()];
    }
}

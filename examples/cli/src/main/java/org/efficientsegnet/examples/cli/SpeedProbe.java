// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.util.List;
import java.util.Optional;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkCounts;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.volume.Shape;

/** How fast an engine computes here, found with a small network of the same kind of layers. */
final class SpeedProbe {

    private static final Shape SIZE = new Shape(64, 64, 64);
    private static final int RUNS = 3;

    private SpeedProbe() {}

    /** Operations a second, the best of a few short runs; empty if the engine cannot run the small network. */
    static Optional<Double> flopsPerSecond(String engineName, EngineOptions options) {
        NetworkSpec spec = NetworkSpec.builder()
                .context(ContextKind.NONE)
                .channels(16, 32)
                .blocks(List.of(2, 2))
                .build();
        WeightedNetwork model = new WeightedNetwork("probe", spec, SIZE, InitialWeights.kaiming(spec, 1));
        Optional<NetworkEngine> engine = Engines.all().stream()
                .filter(e -> e.name().equals(engineName) && e.refuses(model, options) == null)
                .findFirst();
        if (engine.isEmpty()) {
            return Optional.empty();
        }
        try (Network network = engine.get().load(model, options)) {
            float[] input = new float[SIZE.arrayLength()];
            for (int i = 0; i < input.length; i++) {
                input[i] = (float) Math.sin(i);
            }
            float[] logits = new float[input.length * spec.classes()];
            long best = Long.MAX_VALUE;
            // The first run touches memory that later ones find there.
            for (int run = 0; run <= RUNS; run++) {
                long begin = System.nanoTime();
                network.run(input, logits, new CancellationToken());
                best = run == 0 ? best : Math.min(best, System.nanoTime() - begin);
            }
            return Optional.of(NetworkCounts.of(spec, SIZE).flops() / (best / 1e9));
        } catch (SegmentationException e) {
            return Optional.empty();
        }
    }
}

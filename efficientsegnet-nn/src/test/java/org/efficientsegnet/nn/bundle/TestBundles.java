// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.util.List;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.DownsamplingKind;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/** Small bundles, unlike the published one in everything that a bundle may choose. */
final class TestBundles {

    static final PipelineSpec PIPELINE = new PipelineSpec(
            List.of("lung", "heart", "aorta"),
            Orientation.of("LPS"),
            -1000.5f,
            400,
            1e-3,
            0.25,
            7.5,
            List.of(2, 1, 3),
            12.5,
            0);

    private TestBundles() {}

    static WeightedNetwork network(String which, NetworkSpec spec, Shape size, long seed) {
        Weights weights = InitialWeights.kaiming(spec, seed);
        return new WeightedNetwork(FileModelBundle.title(which, spec, weights), spec, size, weights);
    }

    static NetworkSpec coarse() {
        return NetworkSpec.builder()
                .encoder(BlockKind.FOUR_CONV_RESIDUAL)
                .decoder(BlockKind.TWO_CONV_RESIDUAL)
                .context(ContextKind.NONE)
                .fusion(Fusion.CONCAT)
                .downsampling(DownsamplingKind.OVERLAPPING_MAX_POOLING)
                .channels(2, 3, 4)
                .blocksPerLevel(1)
                .classes(3)
                .build();
    }

    static NetworkSpec fine() {
        return NetworkSpec.builder()
                .channels(3, 5, 8)
                .blocks(List.of(2, 2, 1))
                .decoderBlocks(2)
                .classes(3)
                .build();
    }

    static FileModelBundle small() {
        return FileModelBundle.of(
                "small",
                "7",
                PIPELINE,
                network("coarse", coarse(), new Shape(8, 12, 16), 1),
                network("fine", fine(), new Shape(16, 32, 20), 2));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.onednn.OneDnnEngine;
import org.efficientsegnet.nn.samediff.SameDiffEngine;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@link Network} promises of a network that is closed, of every engine. */
class ClosedNetworkTest {

    private static final Shape SIZE = Shape.cube(8);

    static List<NetworkEngine> engines() {
        return List.of(new OneDnnEngine(), new SameDiffEngine());
    }

    @ParameterizedTest
    @MethodSource("engines")
    void refusesToComputeWithOneKindOfException(NetworkEngine engine) {
        NetworkSpec spec = NetworkSpec.builder()
                .channels(2, 4)
                .classes(3)
                .context(ContextKind.NONE)
                .build();
        WeightedNetwork bare = new WeightedNetwork("toy", spec, SIZE, InitialWeights.kaiming(spec, 1));
        WeightedNetwork model = bare.withPlan(PlanCompilation.planOf(bare));
        Network network = engine.load(model, new EngineOptions(Precision.AUTO, 1, Concurrency.QUEUE, false));
        float[] input = new float[SIZE.arrayLength()];
        float[] logits = new float[3 * input.length];
        network.run(input, logits, new CancellationToken());

        network.close();
        network.close();
        network.releaseMemory();
        for (int round = 0; round < 2; round++) {
            assertEquals(
                    "the network toy is closed",
                    assertThrows(IllegalStateException.class, () -> network.run(input, logits, new CancellationToken()))
                            .getMessage());
            assertEquals(
                    "the network toy is closed",
                    assertThrows(IllegalStateException.class, () -> network.trace(input, (name, c, shape, v) -> {}))
                            .getMessage());
            network.close();
        }
    }
}

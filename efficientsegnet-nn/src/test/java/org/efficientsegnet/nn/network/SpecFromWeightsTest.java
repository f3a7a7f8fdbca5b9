// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SpecFromWeightsTest {

    private static NetworkSpec.Builder small() {
        return NetworkSpec.builder().channels(3, 4, 8).classes(2);
    }

    static Stream<NetworkSpec> specs() {
        List<NetworkSpec> specs = new ArrayList<>();
        for (BlockKind encoder : BlockKind.values()) {
            specs.add(small().encoder(encoder).blocks(List.of(3, 2, 2)).build());
            specs.add(small().decoder(encoder).decoderBlocks(2).build());
        }
        for (ContextKind context : ContextKind.values()) {
            specs.add(small().context(context).inputChannels(3).build());
        }
        specs.add(NetworkSpec.coarseUNet(5));
        specs.add(NetworkSpec.efficientSegNet(13));
        specs.add(small().fusion(Fusion.CONCAT)
                .downsampling(DownsamplingKind.MAX_POOLING)
                .build());
        return specs.stream();
    }

    @ParameterizedTest
    @MethodSource("specs")
    void tellsTheNetworkFromItsWeights(NetworkSpec spec) {
        assertEquals(spec, SpecFromWeights.of(zeros(spec)));
    }

    @Test
    void theFamilyDecidesWhatWeightsDoNotTell() {
        NetworkSpec pooled = small().fusion(Fusion.CONCAT)
                .downsampling(DownsamplingKind.OVERLAPPING_MAX_POOLING)
                .build();
        assertEquals(pooled, SpecFromWeights.of(zeros(pooled), NetworkFamily.UNET));
    }

    @Test
    void saysWhyWeightsAreThoseOfNoNetwork() {
        assertRefused("conv0_0", Map.of());
        Map<String, Tensor> tensors = new LinkedHashMap<>(zeros(small().build()).tensors());
        Tensor removed = tensors.remove("conv1_0.1.residual_unit.1.conv.weight");
        assertRefused("conv1_0.1.residual_unit.1.conv.weight", tensors);
        tensors.put("conv1_0.1.residual_unit.1.conv.weight", removed);
        tensors.put("final.weight", new Tensor(new int[] {6}, new float[6]));
        assertRefused("final.weight", tensors);
    }

    private static void assertRefused(String name, Map<String, Tensor> tensors) {
        String message = assertThrows(IllegalArgumentException.class, () -> SpecFromWeights.of(Weights.of(tensors)))
                .getMessage();
        assertTrue(message.contains(name), message);
    }

    private static Weights zeros(NetworkSpec spec) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        spec.parameterShapes().forEach((name, shape) -> {
            int size = 1;
            for (int n : shape) {
                size *= n;
            }
            tensors.put(name, new Tensor(shape, new float[size]));
        });
        return Weights.of(tensors);
    }
}

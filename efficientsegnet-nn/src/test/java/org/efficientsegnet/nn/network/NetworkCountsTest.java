// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.network.NetworkCounts.BlockCount;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;

class NetworkCountsTest {

    @Test
    void fineNetworkCountsAsPublished() {
        NetworkCounts counts = NetworkCounts.of(NetworkSpec.efficientSegNet(4), Shape.cube(192));
        assertEquals(9_366_016, counts.parameters());
        assertEquals(715, counts.flops() / 1e9, 0.5);
        assertEquals(
                List.of(
                        "conv0_0",
                        "conv1_0",
                        "conv2_0",
                        "conv3_0",
                        "conv4_0",
                        "context_block",
                        "trans_4",
                        "conv3_1",
                        "trans_3",
                        "conv2_2",
                        "trans_2",
                        "conv1_3",
                        "trans_1",
                        "conv0_4",
                        "final"),
                counts.blocks().stream().map(BlockCount::name).toList());
        BlockCount bottom = counts.blocks().get(5);
        assertEquals(256, bottom.channels());
        assertEquals(Shape.cube(12), bottom.shape());
        assertTrue(counts.toString().contains("9,366,016"), counts.toString());
    }

    @Test
    void coarseNetworkCountsAsPublished() {
        NetworkCounts counts = NetworkCounts.of(NetworkSpec.coarseUNet(4), Shape.cube(160));
        assertEquals(2_676_480, counts.parameters());
        assertEquals(200, counts.flops() / 1e9, 0.5);
    }

    /** Two levels of 4 and 8 channels, one block each, no context, added skips, 2 classes; sums written out. */
    private static NetworkSpec tiny(BlockKind kind) {
        return NetworkSpec.builder()
                .encoder(kind)
                .decoder(BlockKind.BASIC_RESIDUAL)
                .context(ContextKind.NONE)
                .channels(4, 8)
                .blocksPerLevel(1)
                .classes(2)
                .build();
    }

    private static final long TINY_TRANS_DECODER_FINAL = 8 * 4 + (4 * 4 * 27 + 4 * 4 * 27 + 4 * 4) + 4 * 2;

    @Test
    void bottleneckCountsByHand() {
        // 1→1 (1³), 1→1 (3³), 1→4 (1³), shortcut 1→4; then 4→2, 2→2 (3³), 2→8, shortcut 4→8.
        long first = 1 + 27 + 4 + 4;
        long second = 4 * 2 + 2 * 2 * 27 + 2 * 8 + 4 * 8;
        NetworkCounts counts = NetworkCounts.of(tiny(BlockKind.BOTTLENECK), new Shape(4, 6, 8));
        assertEquals(first + second + TINY_TRANS_DECODER_FINAL, counts.parameters());
        // The stride is the 3×3×3 convolution's: 4→2 is at full resolution, 192 voxels, the rest at 24.
        assertEquals(
                2 * (4 * 2 * 192 + (2 * 2 * 27 + 2 * 8 + 4 * 8) * 24),
                counts.blocks().get(1).flops());
    }

    @Test
    void depthwiseSeparableCountsByHand() {
        long first = (27 + 4) + (4 * 27 + 16) + 4;
        long second = (4 * 27 + 32) + (8 * 27 + 64) + 32;
        NetworkCounts counts = NetworkCounts.of(tiny(BlockKind.DEPTHWISE_SEPARABLE), new Shape(4, 6, 8));
        assertEquals(first + second + TINY_TRANS_DECODER_FINAL, counts.parameters());
        assertEquals(2 * 24 * second, counts.blocks().get(1).flops());
    }

    @Test
    void contextBlocksCountByHand() {
        // Four levels; 16 channels at the bottom.
        NetworkSpec none = NetworkSpec.builder()
                .channels(4, 8, 8, 16)
                .context(ContextKind.NONE)
                .build();
        long base = NetworkCounts.of(none, Shape.cube(64)).parameters();
        assertEquals(base + 5 * (16 * 4) + 20 * 16, parametersWith(ContextKind.PYRAMID_POOLING));
        assertEquals(base + 3 * (16 * 16 * 3) + 16 * 16, parametersWith(ContextKind.STRIP_POOLING));
        long mixed = 16 * 4
                + 2 * (4 * 4)
                + 3 * (4 * 4 * 27)
                + 3 * (4 * 4 * 3)
                + 2 * (4 * 4 * 27)
                + 8 * 4
                + 4 * 4 * 27
                + 4 * 16;
        assertEquals(base + mixed, parametersWith(ContextKind.MIXED_PYRAMID_STRIP_POOLING));
    }

    private static long parametersWith(ContextKind context) {
        NetworkSpec spec =
                NetworkSpec.builder().channels(4, 8, 8, 16).context(context).build();
        return NetworkCounts.of(spec, Shape.cube(64)).parameters();
    }

    @Test
    void parameterShapesAreThoseOfPyTorch() {
        Map<String, int[]> shapes = NetworkSpec.builder()
                .encoder(BlockKind.DEPTHWISE_SEPARABLE)
                .build()
                .parameterShapes();
        assertArrayEquals(new int[] {16, 1, 3, 3, 3}, shapes.get("conv1_0.0.residual_unit.0.depthwise.weight"));
        assertArrayEquals(new int[] {32, 16, 1, 1, 1}, shapes.get("conv1_0.0.residual_unit.0.pointwise.weight"));
        assertArrayEquals(new int[] {16, 16, 3, 3, 1}, shapes.get("conv0_4.0.residual_unit.0.conv.weight"));
        assertArrayEquals(new int[] {256, 64, 1, 1, 1}, shapes.get("context_block.score_layer.1.weight"));
    }
}

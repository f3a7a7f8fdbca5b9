// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkSpecTest {

    private static final NetworkSpec FINE = NetworkSpec.efficientSegNet(4);

    @ParameterizedTest
    @CsvSource({"192, 192, 192", "64, 64, 128", "128, 64, 64", "64, 240, 80", "128, 128, 128"})
    void takesSizesThatLeaveTheContextBlockMoreThanOneVoxel(int z, int y, int x) {
        assertEquals(Optional.empty(), FINE.problemWith(new Shape(z, y, x)));
    }

    @ParameterizedTest
    @CsvSource({
        "64, 64, 64, at least 128",
        "48, 128, 128, at least 64",
        "112, 112, 112, one of them at least 128",
        "192, 192, 190, the nearest that is: 192x192x192",
        "1, 192, 192, the nearest that is: 64x192x192"
    })
    void saysTheRemedyForSizesItCannotTake(int z, int y, int x, String remedy) {
        String problem = FINE.problemWith(new Shape(z, y, x)).orElseThrow();
        assertTrue(problem.contains(remedy), problem);
        assertThrows(IllegalArgumentException.class, () -> FINE.requireInputSize(new Shape(z, y, x)));
    }

    @Test
    void theNearestSizeIsTheNearestOfThoseItCanTake() {
        NetworkSpec plain = NetworkSpec.coarseUNet(4);
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            Shape wished = new Shape(1 + random.nextInt(150), 1 + random.nextInt(150), 1 + random.nextInt(150));
            for (NetworkSpec spec : List.of(FINE, plain)) {
                Shape nearest = spec.nearest(wished);
                assertEquals(Optional.empty(), spec.problemWith(nearest), wished + " gives " + nearest);
                int least = Integer.MAX_VALUE;
                for (int z = 16; z <= 160; z += 16) {
                    for (int y = 16; y <= 160; y += 16) {
                        for (int x = 16; x <= 160; x += 16) {
                            Shape other = new Shape(z, y, x);
                            least = spec.problemWith(other).isEmpty()
                                    ? Math.min(least, distance(wished, other))
                                    : least;
                        }
                    }
                }
                assertEquals(least, distance(wished, nearest), wished + " gives " + nearest);
            }
        }
        assertEquals(new Shape(192, 192, 192), FINE.nearest(new Shape(190, 195, 192)));
    }

    private static int distance(Shape a, Shape b) {
        return Math.abs(a.z() - b.z()) + Math.abs(a.y() - b.y()) + Math.abs(a.x() - b.x());
    }

    @Test
    void withoutContextBlockSmallerInputsDo() {
        NetworkSpec coarse = NetworkSpec.coarseUNet(4);
        assertEquals(Optional.empty(), coarse.problemWith(new Shape(32, 16, 16)));
        assertTrue(coarse.problemWith(new Shape(16, 16, 16)).orElseThrow().contains("at least 32"));
        assertTrue(coarse.problemWith(new Shape(24, 32, 32)).orElseThrow().contains("divisible by 16"));
    }

    @Test
    void threeLevelsDivideByFour() {
        NetworkSpec spec = NetworkSpec.builder()
                .channels(4, 8, 16)
                .context(ContextKind.NONE)
                .build();
        assertEquals(4, spec.divisor());
        assertEquals(List.of(2, 2, 2), spec.blocks());
        assertEquals(Optional.empty(), spec.problemWith(new Shape(4, 4, 12)));
    }

    @Test
    void namesTheValueThatMakesNoSense() {
        assertRefused("channels", NetworkSpec.builder().channels(16));
        assertRefused("channels", NetworkSpec.builder().channels(16, 0, 32));
        assertRefused("channels", NetworkSpec.builder().channels(16, 1 << 20, 32));
        assertRefused("1/4", NetworkSpec.builder().channels(1, 2, 3));
        assertRefused("blocks", NetworkSpec.builder().blocks(List.of(1, 2)));
        assertRefused("blocks", NetworkSpec.builder().blocksPerLevel(0));
        assertRefused("decoderBlocks", NetworkSpec.builder().decoderBlocks(0));
        assertRefused("inputChannels", NetworkSpec.builder().inputChannels(0));
        assertRefused("classes", NetworkSpec.builder().classes(-1));
    }

    private static void assertRefused(String name, NetworkSpec.Builder builder) {
        String message =
                assertThrows(IllegalArgumentException.class, builder::build).getMessage();
        assertTrue(message.contains(name), message);
    }
}

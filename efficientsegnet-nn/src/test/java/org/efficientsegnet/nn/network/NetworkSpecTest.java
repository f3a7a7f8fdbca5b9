package org.efficientsegnet.nn.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
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
        "192, 192, 190, 192x192x192 is",
        "1, 192, 192, 16x192x192 is"
    })
    void saysTheRemedyForSizesItCannotTake(int z, int y, int x, String remedy) {
        String problem = FINE.problemWith(new Shape(z, y, x)).orElseThrow();
        assertTrue(problem.contains(remedy), problem);
        assertThrows(IllegalArgumentException.class, () -> FINE.requireInputSize(new Shape(z, y, x)));
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
        assertRefused("quarter", NetworkSpec.builder().channels(1, 2, 3));
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

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.anatomy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.metrics.LabelStatistics;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A block of the liver in a scan of 40 x 40 x 40 voxels of 5 mm; 8 voxels are a ml. */
class PlausibilityTest {

    private static final Shape SHAPE = Shape.cube(40);

    private static Plausibility of(
            String orientation, String name, int z0, int y0, int x0, int edge, int hu, int scatter) {
        Geometry geometry = Geometry.of(Orientation.of(orientation), 5, 5, 5);
        byte[] labels = new byte[SHAPE.arrayLength()];
        short[] values = new short[labels.length];
        for (int z = z0; z < z0 + edge; z++) {
            for (int y = y0; y < y0 + edge; y++) {
                for (int x = x0; x < x0 + edge; x++) {
                    labels[SHAPE.index(z, y, x)] = 1;
                    values[SHAPE.index(z, y, x)] = (short) (hu + ((z + y + x) % 2 == 0 ? scatter : -scatter));
                }
            }
        }
        LabelMap map = new LabelMap(SHAPE, geometry, labels, new TreeMap<>(Map.of(1, name)));
        List<OrganStatistics> organs =
                LabelStatistics.of(Volume.ofHu(SHAPE, geometry, values), map, Parallelism.SINGLE);
        return Plausibility.of(organs.get(0), map);
    }

    @ParameterizedTest
    @CsvSource({
        // A block of n³ voxels has n³/8 ml: 1000, 3375 and 512 ml.
        "liver, 20, 60, 10, true, ''",
        "liver, 30, 60, 10, true, ''",
        "liver, 16, -20, 40, true, ''",
        "liver, 36, 60, 10, false, more than living people",
        "liver, 10, 60, 10, false, less than living people",
        "liver, 20, 700, 10, false, not that of the organ",
        "liver, 20, -200, 10, false, not that of the organ",
        "liver, 20, 60, 200, false, scatter by 200 HU",
        "pancreas, 20, 40, 10, false, more than living people",
        "pancreas, 8, 40, 30, true, ''",
        "right kidney, 12, 150, 60, true, ''",
        "something, 36, 3000, 500, true, ''"
    })
    void bodiesOfLivingPeopleAreTold(String name, int edge, int hu, int scatter, boolean plausible, String reason) {
        Plausibility judged = of("LPS", name, 2, 2, 2, edge, hu, scatter);
        assertEquals(plausible, judged.score() >= Plausibility.DOUBTFUL, judged.toString());
        assertEquals(plausible, judged.reasons().isEmpty());
        assertTrue(String.join(";", judged.reasons()).contains(reason), judged.toString());
    }

    /** Cubes of 8 voxels an edge, 64 ml each, at places along z and x; 5 mm voxels. */
    @ParameterizedTest
    @CsvSource({
        "kidney, 10 10 10 30, true, ''",
        "kidney, 10 10, false, less than living people",
        "kidney, 5 10 30 12, false, 125 mm apart",
        "kidney, 10 5 10 14 10 30, false, 3 separate pieces",
        "spleen, 5 10, true, ''",
        "spleen, 5 10 25 12, false, 2 separate pieces"
    })
    void organsAreOfOnePieceAndKidneysOnEitherSide(String name, String places, boolean plausible, String reason) {
        byte[] labels = new byte[SHAPE.arrayLength()];
        String[] numbers = places.split(" ");
        for (int i = 0; i < numbers.length; i += 2) {
            int z0 = Integer.parseInt(numbers[i]);
            int x0 = Integer.parseInt(numbers[i + 1]);
            for (int z = z0; z < z0 + 8; z++) {
                for (int y = 16; y < 24; y++) {
                    Arrays.fill(labels, SHAPE.index(z, y, x0), SHAPE.index(z, y, x0) + 8, (byte) 1);
                }
            }
        }
        labels[SHAPE.index(20, 20, 36)] = 1;
        Geometry geometry = Geometry.of(Orientation.of("LPS"), 5, 5, 5);
        short[] hu = new short[labels.length];
        Arrays.fill(hu, (short) 60);
        LabelMap map = new LabelMap(SHAPE, geometry, labels, new TreeMap<>(Map.of(1, name)));
        OrganStatistics organ = LabelStatistics.of(Volume.ofHu(SHAPE, geometry, hu), map, Parallelism.SINGLE)
                .get(0);
        Plausibility judged = Plausibility.of(organ, map);
        assertEquals(plausible, judged.score() >= Plausibility.DOUBTFUL, judged.toString());
        assertTrue(String.join(";", judged.reasons()).contains(reason), judged.toString());
    }

    @Test
    void organsDoNotRunAlongTheEdgeOfSlices() {
        // The first axis is z in LPS: what reaches its end is cut off, which is told elsewhere.
        assertEquals(1, of("LPS", "liver", 0, 5, 5, 20, 60, 10).score());
        assertTrue(of("LPS", "liver", 5, 0, 5, 20, 60, 10).score() < Plausibility.DOUBTFUL);
        assertTrue(of("LPS", "liver", 5, 5, 20, 20, 60, 10).score() < Plausibility.DOUBTFUL);
        // In SRA the columns are the slices.
        assertEquals(1, of("SRA", "liver", 5, 5, 0, 20, 60, 10).score());
        assertTrue(of("SRA", "liver", 0, 5, 5, 20, 60, 10).score() < Plausibility.DOUBTFUL);
    }

    @Test
    void whatIsNotThereIsNotPlausible() {
        Plausibility judged = of("LPS", "liver", 0, 0, 0, 0, 0, 0);
        assertEquals(0, judged.score());
        assertEquals(List.of("it was not found"), judged.reasons());
    }
}

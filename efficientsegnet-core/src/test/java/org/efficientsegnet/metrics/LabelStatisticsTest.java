// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ForkJoinPool;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Face;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;

class LabelStatisticsTest {

    private static final Geometry GEOMETRY = Geometry.of(Orientation.of("LPS"), 0.5, 0.5, 4);

    @Test
    void measuresEveryLabel() {
        Shape shape = new Shape(23, 19, 17);
        Random random = new Random(4);
        short[] stored = new short[shape.arrayLength()];
        byte[] labels = new byte[stored.length];
        SummaryStatistics[] expected = {new SummaryStatistics(), new SummaryStatistics(), new SummaryStatistics()};
        int[] values = {0, 7, 200};
        for (int i = 0; i < stored.length; i++) {
            stored[i] = (short) (random.nextGaussian() * 400 + 1024);
            int which = random.nextInt(40) == 0 ? 1 : random.nextInt(3) == 0 ? 2 : 0;
            labels[i] = (byte) values[which];
            expected[which].addValue(stored[i] * 0.5 - 512);
        }
        Volume scan = new Volume(shape, GEOMETRY, new Voxels.Shorts(stored, false), 0.5, -512);
        LabelMap map = new LabelMap(shape, GEOMETRY, labels, new TreeMap<>(Map.of(7, "spleen", 3, "liver")));
        List<OrganStatistics> organs = LabelStatistics.of(scan, map, Parallelism.of(ForkJoinPool.commonPool(), 4));
        assertEquals(organs, LabelStatistics.of(scan, map, Parallelism.SINGLE));
        assertEquals(
                List.of("liver", "spleen", "label 200"),
                organs.stream().map(OrganStatistics::name).toList());
        assertEquals(
                new OrganStatistics(3, "liver", 0, 0, Double.NaN, Double.NaN, Optional.empty(), Set.of()),
                organs.get(0),
                "absent");
        for (int which = 1; which < 3; which++) {
            OrganStatistics organ = organs.get(which);
            assertEquals(values[which], organ.label());
            assertEquals(expected[which].getN(), organ.voxels());
            assertEquals(expected[which].getN() * 0.001, organ.volumeMl(), 1e-9);
            assertEquals(expected[which].getMean(), organ.meanHu(), 1e-9);
            assertEquals(expected[which].getStandardDeviation(), organ.sdHu(), 1e-9);
        }
    }

    @Test
    void saysWhereAnOrganIsAndWhatItTouches() {
        Shape shape = new Shape(5, 6, 7);
        byte[] labels = new byte[shape.arrayLength()];
        labels[shape.index(4, 2, 0)] = 1;
        labels[shape.index(3, 1, 3)] = 1;
        labels[shape.index(2, 2, 2)] = 2;
        Volume scan = Volume.ofHu(shape, GEOMETRY, new short[labels.length]);
        List<OrganStatistics> organs =
                LabelStatistics.of(scan, LabelMap.of(shape, GEOMETRY, labels), Parallelism.common());
        assertEquals(Optional.of(new Box(3, 1, 0, 5, 3, 4)), organs.get(0).box());
        assertEquals(Set.of(Face.Z_HIGH, Face.X_LOW), organs.get(0).touches());
        assertEquals(Optional.of(new Box(2, 2, 2, 3, 3, 3)), organs.get(1).box());
        assertEquals(Set.of(), organs.get(1).touches());
        assertEquals(Double.NaN, organs.get(1).sdHu());
    }

    @Test
    void refusesLabelsOfAnotherGrid() {
        Volume scan = Volume.ofHu(Shape.cube(2), GEOMETRY, new short[8]);
        LabelMap elsewhere = LabelMap.of(Shape.cube(2), Geometry.of(Orientation.RAS, 0.5, 0.5, 4), new byte[8]);
        assertThrows(IllegalArgumentException.class, () -> LabelStatistics.of(scan, elsewhere, Parallelism.SINGLE));
    }
}

package org.efficientsegnet.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
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

    private static final Shape SHAPE = new Shape(7, 5, 9);
    private static final Geometry GEOMETRY = Geometry.of(Orientation.of("LPS"), 0.7, 0.8, 2.5);

    @Test
    void agreesWithCommonsMath() {
        Random random = new Random(5);
        short[] stored = new short[SHAPE.arrayLength()];
        byte[] labels = new byte[stored.length];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = (short) (30000 + random.nextInt(50));
            labels[i] = (byte) random.nextInt(4);
        }
        Volume volume = new Volume(SHAPE, GEOMETRY, new Voxels.Shorts(stored, true), 0.5, -1024);
        TreeMap<Integer, String> names = new TreeMap<>(Map.of(1, "one", 2, "two", 4, "four"));
        LabelMap map = new LabelMap(SHAPE, GEOMETRY, labels, names);

        List<OrganStatistics> found = LabelStatistics.of(volume, map, Parallelism.of(ForkJoinPool.commonPool(), 3));

        assertEquals(found, LabelStatistics.of(volume, map, Parallelism.SINGLE));
        assertEquals(
                List.of("one", "two", "four"),
                found.stream().map(OrganStatistics::name).toList());
        for (int label = 1; label <= 2; label++) {
            SummaryStatistics expected = new SummaryStatistics();
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] == label) {
                    expected.addValue(0.5 * stored[i] - 1024);
                }
            }
            OrganStatistics organ = found.get(label - 1);
            assertEquals(expected.getN(), organ.voxels());
            assertEquals(expected.getMean(), organ.meanHu(), 1e-9);
            assertEquals(expected.getStandardDeviation(), organ.sdHu(), 1e-9);
            assertEquals(expected.getN() * 0.7 * 0.8 * 2.5 / 1000, organ.volumeMl(), 1e-12);
        }
        OrganStatistics absent = found.get(2);
        assertEquals(0, absent.voxels());
        assertEquals(Double.NaN, absent.meanHu());
        assertEquals(Optional.empty(), absent.box());
    }

    @Test
    void boxAndFaces() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        labels[SHAPE.index(2, 1, 8)] = 1;
        labels[SHAPE.index(4, 3, 6)] = 1;
        LabelMap map = new LabelMap(SHAPE, GEOMETRY, labels, new TreeMap<>(Map.of(1, "one")));
        OrganStatistics organ = LabelStatistics.of(
                        Volume.ofHu(SHAPE, GEOMETRY, new short[labels.length]), map, Parallelism.SINGLE)
                .get(0);
        assertEquals(Optional.of(new Box(2, 1, 6, 5, 4, 9)), organ.box());
        assertEquals(EnumSet.of(Face.X_HIGH), organ.touches());
        assertEquals('L', Face.X_HIGH.direction(GEOMETRY.orientation()));
    }

    @Test
    void gridsMustAgree() {
        Volume volume = Volume.ofHu(new Shape(2, 2, 2), GEOMETRY, new short[8]);
        LabelMap map = LabelMap.of(new Shape(2, 2, 3), GEOMETRY, new byte[12]);
        assertThrows(IllegalArgumentException.class, () -> LabelStatistics.of(volume, map, Parallelism.SINGLE));
    }
}

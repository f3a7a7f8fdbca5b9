// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;

class EvaluationTest {

    @Test
    void scoresEveryLabelOfEitherMap() {
        Shape shape = new Shape(6, 9, 8);
        Geometry geometry = Geometry.of(Orientation.RAS, 1, 2, 5);
        byte[] a = new byte[shape.arrayLength()];
        byte[] b = new byte[shape.arrayLength()];
        Random random = new Random(2);
        for (int i = 0; i < a.length; i++) {
            a[i] = (byte) random.nextInt(3);
            b[i] = random.nextInt(4) == 0 ? 4 : a[i];
        }
        LabelMap reference = new LabelMap(shape, geometry, a, new TreeMap<>(Map.of(1, "liver", 2, "kidney")));
        LabelMap prediction = new LabelMap(shape, geometry, b, new TreeMap<>(Map.of(1, "foie", 9, "pancreas")));
        List<LabelScore> scores = Evaluation.compare(reference, prediction, 2, Parallelism.common());
        assertEquals(
                List.of("liver", "kidney", "label 4", "pancreas"),
                scores.stream().map(LabelScore::name).toList());
        LabelScore liver = scores.get(0);
        SurfaceDistances surfaces = SurfaceDistances.between(a, b, 1, shape, 5, 2, 1, Parallelism.SINGLE);
        assertEquals(Dice.of(a, b, 1, Parallelism.SINGLE), liver.dice());
        assertEquals(surfaces.surfaceDice(2), liver.surfaceDice());
        assertEquals(surfaces.averageSymmetric(), liver.assd());
        assertEquals(surfaces.hausdorff(95), liver.hd95());
        long count = 0;
        for (byte label : a) {
            count += label == 1 ? 1 : 0;
        }
        assertEquals(count * 0.01, liver.referenceMl(), 1e-9);
        assertEquals(0, scores.get(2).dice());
        assertEquals(Double.NaN, scores.get(3).dice());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;

/** Sizes by hand, and plans that were tampered with: a size that cannot be is refused, not computed with. */
class PlanShapesTest {

    private static final Shape SIZE = new Shape(8, 8, 12);

    private static Plan plan(Step... steps) {
        List<Step> all = new ArrayList<>(Arrays.asList(steps));
        all.add(new Step.Logits("l", steps[steps.length - 1].output(), "l.weight", 3));
        return new Plan("x", 2, SIZE, all);
    }

    private static void refused(Plan plan, String expected) {
        SegmentationException e = assertThrows(SegmentationException.class, () -> PlanShapes.of(plan, SIZE));
        assertTrue(e.getMessage().contains(expected), e.getMessage());
    }

    @Test
    void sizesOfEveryKindOfPooling() {
        PlanShapes shapes = PlanShapes.of(
                plan(
                        new Step.MaxPooling("m", "x", 3, 2, 1),
                        new Step.AveragePooling("a", "m", 3),
                        new Step.Strip("s", "x", 2),
                        new Step.AdaptivePooling("p", "s", 5)),
                SIZE);
        assertEquals(new PlanShapes.FeatureShape(2, new Shape(4, 4, 6)), shapes.of("m"));
        assertEquals(new PlanShapes.FeatureShape(2, new Shape(1, 1, 2)), shapes.of("a"));
        assertEquals(new PlanShapes.FeatureShape(2, new Shape(1, 1, 12)), shapes.of("s"));
        assertEquals(new PlanShapes.FeatureShape(2, Shape.cube(5)), shapes.of("p"));
    }

    @Test
    void poolingThatHasNoPlace() {
        refused(plan(new Step.MaxPooling("m", "x", 9, 1, 0)), "m of the plan has no place in 8x8x12");
        refused(plan(new Step.MaxPooling("m", "x", Integer.MAX_VALUE, 1, 0)), "no place");
        refused(plan(new Step.AveragePooling("a", "x", 9)), "cannot divide");
        refused(plan(new Step.Resize("r", "x", 3, null, false)), "cannot divide");
    }

    @Test
    void outputsWithoutBound() {
        refused(plan(new Step.AdaptivePooling("p", "x", Integer.MAX_VALUE)), "more than 4294967296 values");
        int kernel = Integer.MAX_VALUE;
        refused(plan(new Step.MaxPooling("m", "x", kernel, 1, kernel - 1)), "m of the plan has");
        refused(plan(new Step.Convolution("c", "x", "w", kernel, Shape.cube(3), 1, false)), "more than");
        List<Step> doubling = new ArrayList<>();
        String last = "x";
        for (int i = 0; i < 40; i++) {
            doubling.add(new Step.Concatenation("k" + i, List.of(last, last)));
            last = "k" + i;
        }
        refused(plan(doubling.toArray(Step[]::new)), "more than");
    }

    @Test
    void plansThatAreNone() {
        assertThrows(IllegalArgumentException.class, () -> new Step.Concatenation("k", List.of()));
        assertThrows(IllegalArgumentException.class, () -> new Plan("x", 1, SIZE, List.of()));
        assertThrows(IllegalArgumentException.class, () -> plan(new Step.Relu("r", "y")));
    }
}

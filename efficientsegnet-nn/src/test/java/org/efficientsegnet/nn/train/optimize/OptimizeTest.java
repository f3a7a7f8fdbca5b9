// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptimizeTest {

    @ParameterizedTest
    @CsvSource({
        "CONSTANT, 0, 1",
        "CONSTANT, 1, 1",
        "STEP, 0, 1",
        "STEP, 0.66, 1",
        "STEP, 0.661, 0.1",
        "STEP, 0.86, 0.1",
        "STEP, 0.87, 0.05",
        "STEP, 1, 0.05",
        "COSINE, 0, 1",
        "COSINE, 0.5, 0.515",
        "COSINE, 1, 0.03"
    })
    void schedules(Schedule schedule, double progress, double factor) {
        assertEquals(factor, schedule.factor(progress), 1e-12);
    }

    @Test
    void warmUpRisesLinearly() {
        OptimizerOptions options =
                OptimizerOptions.DEFAULT.withLearningRate(0.1).withWarmUpSteps(4);
        assertEquals(0.025, options.learningRate(0, 0), 1e-12);
        assertEquals(0.075, options.learningRate(2, 0), 1e-12);
        assertEquals(0.1, options.learningRate(3, 0), 1e-12);
        assertEquals(0.005, options.learningRate(90, 0.9), 1e-12);
    }

    /** The first two steps by hand: with zero moments, Adam's first step is the learning rate times the sign. */
    @Test
    void adamByHand() {
        OptimizerOptions options = OptimizerOptions.DEFAULT.withL2(0);
        float[] weights = {1, -2, 0.5f};
        Adam adam = new Adam(options, weights);
        adam.step(new float[] {0.3f, -5, 0}, 0.01);
        assertArrayEquals(new float[] {0.99f, -1.99f, 0.5f}, weights, 1e-6f);
        adam.step(new float[] {0.1f, -5, 0}, 0.01);
        double m = (0.9 * 0.1 * 0.3 + 0.1 * 0.1) / (1 - 0.81);
        double v = (0.99 * 0.01 * 0.09 + 0.01 * 0.01) / (1 - 0.9801);
        assertEquals(0.99 - 0.01 * m / Math.sqrt(v), weights[0], 1e-6);
        assertEquals(2, adam.steps());
    }

    @Test
    void l2PullsWeightsWithoutGradientToZero() {
        float[] weights = {1, -1};
        new Adam(OptimizerOptions.DEFAULT.withL2(0.1), weights).step(new float[2], 0.01);
        assertArrayEquals(new float[] {0.99f, -0.99f}, weights, 1e-6f);
    }

    @Test
    void clippingKeepsTheDirection() {
        float[] gradient = {3, 4};
        assertEquals(5, Adam.clip(gradient, 1), 1e-12);
        assertArrayEquals(new float[] {0.6f, 0.8f}, gradient, 1e-6f);
        float[] small = {0.3f, 0.4f};
        Adam.clip(small, 1);
        assertArrayEquals(new float[] {0.3f, 0.4f}, small);
    }

    @Test
    void groupsOfWeightsHaveRatesOfTheirOwn() {
        float[] weights = {1, 1, 1, 1};
        Adam adam = new Adam(OptimizerOptions.DEFAULT.withL2(0), weights);
        adam.step(new float[] {1, 1, -1, 1}, new byte[] {0, 2, 2, 1}, 0.01, 0, 0.1);
        assertArrayEquals(new float[] {0.99f, 0.9f, 1.1f, 1}, weights, 1e-6f);
    }

    @Test
    void theAverageFollowsTheWeights() {
        float[] weights = {1};
        Adam adam = new Adam(OptimizerOptions.DEFAULT.withL2(0).withAverageDecay(0.75), weights);
        adam.step(new float[] {1}, 0.4);
        assertEquals(0.6f, weights[0], 1e-6f);
        // 2/11 in the first step, 3/12 in the second, and so on until 0.75 is reached in step 26.
        double average = 2 / 11.0 * 1 + 9 / 11.0 * weights[0];
        assertEquals(average, adam.bestWeights()[0], 1e-6f);
        for (int step = 2; step <= 40; step++) {
            adam.step(new float[] {1}, 0.01);
            double decay = step < 26 ? (1.0 + step) / (10.0 + step) : 0.75;
            average = decay * average + (1 - decay) * weights[0];
            assertEquals(average, adam.bestWeights()[0], 1e-5f, "step " + step);
        }
    }

    @Test
    void takenUpAgainItGoesOnAsBefore() {
        OptimizerOptions options =
                OptimizerOptions.DEFAULT.withAverageDecay(0.9).withClipNorm(2);
        float[] whole = {1, 2, 3};
        Adam through = new Adam(options, whole);
        float[] parts = {1, 2, 3};
        Adam first = new Adam(options, parts);
        for (int step = 0; step < 3; step++) {
            through.step(new float[] {step, 1, -step}, 0.01);
            first.step(new float[] {step, 1, -step}, 0.01);
        }
        Adam second = new Adam(
                options,
                first.weights().clone(),
                first.mean().clone(),
                first.meanSquare().clone(),
                first.average().clone(),
                first.steps());
        through.step(new float[] {1, 1, 1}, 0.01);
        second.step(new float[] {1, 1, 1}, 0.01);
        assertArrayEquals(whole, second.weights());
        assertArrayEquals(through.average(), second.average());
        assertThrows(
                IllegalArgumentException.class,
                () -> new Adam(options, new float[3], new float[2], new float[3], new float[3], 1));
    }

    @Test
    void lossScaleShrinksOnOverflowAndGrowsAgain() {
        LossScale scale = new LossScale(1024, 0, 3);
        scale = scale.afterOverflow();
        assertEquals(512, scale.factor());
        scale = scale.afterSuccess().afterSuccess();
        assertEquals(512, scale.factor());
        scale = scale.afterSuccess();
        assertEquals(1024, scale.factor());
        assertEquals(0, scale.goodSteps());
        assertEquals(512, scale.afterSuccess().afterOverflow().factor());
        assertEquals(LossScale.NONE, LossScale.NONE.afterSuccess().afterOverflow());
        LossScale least = new LossScale(1, 0, 3);
        assertFalse(least.canShrink());
        assertEquals(1, least.afterOverflow().factor());
    }

    @ParameterizedTest
    @CsvSource({"1, true", "NaN, false", "Infinity, false", "-Infinity, false", "3.4e38, true"})
    void seesWhatIsNotFinite(float value, boolean finite) {
        float[] gradient = {8, value, 16};
        assertEquals(finite, new LossScale(4, 0, 0).unscale(gradient));
        assertEquals(2, gradient[0]);
        assertTrue(gradient[2] == 4);
    }

    @Test
    void namesTheValueThatMakesNoSense() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> OptimizerOptions.DEFAULT.withLearningRate(0))
                .getMessage();
        assertTrue(message.contains("learningRate"), message);
        assertThrows(IllegalArgumentException.class, () -> OptimizerOptions.DEFAULT.withAverageDecay(1));
        assertThrows(IllegalArgumentException.class, () -> Schedule.STEP.factor(1.1));
    }
}

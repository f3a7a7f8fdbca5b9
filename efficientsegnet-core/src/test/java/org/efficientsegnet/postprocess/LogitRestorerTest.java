// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.golden.GoldenArrays;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogitRestorerTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void agreesWithTheReference(int i) {
        GoldenArrays golden = GoldenArrays.open("preprocess");
        String name = "restore" + i;
        Shape from = golden.shape(name + ".logits");
        Shape to = golden.shape(name + ".mask");
        byte[] expected = golden.uint8(name + ".mask");
        float[] upsampled = golden.floats(name + ".upsampled");
        byte[] masks = LogitRestorer.masks(golden.floats(name + ".logits"), from, 0, 4, 0.5, to, Parallelism.common());
        int n = to.arrayLength();
        int undecided = 0;
        for (int c = 0; c < 4; c++) {
            for (int v = 0; v < n; v++) {
                if (Math.abs(upsampled[c * n + v]) < 1e-5) {
                    undecided++;
                } else {
                    assertEquals(expected[c * n + v], masks[v] >> c & 1, "class " + c + ", voxel " + v);
                }
            }
        }
        assertTrue(undecided < n / 1000, undecided + " logits lie at the threshold");
    }

    @ParameterizedTest
    @CsvSource({
        "7, 9, 11, 13, 5, 21, 0.5",
        "7, 9, 11, 13, 5, 21, 0.8",
        "1, 1, 1, 4, 4, 4, 0.5",
        "5, 6, 7, 1, 1, 1, 0.3",
        "3, 20, 4, 3, 20, 40, 0.6",
        "16, 17, 18, 9, 33, 19, 0.95"
    })
    void isInterpolationFollowedByTheThreshold(int z, int y, int x, int toZ, int toY, int toX, double threshold) {
        Shape from = new Shape(z, y, x);
        Shape to = new Shape(toZ, toY, toX);
        int n = from.arrayLength();
        int classes = 3;
        float[] logits = new float[n * (classes + 1)];
        Random random = new Random(z);
        for (int i = 0; i < logits.length; i++) {
            // Mostly background, as real logits are, so that rows are skipped in whole and in part.
            logits[i] = (float) (random.nextInt(8) == 0 ? 3 * random.nextGaussian() : -2);
        }
        byte[] masks = LogitRestorer.masks(
                logits, from, 1, classes, threshold, to, Parallelism.of(ForkJoinPool.commonPool(), 4));
        double least = Math.log(threshold / (1 - threshold));
        for (int c = 0; c < classes; c++) {
            float[] one = Arrays.copyOfRange(logits, (c + 1) * n, (c + 2) * n);
            float[] restored =
                    Resampler.trilinear(new Voxels.Floats(one), Layout.contiguous(from), 1, 0, to, Parallelism.SINGLE);
            for (int v = 0; v < restored.length; v++) {
                if (Math.abs(restored[v] - least) > 1e-5) {
                    assertEquals(restored[v] >= least ? 1 : 0, masks[v] >> c & 1, "class " + c + ", voxel " + v);
                }
            }
        }
        assertArrayEquals(
                LogitRestorer.masks(logits, from, 1, classes, threshold, to, Parallelism.SINGLE), masks, "threads");
    }

    @ParameterizedTest
    @CsvSource({
        "7, 9, 11, 13, 5, 21",
        "1, 1, 1, 4, 4, 4",
        "3, 20, 4, 3, 20, 40",
        "9, 9, 9, 9, 9, 9",
        "16, 17, 18, 9, 33, 19"
    })
    void probabilitiesAreTheSigmoidOfInterpolatedLogits(int z, int y, int x, int toZ, int toY, int toX) {
        Shape from = new Shape(z, y, x);
        Shape to = new Shape(toZ, toY, toX);
        int n = from.arrayLength();
        float[] logits = new float[2 * n];
        Random random = new Random(z);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (random.nextInt(4) == 0 ? 6 * random.nextGaussian() : -15);
        }
        byte[] probabilities =
                LogitRestorer.probabilities(logits, from, 1, to, Parallelism.of(ForkJoinPool.commonPool(), 3));
        float[] one = Arrays.copyOfRange(logits, n, 2 * n);
        float[] restored =
                Resampler.trilinear(new Voxels.Floats(one), Layout.contiguous(from), 1, 0, to, Parallelism.SINGLE);
        for (int v = 0; v < restored.length; v++) {
            double exact = 255 / (1 + Math.exp(-restored[v]));
            assertEquals(exact, probabilities[v] & 0xff, 0.5 + 1e-4, "voxel " + v);
        }
        byte[] masks = LogitRestorer.masks(logits, from, 1, 1, 0.5, to, Parallelism.SINGLE);
        for (int v = 0; v < masks.length; v++) {
            assertEquals(masks[v] == 1, (probabilities[v] & 0xff) >= 128, "a half, voxel " + v);
        }
    }

    @Test
    void everyByteIsReachedAndRounded() {
        int n = 200_001;
        Shape shape = new Shape(1, 1, n);
        float[] logits = new float[n];
        for (int i = 0; i < n; i++) {
            logits[i] = (i - 100_000) / 10_000f;
        }
        logits[0] = Float.NaN;
        logits[1] = Float.NEGATIVE_INFINITY;
        logits[n - 1] = Float.POSITIVE_INFINITY;
        byte[] bytes = LogitRestorer.probabilities(logits, shape, 0, shape, Parallelism.SINGLE);
        boolean[] seen = new boolean[256];
        for (int i = 1; i < n; i++) {
            assertEquals(255 / (1 + Math.exp(-logits[i])), bytes[i] & 0xff, 0.5 + 1e-4, "logit " + logits[i]);
            seen[bytes[i] & 0xff] = true;
        }
        assertEquals(0, bytes[0], "not a number");
        for (int b = 0; b < 256; b++) {
            assertTrue(seen[b], "byte " + b);
        }
    }

    @Test
    void onTheSameGridALogitOfZeroIsAHalf() {
        Shape shape = new Shape(1, 1, 4);
        float[] logits = {-1e-9f, 0f, 5, -5, 1, -1, -0f, Float.NaN};
        assertArrayEquals(
                new byte[] {2, 1, 3, 0}, LogitRestorer.masks(logits, shape, 0, 2, 0.5, shape, Parallelism.SINGLE));
    }

    @Test
    void refusesWhatDoesNotFit() {
        Shape shape = Shape.cube(2);
        float[] logits = new float[16];
        for (int[] bad : new int[][] {{0, 0}, {0, 9}, {1, 2}, {-1, 1}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> LogitRestorer.masks(logits, shape, bad[0], bad[1], 0.5, shape, Parallelism.SINGLE));
        }
        for (int bad : new int[] {-1, 2}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> LogitRestorer.probabilities(logits, shape, bad, shape, Parallelism.SINGLE));
        }
        for (double threshold : new double[] {0, 1, Double.NaN}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> LogitRestorer.masks(logits, shape, 0, 1, threshold, shape, Parallelism.SINGLE));
        }
    }
}

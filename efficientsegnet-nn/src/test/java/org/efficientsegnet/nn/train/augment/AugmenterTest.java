// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.train.data.CasePair;
import org.efficientsegnet.nn.train.data.CaseReader;
import org.efficientsegnet.nn.train.data.Preparation;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.data.Sample;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AugmenterTest {

    private static final Shape SHAPE = new Shape(20, 24, 28);

    @TempDir
    private static Path directory;

    private static PreparedDataset dataset;

    /** An ellipsoid of 200 HU whose middle is label 2, in air; HU say which label a voxel has. */
    @BeforeAll
    static void prepare() throws IOException {
        short[] hu = new short[SHAPE.arrayLength()];
        byte[] labels = new byte[hu.length];
        for (int z = 0; z < SHAPE.z(); z++) {
            for (int y = 0; y < SHAPE.y(); y++) {
                for (int x = 0; x < SHAPE.x(); x++) {
                    double r = Math.hypot(Math.hypot((z - 9) / 6.0, (y - 11) / 7.0), (x - 15) / 8.0);
                    int i = SHAPE.index(z, y, x);
                    labels[i] = (byte) (r < 0.5 ? 2 : r < 1 ? 1 : 0);
                    hu[i] = (short) (labels[i] == 0 ? -1024 : 200);
                }
            }
        }
        Geometry geometry = Geometry.of(Orientation.RAS, 3, 3, 3);
        CaseReader reader = new CaseReader() {
            @Override
            public Volume image(Path file) {
                return Volume.ofHu(SHAPE, geometry, hu);
            }

            @Override
            public LabelMap labels(Path file) {
                return LabelMap.of(SHAPE, geometry, labels);
            }
        };
        Path file = Files.writeString(directory.resolve("case"), "case");
        PreparationOptions options = new PreparationOptions(
                List.of("shell", "core"), new Shape(20, 24, 28), new Shape(24, 24, 24), 6, Orientation.RAS);
        dataset = Preparation.run(
                        List.of(new CasePair("case", file, file)),
                        reader,
                        directory.resolve("prepared"),
                        options,
                        Parallelism.SINGLE,
                        (id, done, total, problem) -> {})
                .dataset();
    }

    private static Sample make(CascadeStage stage, AugmentOptions options, long seed) throws IOException {
        return new Augmenter(dataset, dataset.options().labels(), stage, options, Map.of(), -2000, 2000, 1e-5)
                .make("case", dataset.size(stage), seed);
    }

    @ParameterizedTest
    @EnumSource(CascadeStage.class)
    void turnedOffItChangesNoBit(CascadeStage stage) throws IOException {
        Sample plain = dataset.sample("case", stage);
        Normalizer.clipAndStandardize(plain.hu(), -2000, 2000, 1e-5, Parallelism.SINGLE);
        for (long seed = 0; seed < 5; seed++) {
            Sample made = make(stage, AugmentOptions.NONE, seed);
            assertArrayEquals(plain.hu(), made.hu());
            assertArrayEquals(plain.labels(), made.labels());
        }
    }

    private static AugmentOptions option(String name) {
        return switch (name) {
            case "crop" -> new AugmentOptions(15, 0, 0, false, 0, 0, 0, 0, 0, 0);
            case "shift" -> new AugmentOptions(0, 0, 0.2, false, 0, 0, 0, 0, 0, 0);
            case "flip" -> new AugmentOptions(0, 0, 0, true, 0, 0, 0, 0, 0, 0);
            case "rotate" -> new AugmentOptions(0, 0, 0, false, 20, 0, 0, 0, 0, 0);
            case "scale" -> new AugmentOptions(0, 0, 0, false, 0, 0.3, 0, 0, 0, 0);
            case "elastic" -> new AugmentOptions(0, 0, 0, false, 0, 0, 6, 0, 0, 0);
            default -> throw new AssertionError(name);
        };
    }

    /** Organs are bright and all else is air, so that labels and image tell the same but where they are interpolated. */
    @ParameterizedTest
    @ValueSource(strings = {"crop", "shift", "flip", "rotate", "scale", "elastic"})
    void labelsAndImageMoveTogether(String name) throws IOException {
        Sample plain = make(CascadeStage.FINE, AugmentOptions.NONE, 0);
        int changed = 0;
        for (long seed = 0; seed < 12; seed++) {
            Sample made = make(CascadeStage.FINE, option(name), seed);
            Sample again = make(CascadeStage.FINE, option(name), seed);
            assertArrayEquals(made.hu(), again.hu());
            assertArrayEquals(made.labels(), again.labels());
            changed += Arrays.equals(plain.labels(), made.labels()) ? 0 : 1;
            float bright = -Float.MAX_VALUE;
            float dark = Float.MAX_VALUE;
            for (float value : made.hu()) {
                bright = Math.max(bright, value);
                dark = Math.min(dark, value);
            }
            int wrong = 0;
            int organ = 0;
            for (int i = 0; i < made.hu().length; i++) {
                boolean labelled = made.labels()[i] != 0;
                organ += labelled ? 1 : 0;
                wrong += labelled && made.hu()[i] == dark || !labelled && made.hu()[i] == bright ? 1 : 0;
            }
            assertTrue(organ > 500, "seed " + seed + ": " + organ);
            assertTrue(wrong < 0.01 * organ, "seed " + seed + ": " + wrong + " of " + organ);
        }
        assertTrue(changed >= 3, changed + " of 12 changed");
    }

    @Test
    void mirroringMirrors() throws IOException {
        Sample plain = make(CascadeStage.COARSE, AugmentOptions.NONE, 0);
        Shape shape = plain.shape();
        boolean[] seen = new boolean[8];
        for (long seed = 0; seed < 40; seed++) {
            Sample made = make(CascadeStage.COARSE, option("flip"), seed);
            for (int flips = 0; flips < 8; flips++) {
                boolean same = true;
                for (int z = 0; z < shape.z() && same; z++) {
                    for (int y = 0; y < shape.y() && same; y++) {
                        for (int x = 0; x < shape.x() && same; x++) {
                            int from = shape.index(
                                    (flips & 1) == 0 ? z : shape.z() - 1 - z,
                                    (flips & 2) == 0 ? y : shape.y() - 1 - y,
                                    (flips & 4) == 0 ? x : shape.x() - 1 - x);
                            same = made.labels()[shape.index(z, y, x)] == plain.labels()[from];
                        }
                    }
                }
                seen[flips] |= same;
            }
        }
        assertArrayEquals(new boolean[] {true, true, true, true, true, true, true, true}, seen);
    }

    @Test
    void contrastChangesWholeOrgansAndNothingElse() throws IOException {
        AugmentOptions options = new AugmentOptions(0, 100, 0, false, 0, 0, 0, 0, 0, 0);
        int different = 0;
        for (long seed = 0; seed < 20; seed++) {
            Sample made = make(CascadeStage.COARSE, options, seed);
            Float[] value = new Float[3];
            for (int i = 0; i < made.hu().length; i++) {
                int label = made.labels()[i];
                if (value[label] == null) {
                    value[label] = made.hu()[i];
                }
                assertEquals(value[label], made.hu()[i], 1e-5f, "seed " + seed);
            }
            assertArrayEquals(dataset.sample("case", CascadeStage.COARSE).labels(), made.labels());
            different += value[1].equals(value[2]) ? 0 : 1;
        }
        assertTrue(different >= 8 && different < 20, different + " of 20");
    }

    @Test
    void noiseAndLowResolutionLeaveTheLabels() throws IOException {
        Sample plain = make(CascadeStage.COARSE, AugmentOptions.NONE, 0);
        int noisy = 0;
        int blurred = 0;
        for (long seed = 0; seed < 20; seed++) {
            Sample noise = make(CascadeStage.COARSE, new AugmentOptions(0, 0, 0, false, 0, 0, 0, 0.1, 0, 0), seed);
            Sample coarser = make(CascadeStage.COARSE, new AugmentOptions(0, 0, 0, false, 0, 0, 0, 0, 3, 0), seed);
            assertArrayEquals(plain.labels(), noise.labels());
            assertArrayEquals(plain.labels(), coarser.labels());
            double squares = 0;
            for (int i = 0; i < plain.hu().length; i++) {
                squares += Math.pow(noise.hu()[i] - plain.hu()[i], 2);
            }
            assertTrue(Math.sqrt(squares / plain.hu().length) < 0.105);
            noisy += squares > 0 ? 1 : 0;
            blurred += Arrays.equals(plain.hu(), coarser.hu()) ? 0 : 1;
        }
        assertTrue(noisy >= 5 && noisy < 20, noisy + " of 20");
        assertTrue(blurred >= 5 && blurred < 20, blurred + " of 20");
        assertFalse(Arrays.equals(
                plain.hu(), make(CascadeStage.FINE, AugmentOptions.NONE, 0).hu()));
    }

    @Test
    void blurLeavesTheLabels() throws IOException {
        Sample plain = make(CascadeStage.COARSE, AugmentOptions.NONE, 0);
        int blurred = 0;
        for (long seed = 0; seed < 20; seed++) {
            Sample made = make(CascadeStage.COARSE, new AugmentOptions(0, 0, 0, false, 0, 0, 0, 0, 0, 2), seed);
            assertArrayEquals(plain.labels(), made.labels());
            blurred += Arrays.equals(plain.hu(), made.hu()) ? 0 : 1;
        }
        assertTrue(blurred >= 5 && blurred < 20, blurred + " of 20");
    }

    /** A point becomes a Gaussian: its sum stays, and its variance along each axis is the square of the deviation. */
    @ParameterizedTest
    @ValueSource(doubles = {0.7, 1.3, 2})
    void aPointBecomesAGaussian(double deviation) {
        Shape shape = new Shape(21, 25, 29);
        float[] values = new float[shape.arrayLength()];
        values[shape.index(10, 12, 14)] = 1;
        Gaussian.smooth(values, shape, deviation);
        double sum = 0;
        double[] variance = new double[3];
        for (int z = 0; z < 21; z++) {
            for (int y = 0; y < 25; y++) {
                for (int x = 0; x < 29; x++) {
                    float v = values[shape.index(z, y, x)];
                    sum += v;
                    variance[0] += v * (z - 10) * (z - 10);
                    variance[1] += v * (y - 12) * (y - 12);
                    variance[2] += v * (x - 14) * (x - 14);
                }
            }
        }
        assertEquals(1, sum, 1e-5);
        for (double v : variance) {
            assertEquals(deviation * deviation, v, 0.01 * deviation * deviation);
        }
        double expected = Math.exp(-0.5 * 14 / (deviation * deviation)) * values[shape.index(10, 12, 14)];
        assertEquals(expected, values[shape.index(11, 14, 17)], 1e-6);
    }

    @Test
    void whatIsEvenStaysEven() {
        Shape shape = new Shape(3, 4, 5);
        float[] values = new float[shape.arrayLength()];
        Arrays.fill(values, 40);
        Gaussian.smooth(values, shape, 1.5);
        for (float value : values) {
            assertEquals(40, value, 1e-4f);
        }
    }
}

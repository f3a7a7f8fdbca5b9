// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.paint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PainterTest {

    private static final Shape SHAPE = new Shape(40, 48, 64);
    private static final double[] MM = {5, 6, 6};
    private static final int LIVER = 1;
    private static final int STOMACH = 2;
    private static final int FAT = 7;
    private static final int BONE = 9;

    /** Two blocks in the lower half, so that there is room above; with a body of fat and a spine if wished. */
    private static byte[] map(boolean body) {
        byte[] labels = new byte[SHAPE.arrayLength()];
        for (int z = 0; z < 20; z++) {
            for (int y = 0; y < SHAPE.y(); y++) {
                for (int x = 0; x < SHAPE.x(); x++) {
                    int at = SHAPE.index(z, y, x);
                    if (body && Math.hypot((y - 24) / 18.0, (x - 32) / 22.0) < 1) {
                        labels[at] = Math.hypot(y - 10, x - 32) < 3 ? (byte) BONE : FAT;
                    }
                    if (z >= 4 && z < 16 && y >= 16 && y < 32) {
                        if (x >= 36 && x < 50) {
                            labels[at] = LIVER;
                        } else if (x >= 16 && x < 28) {
                            labels[at] = STOMACH;
                        }
                    }
                }
            }
        }
        return labels;
    }

    private static Painter painter(boolean body) {
        return new Painter(
                List.of("liver", "stomach"), body ? Map.of(FAT, "subcutaneous_fat", BONE, "vertebrae_L1") : Map.of());
    }

    private static float[] paint(boolean body, long seed) {
        return painter(body).paint(SHAPE, MM, map(body), new SplittableRandom(seed));
    }

    private static double median(float[] hu, byte[] labels, int label) {
        float[] values = new float[hu.length];
        int count = 0;
        for (int i = 0; i < hu.length; i++) {
            if (labels[i] == label) {
                values[count++] = hu[i];
            }
        }
        Arrays.sort(values, 0, count);
        return values[count / 2];
    }

    @Test
    void theSameSeedPaintsTheSame() {
        assertArrayEquals(paint(true, 3), paint(true, 3));
        assertFalse(Arrays.equals(paint(true, 3), paint(true, 4)));
    }

    @Test
    void tissuesHaveTheHuOfTheirKindInPhasesThatDiffer() {
        byte[] labels = map(true);
        double least = Double.MAX_VALUE;
        double most = -Double.MAX_VALUE;
        for (long seed = 0; seed < 30; seed++) {
            float[] hu = paint(true, seed);
            double liver = median(hu, labels, LIVER);
            // From the lowest plain to the highest portal venous value, and the texture.
            assertTrue(liver > 25 && liver < 150, "seed " + seed + ": " + liver);
            least = Math.min(least, liver);
            most = Math.max(most, liver);
            double fat = median(hu, labels, FAT);
            assertTrue(fat > -135 && fat < -70, "seed " + seed + ": " + fat);
            double bone = median(hu, labels, BONE);
            assertTrue(bone > 130, "seed " + seed + ": " + bone);
        }
        assertTrue(most - least > 40, least + " to " + most);
    }

    @Test
    void hollowOrgansHoldGasAboveAndFoodBelow() {
        byte[] labels = map(true);
        int gas = 0;
        for (long seed = 0; seed < 30; seed++) {
            float[] hu = paint(true, seed);
            int above = 0;
            int below = 0;
            for (int i = 0; i < hu.length; i++) {
                if (labels[i] == STOMACH && hu[i] < -800) {
                    int y = i / SHAPE.x() % SHAPE.y();
                    above += y >= 24 ? 1 : 0;
                    below += y < 20 ? 1 : 0;
                }
            }
            gas += above > 0 ? 1 : 0;
            assertTrue(below <= above / 4 + 20, "seed " + seed + ": " + above + " above, " + below + " below");
        }
        assertTrue(gas >= 10 && gas < 30, gas + " of 30");
    }

    /** Where a map has organs alone, there is fat, muscle and a spine around them, and air around all. */
    @Test
    void organsAloneGetABody() {
        byte[] labels = map(false);
        for (long seed = 0; seed < 10; seed++) {
            float[] hu = paint(false, seed);
            int tissue = 0;
            int bone = 0;
            for (int i = 0; i < hu.length; i++) {
                if (labels[i] == 0) {
                    tissue += hu[i] > -200 && hu[i] < 130 ? 1 : 0;
                    bone += hu[i] > 130 ? 1 : 0;
                }
            }
            assertTrue(tissue > 10_000, "seed " + seed + ": " + tissue);
            assertTrue(bone > 50, "seed " + seed + ": " + bone);
            assertTrue(hu[SHAPE.index(10, 47, 63)] < -150, "seed " + seed);
        }
        assertTrue(median(paint(false, 1), labels, LIVER) > 20);
    }

    /** Above the map is air, or a head; beside it air, or arms; behind it air, or a couch. */
    @Test
    void couchArmsAndHeadComeAndGo() {
        int heads = 0;
        int arms = 0;
        int couches = 0;
        for (long seed = 0; seed < 60; seed++) {
            float[] hu = paint(true, seed);
            boolean head = false;
            boolean arm = false;
            boolean couch = false;
            for (int z = 0; z < SHAPE.z(); z++) {
                for (int y = 0; y < SHAPE.y(); y++) {
                    for (int x = 0; x < SHAPE.x(); x++) {
                        float value = hu[SHAPE.index(z, y, x)];
                        head |= z > 24 && x > 28 && x < 36 && value > 100;
                        arm |= z == 10 && x < 6 && y > 6 && value > 30;
                        couch |= y < 5 && x > 28 && x < 36 && z == 10 && value > -995;
                    }
                }
            }
            heads += head ? 1 : 0;
            arms += arm ? 1 : 0;
            couches += couch ? 1 : 0;
        }
        assertTrue(heads > 5 && heads < 40, heads + " heads of 60");
        assertTrue(arms > 5 && arms < 50, arms + " arms of 60");
        assertTrue(couches > 20 && couches < 60, couches + " couches of 60");
    }

    @Test
    void onlyOrgansAreLearned() {
        byte[] learned = painter(true).organs(new byte[] {0, LIVER, STOMACH, FAT, BONE, (byte) 255});
        assertArrayEquals(new byte[] {0, 1, 2, 0, 0, (byte) 255}, learned);
    }

    @ParameterizedTest
    @CsvSource({
        "liver, LIVER",
        "kidney_left, KIDNEY",
        "gallbladder, GALLBLADDER",
        "urinary_bladder, BLADDER",
        "vertebrae_L3, BONE",
        "rib_left_4, BONE",
        "lung_upper_lobe_left, LUNG",
        "portal_vein_and_splenic_vein, VEIN",
        "autochthon_left, MUSCLE",
        "small_bowel, BOWEL",
        "aorta, ARTERY",
        "thing, SOFT"
    })
    void namesTellTheTissue(String name, String tissue) {
        assertEquals(tissue, Tissue.of(name).name());
    }

    @Test
    void fieldsAreSmoothAndDoNotRepeat() {
        SmoothField field = new SmoothField(SHAPE, MM, 24, new SplittableRandom(5));
        double squares = 0;
        double steps = 0;
        for (int z = 0; z < SHAPE.z(); z++) {
            for (int y = 0; y < SHAPE.y(); y++) {
                for (int x = 1; x < SHAPE.x(); x++) {
                    squares += field.at(z, y, x) * field.at(z, y, x);
                    double step = field.at(z, y, x) - field.at(z, y, x - 1);
                    steps += step * step;
                }
            }
        }
        // Normal numbers four voxels apart, interpolated: mean square (2/3)³, mean squared step (2/3)²·2/16.
        int n = SHAPE.z() * SHAPE.y() * (SHAPE.x() - 1);
        assertEquals(8 / 27.0, squares / n, 0.06);
        assertEquals(4 / 9.0 * 2 / 16, steps / n, 0.015);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.paint;

import java.util.List;
import java.util.Locale;

/**
 * HU of a tissue in four phases: without contrast medium, arterial, portal venous, late. The ranges are wide on
 * purpose. Found by name: the first tissue one of whose words is in it.
 */
enum Tissue {
    AIR(List.of("air", "background"), -1000, -990, -1000, -990, -1000, -990, -1000, -990, 0, false),
    LUNG(List.of("lung"), -900, -750, -900, -750, -900, -750, -900, -750, 40, false),
    FAT(List.of("fat", "adipose"), -120, -85, -120, -85, -120, -85, -120, -85, 8, false),
    GALLBLADDER(List.of("gallbladder", "gall bladder", "bile"), -5, 25, -5, 25, -5, 25, -5, 25, 4, false),
    BLADDER(List.of("bladder", "fluid", "ascites", "cyst", "effusion"), -5, 20, -5, 20, -5, 20, -5, 60, 4, false),
    LIVER(List.of("liver"), 40, 68, 50, 85, 85, 130, 75, 115, 8, false),
    KIDNEY(List.of("kidney", "renal"), 22, 42, 90, 200, 140, 215, 120, 190, 14, false),
    SPLEEN(List.of("spleen"), 38, 58, 75, 160, 100, 145, 85, 120, 8, false),
    PANCREAS(List.of("pancreas"), 25, 52, 70, 130, 65, 115, 55, 95, 12, false),
    ADRENAL(List.of("adrenal"), 10, 40, 40, 90, 50, 95, 40, 80, 6, false),
    STOMACH(List.of("stomach"), 5, 50, 15, 70, 20, 80, 20, 75, 12, true),
    BOWEL(
            List.of("colon", "bowel", "duodenum", "intestine", "rectum", "esophagus", "oesophagus"),
            5,
            50,
            15,
            80,
            20,
            95,
            20,
            85,
            16,
            true),
    ARTERY(List.of("aorta", "artery", "iliac"), 30, 52, 200, 400, 120, 200, 95, 150, 6, false),
    HEART(List.of("heart", "atrium", "ventricle", "myocard"), 30, 52, 120, 350, 105, 190, 90, 150, 10, false),
    VEIN(List.of("vein", "cava", "portal", "vessel"), 30, 52, 40, 160, 120, 200, 95, 150, 6, false),
    BONE(
            List.of(
                    "bone",
                    "rib",
                    "vertebra",
                    "spine",
                    "hip",
                    "femur",
                    "sacrum",
                    "sternum",
                    "scapula",
                    "clavic",
                    "humerus",
                    "skull",
                    "pelvis"),
            200,
            600,
            200,
            600,
            200,
            600,
            200,
            600,
            70,
            false),
    MUSCLE(
            List.of("muscle", "gluteus", "psoas", "iliopsoas", "autochthon", "diaphragm"),
            40,
            65,
            45,
            70,
            50,
            75,
            50,
            75,
            9,
            false),
    BRAIN(List.of("brain", "cord"), 20, 45, 20, 50, 25, 50, 25, 50, 4, false),
    SOFT(List.of(), 15, 60, 20, 75, 25, 90, 25, 85, 12, false);

    private static final int PHASES = 4;

    private final List<String> words;
    private final double[] low = new double[PHASES];
    private final double[] high = new double[PHASES];
    private final double texture;
    private final boolean hollow;

    Tissue(
            List<String> words,
            double plainLow,
            double plainHigh,
            double arterialLow,
            double arterialHigh,
            double portalLow,
            double portalHigh,
            double lateLow,
            double lateHigh,
            double texture,
            boolean hollow) {
        this.words = words;
        low[0] = plainLow;
        high[0] = plainHigh;
        low[1] = arterialLow;
        high[1] = arterialHigh;
        low[2] = portalLow;
        high[2] = portalHigh;
        low[3] = lateLow;
        high[3] = lateHigh;
        this.texture = texture;
        this.hollow = hollow;
    }

    /** The tissue of a label's name; {@link #SOFT} if none is known. */
    static Tissue of(String name) {
        String lower = name.toLowerCase(Locale.ROOT).replace('_', ' ');
        for (Tissue tissue : values()) {
            if (tissue.words.stream().anyMatch(lower::contains)) {
                return tissue;
            }
        }
        return SOFT;
    }

    /**
     * HU between the two bounds of a phase.
     *
     * @param phase 0 plain, 1 arterial, 2 portal venous, 3 late, or between two of them
     * @param share 0 for the lower bound, 1 for the upper
     */
    double hu(double phase, double share) {
        int before = Math.min((int) phase, PHASES - 2);
        double part = phase - before;
        double least = (1 - part) * low[before] + part * low[before + 1];
        double most = (1 - part) * high[before] + part * high[before + 1];
        return least + share * (most - least);
    }

    /** Standard deviation of its texture, HU. */
    double texture() {
        return texture;
    }

    /** Whether it may hold gas and what was eaten. */
    boolean isHollow() {
        return hollow;
    }

    /** Whether it lies around the organs, so that a map that has it draws the whole body. */
    boolean isEnvelope() {
        return this == FAT || this == MUSCLE;
    }
}

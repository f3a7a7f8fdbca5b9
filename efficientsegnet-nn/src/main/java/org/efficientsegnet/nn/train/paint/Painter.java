// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.paint;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.volume.Bounds;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Shape;

/**
 * Paints a label map as a CT scan might show it. The axes grow towards Superior, Anterior and Right (z, y, x). What is
 * painted depends on the labels, the spacing and the random numbers alone. Thread-safe.
 *
 * <p>The steps: HU of each tissue in a phase that may lie between two; a body around the organs if the map has none; two
 * textures, vessels in large organs, gas and contrast medium in hollow ones, lesions; couch, arms and head in the air
 * around; blur and noise.
 */
public final class Painter {

    private static final int LABELS = 256;
    private static final float AIR = -1000;
    private static final double PHASES = 3;

    private static final double COUCH = 0.7;
    private static final double ARMS = 0.4;
    private static final double HEAD = 0.3;
    private static final double LESIONS = 0.35;

    private static final double LEAST_NOISE = 2;
    private static final double MOST_NOISE = 25;

    private final int organs;
    private final Tissue[] tissues = new Tissue[LABELS];
    private final boolean wholeBody;

    /**
     * @param labels names of labels 1, 2, ..., the organs that are learned
     * @param others names of further labels of the maps; what has no name is some soft tissue, 0 is air, or the body
     *     where no label is fat or muscle
     */
    public Painter(List<String> labels, Map<Integer, String> others) {
        organs = labels.size();
        Arrays.fill(tissues, 1, LABELS, Tissue.SOFT);
        for (int i = 0; i < organs; i++) {
            tissues[i + 1] = Tissue.of(labels.get(i));
        }
        boolean envelope = false;
        for (Map.Entry<Integer, String> other : others.entrySet()) {
            tissues[other.getKey()] = Tissue.of(other.getValue());
            envelope |= tissues[other.getKey()].isEnvelope();
        }
        wholeBody = envelope;
    }

    /** The labels of a map that are learned; 0 for every other one but what is not known. */
    public byte[] organs(byte[] labels) {
        byte[] learned = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            int label = labels[i] & 0xff;
            learned[i] = label <= organs || label == Batch.UNKNOWN ? labels[i] : 0;
        }
        return learned;
    }

    /** One picture in the making. */
    private final class Canvas {
        private final Shape shape;
        private final double[] mm;
        private final byte[] labels;
        private final float[] hu;
        private final double phase;
        private final SplittableRandom random;

        Canvas(Shape shape, double[] mm, byte[] labels, SplittableRandom random) {
            this.shape = shape;
            this.mm = mm;
            this.labels = labels;
            this.random = random;
            hu = new float[labels.length];
            phase = random.nextDouble() * PHASES;
        }

        private double hu(Tissue tissue) {
            return tissue.hu(phase, random.nextDouble());
        }

        private double between(double low, double high) {
            return low + (high - low) * random.nextDouble();
        }

        private boolean happens(double probability) {
            return random.nextDouble() < probability;
        }

        /** Every tissue at its HU, with two textures: a fine one of its own and a broad one of all. */
        void tissues() {
            float[] level = new float[LABELS];
            float[] grain = new float[LABELS];
            for (int label = 0; label < LABELS; label++) {
                Tissue tissue = tissues[label] == null ? Tissue.AIR : tissues[label];
                level[label] = (float) hu(tissue);
                grain[label] = (float) (tissue.texture() * between(0.5, 1.5));
            }
            SmoothField fine = new SmoothField(shape, mm, between(4, 9), random.split());
            SmoothField broad = new SmoothField(shape, mm, between(30, 60), random.split());
            float breadth = (float) between(0, 6);
            int at = 0;
            for (int z = 0; z < shape.z(); z++) {
                for (int y = 0; y < shape.y(); y++) {
                    for (int x = 0; x < shape.x(); x++, at++) {
                        int label = labels[at] & 0xff;
                        float value = level[label];
                        if (grain[label] > 0) {
                            value += grain[label] * fine.at(z, y, x) + breadth * broad.at(z, y, x);
                        }
                        hu[at] = value;
                    }
                }
            }
        }

        /** Where an even random field is nearly zero lie winding sheets and tubes. */
        void vessels() {
            SmoothField one = new SmoothField(shape, mm, between(22, 34), random.split());
            SmoothField other = new SmoothField(shape, mm, between(22, 34), random.split());
            float blood = (float) hu(Tissue.VEIN);
            float width = (float) between(0.05, 0.16);
            int at = 0;
            for (int z = 0; z < shape.z(); z++) {
                for (int y = 0; y < shape.y(); y++) {
                    for (int x = 0; x < shape.x(); x++, at++) {
                        Tissue tissue = tissues[labels[at] & 0xff];
                        if ((tissue == Tissue.LIVER || tissue == Tissue.LUNG)
                                && Math.abs(one.at(z, y, x)) < width
                                && Math.abs(other.at(z, y, x)) < width) {
                            hu[at] = blood;
                        }
                    }
                }
            }
        }

        /** Gas rises: of a hollow organ what lies above a level is gas, below it food, water or contrast medium. */
        void contents() {
            for (int number = 1; number < LABELS; number++) {
                int label = number;
                if (tissues[label] == null || !tissues[label].isHollow()) {
                    continue;
                }
                Bounds bounds = new Bounds();
                forLabel(label, (z, y, x, at) -> bounds.add(z, y, x, x + 1));
                Box box = bounds.box().orElse(null);
                if (box == null || !happens(0.8)) {
                    continue;
                }
                double level = box.y1() - between(0, 0.5) * (box.y1() - box.y0());
                boolean medium = happens(0.15);
                float inside = (float) (medium ? between(120, 350) : between(0, 45));
                double fill = between(0, 1);
                SmoothField pockets = new SmoothField(shape, mm, between(15, 40), random.split());
                forLabel(label, (z, y, x, at) -> {
                    if (isWall(z, y, x, label)) {
                        return;
                    }
                    float pocket = pockets.at(z, y, x);
                    if (y + 3 * pocket > level) {
                        hu[at] = AIR + 50;
                    } else if (pocket < 2 * fill - 1) {
                        hu[at] += inside - 25;
                    }
                });
            }
        }

        private boolean isWall(int z, int y, int x, int label) {
            return outside(z, y - 1, x, label)
                    || outside(z, y + 1, x, label)
                    || outside(z, y, x - 1, label)
                    || outside(z, y, x + 1, label);
        }

        private boolean outside(int z, int y, int x, int label) {
            return y < 0 || x < 0 || y >= shape.y() || x >= shape.x() || (labels[shape.index(z, y, x)] & 0xff) != label;
        }

        private interface Voxel {
            void at(int z, int y, int x, int index);
        }

        private void forLabel(int label, Voxel work) {
            int at = 0;
            for (int z = 0; z < shape.z(); z++) {
                for (int y = 0; y < shape.y(); y++) {
                    for (int x = 0; x < shape.x(); x++, at++) {
                        if ((labels[at] & 0xff) == label) {
                            work.at(z, y, x, at);
                        }
                    }
                }
            }
        }

        /** Balls in organs; they stay the organ's. */
        void lesions() {
            int count = happens(LESIONS) ? 1 + random.nextInt(4) : 0;
            for (int i = 0; i < count; i++) {
                int centre = random.nextInt(labels.length);
                Tissue tissue = tissues[labels[centre] & 0xff];
                if (tissue == Tissue.LIVER
                        || tissue == Tissue.KIDNEY
                        || tissue == Tissue.SPLEEN
                        || tissue == Tissue.PANCREAS) {
                    byte label = labels[centre];
                    float change = (float) (happens(0.7) ? -between(15, 70) : between(15, 50));
                    double radius = between(3, 22);
                    ball(centre, radius, at -> {
                        if (labels[at] == label) {
                            hu[at] += change;
                        }
                    });
                }
            }
        }

        private interface Index {
            void at(int index);
        }

        private void ball(int centre, double radiusMm, Index work) {
            int cz = centre / (shape.y() * shape.x());
            int cy = centre / shape.x() % shape.y();
            int cx = centre % shape.x();
            ellipsoid(new double[] {cz, cy, cx}, new double[] {radiusMm, radiusMm, radiusMm}, (at, r) -> work.at(at));
        }

        private interface Shell {
            /** @param radius 0 in the middle, 1 at the surface */
            void at(int index, double radius);
        }

        private void ellipsoid(double[] centre, double[] halfMm, Shell work) {
            int[] from = new int[3];
            int[] to = new int[3];
            int[] extent = {shape.z(), shape.y(), shape.x()};
            for (int axis = 0; axis < 3; axis++) {
                double reach = halfMm[axis] / mm[axis];
                from[axis] = (int) Math.max(0, Math.ceil(centre[axis] - reach));
                to[axis] = (int) Math.min(extent[axis] - 1.0, Math.floor(centre[axis] + reach));
            }
            for (int z = from[0]; z <= to[0]; z++) {
                for (int y = from[1]; y <= to[1]; y++) {
                    for (int x = from[2]; x <= to[2]; x++) {
                        double dz = (z - centre[0]) * mm[0] / halfMm[0];
                        double dy = (y - centre[1]) * mm[1] / halfMm[1];
                        double dx = (x - centre[2]) * mm[2] / halfMm[2];
                        double radius = Math.sqrt(dz * dz + dy * dy + dx * dx);
                        if (radius <= 1) {
                            work.at(shape.index(z, y, x), radius);
                        }
                    }
                }
            }
        }

        private boolean isAir(int at) {
            return tissues[labels[at] & 0xff] == null && hu[at] < -900;
        }

        /** Skin, fat, muscle, spine and loops of bowel where the map says nothing, around the box of its labels. */
        void body(Box organs) {
            double cy = (organs.y0() + organs.y1()) / 2.0;
            double cx = (organs.x0() + organs.x1()) / 2.0;
            double depth = (organs.y1() - organs.y0()) * mm[1] / 2 * between(1.05, 1.25) + 25;
            double width = (organs.x1() - organs.x0()) * mm[2] / 2 * between(1.05, 1.2) + 25;
            double fatMm = between(5, 35);
            float fat = (float) hu(Tissue.FAT);
            float muscle = (float) hu(Tissue.MUSCLE);
            float bone = (float) hu(Tissue.BONE);
            float soft = (float) hu(Tissue.BOWEL);
            SmoothField outline = new SmoothField(shape, mm, 80, random.split());
            SmoothField loops = new SmoothField(shape, mm, between(15, 30), random.split());
            SmoothField grain = new SmoothField(shape, mm, 5, random.split());
            float share = (float) between(-0.4, 0.4);
            for (int z = 0; z < shape.z(); z++) {
                for (int y = 0; y < shape.y(); y++) {
                    for (int x = 0; x < shape.x(); x++) {
                        int at = shape.index(z, y, x);
                        if (tissues[labels[at] & 0xff] != null) {
                            continue;
                        }
                        double dy = (y - cy) * mm[1];
                        double dx = (x - cx) * mm[2];
                        double swell = 1 + 0.04 * outline.at(z, y, x);
                        double inner = Math.hypot(dy / (depth * swell), dx / (width * swell));
                        double outer = Math.hypot(dy / (depth * swell + fatMm + 15), dx / (width * swell + fatMm + 15));
                        if (outer > 1) {
                            continue;
                        }
                        boolean spine = Math.hypot(dy + 0.75 * depth, dx) < 22;
                        float value;
                        if (spine) {
                            value = bone;
                        } else if (inner <= 1) {
                            value = loops.at(z, y, x) > share ? soft : fat;
                        } else {
                            double under = Math.hypot(dy / (depth * swell + 15), dx / (width * swell + 15));
                            value = under <= 1 ? muscle : fat;
                        }
                        hu[at] = value + 8 * grain.at(z, y, x);
                    }
                }
            }
        }

        /** A plate behind the patient, across the picture. */
        void couch(Box patient) {
            if (!happens(COUCH)) {
                return;
            }
            double top = patient.y0() - between(1, 12) / mm[1];
            double thick = between(8, 25) / mm[1];
            double bend = between(0, 0.0012);
            float shell = (float) between(-400, 200);
            float filling = (float) between(-980, -800);
            double middle = shape.x() / 2.0;
            for (int z = 0; z < shape.z(); z++) {
                for (int y = 0; y < shape.y(); y++) {
                    for (int x = 0; x < shape.x(); x++) {
                        int at = shape.index(z, y, x);
                        double dx = (x - middle) * mm[2];
                        double below = top + bend * dx * dx / mm[1] - y;
                        if (below >= 0 && below <= thick && isAir(at)) {
                            hu[at] = below * mm[1] < 2.5 || (thick - below) * mm[1] < 2.5 ? shell : filling;
                        }
                    }
                }
            }
        }

        /** An arm on each side, beside the trunk. */
        void arms(Box patient) {
            if (!happens(ARMS)) {
                return;
            }
            double radius = between(35, 55);
            double from = happens(0.5) ? 0 : between(0, 0.6) * shape.z();
            double to = from == 0 ? between(0.4, 1) * shape.z() : shape.z();
            float muscle = (float) hu(Tissue.MUSCLE);
            float fat = (float) hu(Tissue.FAT);
            float bone = (float) hu(Tissue.BONE);
            double y0 = patient.y0() + between(0.2, 0.7) * (patient.y1() - patient.y0());
            for (double x0 : new double[] {
                patient.x0() - radius * between(0.7, 1.3) / mm[2], patient.x1() + radius * between(0.7, 1.3) / mm[2]
            }) {
                for (int z = (int) from; z < to; z++) {
                    for (int y = 0; y < shape.y(); y++) {
                        for (int x = 0; x < shape.x(); x++) {
                            double r = Math.hypot((y - y0) * mm[1], (x - x0) * mm[2]);
                            int at = shape.index(z, y, x);
                            if (r <= radius && isAir(at)) {
                                hu[at] = r < 0.25 * radius ? bone : r < 0.75 * radius ? muscle : fat;
                            }
                        }
                    }
                }
            }
        }

        /** A head above the patient, where the picture reaches so far. */
        void head(Box patient) {
            double room = (shape.z() - patient.z1()) * mm[0];
            if (room < 60 || !happens(HEAD)) {
                return;
            }
            double[] half = {between(100, 125), between(85, 105), between(68, 82)};
            double cz = patient.z1() + (half[0] + between(10, 90)) / mm[0];
            double cy = (patient.y0() + patient.y1()) / 2.0;
            double cx = (patient.x0() + patient.x1()) / 2.0;
            float brain = (float) hu(Tissue.BRAIN);
            float bone = (float) hu(Tissue.BONE) + 300;
            float muscle = (float) hu(Tissue.MUSCLE);
            ellipsoid(new double[] {cz, cy, cx}, half, (at, r) -> {
                if (isAir(at)) {
                    hu[at] = r > 0.95 ? muscle : r > 0.86 ? bone : brain;
                }
            });
            double neck = between(45, 65);
            for (int z = patient.z1(); z < Math.min(shape.z(), cz); z++) {
                for (int y = 0; y < shape.y(); y++) {
                    for (int x = 0; x < shape.x(); x++) {
                        int at = shape.index(z, y, x);
                        double r = Math.hypot((y - cy) * mm[1], (x - cx) * mm[2]);
                        if (r < neck && isAir(at)) {
                            hu[at] = r < 0.3 * neck ? bone : muscle;
                        }
                    }
                }
            }
        }
    }

    /**
     * Paints.
     *
     * @param shape extent of the picture
     * @param spacingMm of its voxels, z, y, x
     * @param labels of each voxel, C order z, y, x
     * @param random decides on everything
     * @return HU, without the blur and the noise of a scanner
     */
    public float[] paint(Shape shape, double[] spacingMm, byte[] labels, SplittableRandom random) {
        Canvas canvas = new Canvas(shape, spacingMm, labels, random.split());
        canvas.tissues();
        Box organs = labelled(shape, labels);
        if (!wholeBody) {
            canvas.body(organs);
        }
        canvas.vessels();
        canvas.contents();
        canvas.lesions();
        Box patient = wholeBody ? organs : dense(shape, canvas.hu);
        canvas.couch(patient);
        canvas.arms(patient);
        canvas.head(patient);
        return canvas.hu;
    }

    /**
     * Adds the noise of a scanner.
     *
     * @param hu changed
     * @param random decides on everything
     */
    public static void addNoise(float[] hu, SplittableRandom random) {
        double deviation = LEAST_NOISE + (MOST_NOISE - LEAST_NOISE) * random.nextDouble();
        Random normal = new Random(random.nextLong());
        for (int i = 0; i < hu.length; i++) {
            hu[i] += (float) (deviation * normal.nextGaussian());
        }
    }

    private Box labelled(Shape shape, byte[] labels) {
        Bounds bounds = new Bounds();
        int at = 0;
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    Tissue tissue = tissues[labels[at++] & 0xff];
                    if (tissue != null && tissue != Tissue.AIR) {
                        bounds.add(z, y, x, x + 1);
                    }
                }
            }
        }
        return bounds.box().orElse(Box.of(shape));
    }

    private static Box dense(Shape shape, float[] hu) {
        Bounds bounds = new Bounds();
        int at = 0;
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    if (hu[at++] > -500) {
                        bounds.add(z, y, x, x + 1);
                    }
                }
            }
        }
        return bounds.box().orElse(Box.of(shape));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.SegmentationWarning.Kind;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * How many spoiled scans the warnings catch, and how many good ones they accuse. Every scan is segmented as it is, in forms
 * that are as good, and in forms that are spoiled: mirrored, with wrong values, wrong lengths, noise, without an abdomen.
 *
 * <p>A spoiled scan has done harm if an organ of 20 ml or more in the good result has a Dice coefficient below 0.8 with the
 * spoiled one, or one that was not there has 20 ml; where sides or lengths are wrong, harm is done whatever the labels. It
 * is caught if there is a warning, other than that an organ is cut off or that the axes are oblique.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.SpoiledScans SCAN...</pre>
 */
public final class SpoiledScans {

    private static final Set<Kind> NO_DOUBT = Set.of(Kind.ORGAN_CUT_OFF, Kind.OBLIQUE);
    private static final double LEAST_DICE = 0.8;
    private static final double LEAST_ML = 20;

    private SpoiledScans() {}

    /** How a scan is changed; the result's axes grow to the Right, Anterior, Superior side as the scan's do. */
    @FunctionalInterface
    private interface Change {
        Body apply(Body body);
    }

    /**
     * A scan in HU, axes RAS, and which slices of the good one it has.
     *
     * @param first the first of them
     * @param step from one to the next
     */
    private record Body(Shape shape, Geometry geometry, float[] hu, int first, int step) {

        Volume volume() {
            return Volume.ofHu(shape, geometry, hu);
        }

        Body withGeometry(Geometry other) {
            return new Body(shape, other, hu, first, step);
        }

        Body map(Values values) {
            float[] changed = new float[hu.length];
            for (int i = 0; i < hu.length; i++) {
                changed[i] = values.of(hu[i]);
            }
            return new Body(shape, geometry, changed, first, step);
        }

        Body slices(int from, int count, int every) {
            Shape part = new Shape(count, shape.y(), shape.x());
            float[] values = new float[part.arrayLength()];
            int slice = shape.y() * shape.x();
            for (int z = 0; z < count; z++) {
                System.arraycopy(hu, (from + z * every) * slice, values, z * slice, slice);
            }
            return new Body(part, geometry, values, from, every);
        }
    }

    @FunctionalInterface
    private interface Values {
        float of(float hu);
    }

    /**
     * A form of a scan.
     *
     * @param good whether it is as good as the scan
     * @param wrong whether its sides or lengths are wrong whatever the labels
     */
    private record Form(String name, boolean good, boolean wrong, Change change) {}

    private static List<Form> forms() {
        List<Form> forms = new ArrayList<>();
        forms.add(new Form("as it is", true, false, b -> b));
        forms.add(new Form("noise of 15 HU", true, false, b -> noisy(b, 15)));
        forms.add(new Form("8 HU brighter", true, false, b -> b.map(hu -> hu + 8)));
        forms.add(new Form(
                "every second slice",
                true,
                false,
                b -> scaled(b.slices(0, (b.shape().z() + 1) / 2, 2), 1, 2)));
        forms.add(new Form("the upper three quarters", true, false, b -> {
            int z = b.shape().z();
            return b.slices(z / 4, z - z / 4, 1);
        }));
        forms.add(new Form("mirrored left-right", false, true, b -> b.withGeometry(flipped(b, 0))));
        forms.add(new Form("mirrored front-back", false, true, b -> b.withGeometry(flipped(b, 1))));
        forms.add(new Form("mirrored head-foot", false, true, b -> b.withGeometry(flipped(b, 2))));
        forms.add(new Form("turned on its face", false, true, b -> {
            Body once = b.withGeometry(flipped(b, 0));
            return once.withGeometry(flipped(once, 1));
        }));
        forms.add(new Form("1024 HU too bright", false, false, b -> b.map(hu -> hu + 1024)));
        forms.add(new Form("150 HU too bright", false, false, b -> b.map(hu -> hu + 150)));
        forms.add(new Form("150 HU too dark", false, false, b -> b.map(hu -> hu - 150)));
        forms.add(new Form(
                "8 bits of a soft window",
                false,
                false,
                b -> b.map(hu -> Math.round(255 * Math.max(0, Math.min(1, (hu + 160) / 400))))));
        forms.add(new Form(
                "8 bits of a lung window",
                false,
                false,
                b -> b.map(hu -> Math.round(255 * Math.max(0, Math.min(1, (hu + 1350) / 1500))))));
        forms.add(new Form("half of the contrast", false, false, b -> b.map(hu -> hu / 2)));
        forms.add(new Form("inverted", false, false, b -> b.map(hu -> -hu)));
        forms.add(new Form("noise of 200 HU", false, false, b -> noisy(b, 200)));
        forms.add(new Form("noise of 600 HU", false, false, b -> noisy(b, 600)));
        forms.add(new Form("nothing but noise", false, false, b -> noisy(b.map(hu -> 0), 300)));
        forms.add(new Form("slices in disorder", false, false, SpoiledScans::shuffled));
        forms.add(new Form("lengths twice as long", false, true, b -> scaled(b, 2, 2)));
        forms.add(new Form("lengths half as long", false, true, b -> scaled(b, 0.5, 0.5)));
        forms.add(new Form("slices twice as far apart", false, true, b -> scaled(b, 1, 2)));
        forms.add(new Form("lengths in cm", false, true, b -> scaled(b, 0.1, 0.1)));
        forms.add(new Form("the upper fifth only", false, false, b -> {
            int z = b.shape().z();
            return b.slices(z - Math.max(8, z / 5), Math.max(8, z / 5), 1);
        }));
        forms.add(new Form(
                "the lower fifth only",
                false,
                false,
                b -> b.slices(0, Math.max(8, b.shape().z() / 5), 1)));
        return forms;
    }

    private static Body noisy(Body body, double deviation) {
        Random random = new Random(11);
        return body.map(hu -> (float) Math.max(-1024, Math.rint(hu + deviation * random.nextGaussian())));
    }

    private static Body shuffled(Body body) {
        Random random = new Random(12);
        float[] hu = body.hu().clone();
        int slice = body.shape().y() * body.shape().x();
        for (int z = body.shape().z() - 1; z > 0; z--) {
            int other = random.nextInt(z + 1);
            for (int i = 0; i < slice; i++) {
                float kept = hu[z * slice + i];
                hu[z * slice + i] = hu[other * slice + i];
                hu[other * slice + i] = kept;
            }
        }
        return new Body(body.shape(), body.geometry(), hu, 0, 1);
    }

    /** The header says that an axis runs the other way. */
    private static Geometry flipped(Body body, int axis) {
        double[] affine = body.geometry().affine();
        for (int row = 0; row < 3; row++) {
            affine[4 * row + axis] = -affine[4 * row + axis];
        }
        return Geometry.ofAffine(affine);
    }

    private static Body scaled(Body body, double inPlane, double across) {
        double[] affine = body.geometry().affine();
        for (int row = 0; row < 3; row++) {
            affine[4 * row] *= inPlane;
            affine[4 * row + 1] *= inPlane;
            affine[4 * row + 2] *= across;
        }
        return body.withGeometry(Geometry.ofAffine(affine));
    }

    private static Body read(Path path) throws IOException {
        Volume volume = Volumes.read(path);
        Layout layout = volume.oriented(Orientation.RAS);
        Shape shape = layout.shape();
        float[] hu = new float[shape.arrayLength()];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                int row = shape.index(z, y, 0);
                volume.voxels().copyTo(layout.index(z, y, 0), layout.strideX(), hu, row, shape.x());
                for (int x = row; x < row + shape.x(); x++) {
                    hu[x] = (float) (volume.slope() * hu[x] + volume.intercept());
                }
            }
        }
        return new Body(shape, volume.geometry().reorient(volume.shape(), Orientation.RAS), hu, 0, 1);
    }

    /** What became of one form of one scan. */
    private record Outcome(boolean harmed, Set<Kind> doubts, boolean accused) {}

    /**
     * Runs it.
     *
     * @param args scans: files or folders
     */
    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            throw new IllegalArgumentException("at least one SCAN is needed");
        }
        Map<Form, List<Outcome>> outcomes = new LinkedHashMap<>();
        List<Form> forms = forms();
        try (Segmenter segmenter = Segmenter.pretrained()) {
            for (String scan : args) {
                Body good = read(Path.of(scan));
                Segmentation expected = segmenter.segment(good.volume());
                for (Form form : forms) {
                    Body body = form.change().apply(good);
                    Segmentation found = segmenter.segment(body.volume());
                    Set<Kind> doubts = new TreeSet<>();
                    for (SegmentationWarning warning : found.warnings()) {
                        if (!NO_DOUBT.contains(warning.kind())) {
                            doubts.add(warning.kind());
                        }
                    }
                    boolean harmed = form.wrong() || isHarmed(expected, good.shape(), body, found);
                    outcomes.computeIfAbsent(form, f -> new ArrayList<>())
                            .add(new Outcome(harmed, doubts, !doubts.isEmpty()));
                    System.out.printf("# %s, %s: %s%s%n", scan, form.name(), harmed ? "harmed " : "", doubts);
                }
            }
        }
        System.out.println("form | scans | harmed | caught of them | not harmed and accused | by");
        print(outcomes, true);
        print(outcomes, false);
    }

    private static void print(Map<Form, List<Outcome>> outcomes, boolean good) {
        int[] sums = new int[4];
        outcomes.forEach((form, all) -> {
            if (form.good() == good) {
                int harmed = (int) all.stream().filter(Outcome::harmed).count();
                int caught = (int)
                        all.stream().filter(o -> o.harmed() && o.accused()).count();
                int accused = (int)
                        all.stream().filter(o -> !o.harmed() && o.accused()).count();
                Set<Kind> kinds = new TreeSet<>();
                all.forEach(o -> kinds.addAll(o.doubts()));
                System.out.printf(
                        Locale.ROOT,
                        "%s | %d | %d | %d | %d | %s%n",
                        form.name(),
                        all.size(),
                        harmed,
                        caught,
                        accused,
                        kinds);
                sums[0] += all.size();
                sums[1] += harmed;
                sums[2] += caught;
                sums[3] += accused;
            }
        });
        System.out.printf(
                Locale.ROOT,
                "%s | %d | %d | %d | %d |%n",
                good ? "good together" : "spoiled together",
                sums[0],
                sums[1],
                sums[2],
                sums[3]);
    }

    private static boolean isHarmed(Segmentation expected, Shape shape, Body body, Segmentation found) {
        int slice = shape.y() * shape.x();
        long[] both = new long[256];
        long[] one = new long[256];
        long[] other = new long[256];
        for (int z = 0; z < body.shape().z(); z++) {
            for (int i = 0; i < slice; i++) {
                int is = found.labels().labels()[z * slice + i] & 0xff;
                int was = expected.labels().labels()[(body.first() + z * body.step()) * slice + i] & 0xff;
                both[is] += is == was ? 1 : 0;
                one[was]++;
                other[is]++;
            }
        }
        double voxelMl = body.geometry().voxelVolume() / 1000;
        for (int label : expected.labels().names().keySet()) {
            boolean there = one[label] * voxelMl >= LEAST_ML || other[label] * voxelMl >= LEAST_ML;
            if (there && 2.0 * both[label] / (one[label] + other[label]) < LEAST_DICE) {
                return true;
            }
        }
        return false;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.SegmentationWarning.Kind;
import org.efficientsegnet.metrics.LabelStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.Intensities;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class WarningsTest {

    private static final Shape SHAPE = new Shape(40, 30, 50);

    /** As they lie in a body whose x grows to the Right and z upwards. */
    private static final Box LIVER = new Box(20, 5, 22, 35, 20, 45);

    private static final Box SPLEEN = new Box(24, 8, 5, 32, 16, 14);
    private static final Box KIDNEYS = new Box(10, 10, 12, 24, 18, 40);

    private static final Map<Integer, String> ORGANS = Map.of(1, "liver", 2, "spleen", 3, "kidney");

    private static List<SegmentationWarning> warnings(Geometry geometry, Box... organs) {
        return warnings(SHAPE, geometry, organs);
    }

    private static void fill(byte[] labels, Shape shape, Box box, int label) {
        for (int z = box.z0(); z < box.z1(); z++) {
            for (int y = box.y0(); y < box.y1(); y++) {
                Arrays.fill(labels, shape.index(z, y, box.x0()), shape.index(z, y, box.x1() - 1) + 1, (byte) label);
            }
        }
    }

    private static List<SegmentationWarning> warnings(Shape shape, Geometry geometry, Box... organs) {
        byte[] labels = new byte[shape.arrayLength()];
        for (int organ = 0; organ < organs.length; organ++) {
            fill(labels, shape, organs[organ], organ + 1);
        }
        return warnings(shape, geometry, labels);
    }

    private static List<SegmentationWarning> warnings(Shape shape, Geometry geometry, byte[] labels) {
        return warnings(shape, geometry, labels, ORGANS, Map.of());
    }

    private static List<SegmentationWarning> warnings(
            Shape shape, Geometry geometry, byte[] labels, Map<Integer, String> organs, Map<Integer, Box> located) {
        Volume ct = Volume.ofHu(shape, geometry, new short[shape.arrayLength()]);
        LabelMap map = new LabelMap(shape, geometry, labels, new TreeMap<>(organs));
        return Warnings.of(
                ct,
                new CoarseToFine.Result(
                        map,
                        LabelStatistics.of(ct, map, Parallelism.SINGLE),
                        Optional.of(Box.of(shape)),
                        located,
                        Map.of(),
                        new Intensities(-1000, 1000, 0.5, 0.4)));
    }

    private static List<String> flips(List<SegmentationWarning> warnings) {
        return warnings.stream()
                .filter(w -> w.kind() == Kind.FLIPPED)
                .map(SegmentationWarning::message)
                .toList();
    }

    /** Of an organ of 20 slices: boxes that share all, more and less than the limit, and no box. */
    @ParameterizedTest
    @CsvSource({
        "liver, 0, 20, false",
        "liver, 0, 13, false",
        "liver, 0, 11, true",
        "liver, 16, 40, true",
        "liver, 30, 40, true",
        "liver, 0, 0, true",
        "pancreas, 0, 3, false",
        "pancreas, 0, 1, true"
    })
    void networksThatDisagreeAreNoticed(String organ, int from, int to, boolean noticed) {
        byte[] labels = new byte[SHAPE.arrayLength()];
        fill(labels, SHAPE, new Box(0, 4, 4, 20, 20, 20), 1);
        Map<Integer, Box> located = from == to ? Map.of() : Map.of(1, new Box(from, 4, 4, to, 20, 20));
        Geometry geometry = Geometry.of(Orientation.RAS, 5, 5, 6);
        List<SegmentationWarning> found = warnings(SHAPE, geometry, labels, Map.of(1, organ), located).stream()
                .filter(w -> w.kind() == Kind.NETWORKS_DISAGREE)
                .toList();
        assertEquals(noticed ? 1 : 0, found.size(), found.toString());
        assertTrue(!noticed || found.get(0).message().contains("where the " + organ + " is"));
        assertTrue(!noticed || found.get(0).organ().equals(Optional.of(organ)));
    }

    @Test
    void whatIsSaidOfAnOrganNamesItAndWhatIsSaidOfTheScanNamesNone() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        // Beside the first slice, with a grain that no box of the coarse network holds, and no kidney.
        fill(labels, SHAPE, new Box(0, 5, 5, 35, 20, 14), 1);
        fill(labels, SHAPE, new Box(24, 8, 22, 25, 9, 23), 2);
        Map<Kind, Optional<String>> about = new TreeMap<>();
        warnings(SHAPE, Geometry.of(Orientation.RAS, 5, 5, 6), labels, ORGANS, Map.of(1, LIVER)).stream()
                .filter(w -> w.organ().isEmpty() || !w.organ().get().equals("spleen"))
                .forEach(w -> about.put(w.kind(), w.organ()));
        assertEquals(Optional.of("liver"), about.get(Kind.ORGAN_CUT_OFF), about::toString);
        assertEquals(Optional.of("liver"), about.get(Kind.NETWORKS_DISAGREE), about::toString);
        assertEquals(Optional.of("kidney"), about.get(Kind.ORGAN_NOT_FOUND), about::toString);
        assertEquals(Optional.empty(), about.get(Kind.FLIPPED), about::toString);
    }

    /** z grows upwards, y to the front, x to the Right. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "5; 6; 7; 20; 20; 20; ",
                "0; 6; 7; 20; 20; 20; inferior end",
                "5; 6; 7; 40; 20; 20; superior end",
                "5; 6; 7; 20; 30; 50; anterior and right ends",
                "0; 6; 0; 20; 30; 20; anterior, inferior and left ends",
                "0; 0; 0; 40; 30; 50; anterior, inferior, left, posterior, right and superior ends"
            })
    void theEndsThatAnOrganReachesAreListedAsInASentence(int z0, int y0, int x0, int z1, int y1, int x1, String ends) {
        List<String> messages =
                warnings(Geometry.of(Orientation.RAS, 5, 5, 6), new Box(z0, y0, x0, z1, y1, x1)).stream()
                        .filter(w -> w.kind() == Kind.ORGAN_CUT_OFF)
                        .map(SegmentationWarning::message)
                        .toList();
        assertEquals(
                ends == null
                        ? List.of()
                        : List.of("The liver reaches the " + ends
                                + " of the scan; the part beyond is missing from its volume."),
                messages);
    }

    static List<Orientation> orientations() {
        return Orientation.all();
    }

    /** The same voxels under every header: wrong where it changes the sides along a body axis. */
    @ParameterizedTest
    @MethodSource("orientations")
    void organsThatLieWhereTheyBelongAreNoDoubt(Orientation orientation) {
        Box[] organs = new Box[3];
        Box[] right = {LIVER, SPLEEN, KIDNEYS};
        Shape shape =
                Layout.contiguous(SHAPE).reorient(Orientation.RAS, orientation).shape();
        for (int i = 0; i < organs.length; i++) {
            organs[i] = right[i].reorient(SHAPE, Orientation.RAS, orientation);
        }
        assertEquals(List.of(), flips(warnings(shape, Geometry.of(orientation, 5, 5, 6), organs)));
    }

    @Test
    void aMirroredScanIsNoticed() {
        List<String> found = flips(warnings(Geometry.of(Orientation.of("LAS"), 5, 5, 6), LIVER, SPLEEN, KIDNEYS));
        assertEquals(1, found.size());
        assertTrue(found.get(0).contains("liver lies left of the spleen"), found.get(0));
        assertTrue(found.get(0).contains("the scan seems to be flipped left-right"), found.get(0));
    }

    @Test
    void aScanUpsideDownIsNoticed() {
        List<String> found = flips(warnings(Geometry.of(Orientation.of("RAI"), 5, 5, 6), LIVER, SPLEEN, KIDNEYS));
        assertEquals(1, found.size());
        assertTrue(found.get(0).contains("liver lies below the kidneys"), found.get(0));
    }

    /** The kidneys' middle is at 16.5 voxels of 6 mm. */
    @ParameterizedTest
    @CsvSource({"7, 24, false", "6, 23, false", "5, 22, true", "0, 17, true"})
    void aLiverMayReachSomewhatBelowTheKidneys(int from, int to, boolean doubt) {
        Box liver = new Box(from, 5, 22, to, 9, 45);
        List<String> found = flips(warnings(Geometry.of(Orientation.RAS, 5, 5, 6), liver, SPLEEN, KIDNEYS));
        assertEquals(doubt, !found.isEmpty(), found::toString);
    }

    /** Thin parts far away do not move it: the middle of its box would be left of the spleen. */
    @Test
    void aLiverIsWhereMostOfItIs() {
        Box tip = new Box(34, 0, 0, 35, 1, 22);
        Box spleen = new Box(24, 8, 25, 32, 16, 28);
        Box liver = new Box(20, 5, 30, 35, 20, 45);
        assertEquals(List.of(), flips(warnings(Geometry.of(Orientation.RAS, 5, 5, 6), liver, spleen, KIDNEYS)));
        byte[] labels = new byte[SHAPE.arrayLength()];
        fill(labels, SHAPE, liver, 1);
        fill(labels, SHAPE, tip, 1);
        fill(labels, SHAPE, spleen, 2);
        assertEquals(List.of(), flips(warnings(SHAPE, Geometry.of(Orientation.RAS, 5, 5, 6), labels)));
    }

    @Test
    void organsOfManyVoxelsAreSampled() {
        Shape large = new Shape(150, 140, 200);
        Box liver = new Box(20, 5, 101, 148, 135, 199);
        Box spleen = new Box(20, 5, 1, 148, 135, 100);
        assertEquals(List.of(), flips(warnings(large, Geometry.of(Orientation.RAS, 2, 2, 2), liver, spleen)));
        assertEquals(
                1,
                flips(warnings(large, Geometry.of(Orientation.of("LAS"), 2, 2, 2), liver, spleen))
                        .size());
    }

    @Test
    void withoutOneOfTheOrgansThereIsNoDoubt() {
        assertEquals(List.of(), flips(warnings(Geometry.of(Orientation.of("LAI"), 5, 5, 6), LIVER)));
    }

    @ParameterizedTest
    @CsvSource({
        "3, 3, 5, false",
        "0.7, 0.7, 1, true",
        "1, 1, 1.5, false",
        "3000, 3000, 3000, true",
        "0.003, 0.003, 0.003, true",
        "3, 3, 30, true",
        "70, 1, 1, true"
    })
    void aSpacingThatCannotBeInMillimetresIsNoticed(double x, double y, double z, boolean doubt) {
        List<SegmentationWarning> warnings = warnings(Geometry.of(Orientation.RAS, x, y, z), LIVER, SPLEEN, KIDNEYS);
        assertEquals(
                doubt, warnings.stream().anyMatch(w -> w.kind() == Kind.IMPLAUSIBLE_SIZE), () -> warnings.toString());
    }
}

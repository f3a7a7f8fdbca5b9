// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.efficientsegnet.Precision;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.onednn.OneDnnEngine;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The sample scan with the pretrained bundle on every engine of this machine, against the label map of an independent
 * implementation of the same pipeline.
 */
class PretrainedSegmentationTest {

    private static final Path SAMPLE = Path.of("..", "data", "example_ct.nii.gz");

    /** The least Dice coefficient with the reference of liver, kidneys, spleen and pancreas. */
    private static final List<Double> FP32 = List.of(0.9999, 0.9999, 0.9999, 0.9999);

    private static final List<Double> BF16 = List.of(0.999, 0.999, 0.999, 0.995);

    private static final List<Double> INT8 = List.of(0.99, 0.99, 0.99, 0.99);

    private static Volume sample;
    private static LabelMap expected;
    private static Segmenter segmenter;
    private static Segmenter reduced;

    /** What the best engine finds in FP32. */
    private static byte[] found;

    /** What it finds in the precision that it chooses, in bfloat16 where the CPU has it. */
    private static byte[] foundReduced;

    @BeforeAll
    static void read(@TempDir Path directory) throws IOException {
        sample = Volumes.read(SAMPLE);
        Path file = directory.resolve("expected.nii.gz");
        try (InputStream in = PretrainedSegmentationTest.class.getResourceAsStream("sample/expected_labels.nii.gz")) {
            Files.copy(in, file);
        }
        expected = LabelMaps.read(file);
        segmenter = Segmenter.builder().precision(Precision.FP32).build();
        found = segmenter.segment(sample).labels().labels();
        reduced = Segmenter.pretrained();
        foundReduced = reduced.segment(sample).labels().labels();
    }

    @AfterAll
    static void close() {
        segmenter.close();
        reduced.close();
    }

    static Stream<String> engines() throws IOException {
        NetworkModel model = new ModelBundles().pretrained().fine();
        return Engines.all().stream()
                .filter(e -> e.status().available())
                .filter(e -> e.refuses(model, EngineOptions.defaults()) == null)
                .map(NetworkEngine::name);
    }

    @ParameterizedTest
    @MethodSource("engines")
    void agreesWithTheIndependentPipeline(String engine) {
        try (Segmenter own =
                Segmenter.builder().engine(engine).precision(Precision.FP32).build()) {
            Segmentation result = own.segment(sample);
            assertEquals(Precision.FP32, result.precision());
            assertDice(FP32, expected.labels(), result.labels().labels());
            // The box that the independent pipeline reports, z, y, x, on its RAS grid.
            Box region = result.region()
                    .orElseThrow()
                    .reorient(sample.shape(), sample.geometry().orientation(), Orientation.RAS);
            assertEquals(new Box(56, 14, 1, 112, 92, 112), region);
            assertTrue(result.warnings().stream()
                    .anyMatch(w -> w.kind() == SegmentationWarning.Kind.ORGAN_CUT_OFF
                            && w.message().contains("liver")
                            && w.message().contains("superior")));
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void reducedPrecisionAgreesWhereThereIsOne(String engine) {
        try (Segmenter own = Segmenter.builder().engine(engine).build()) {
            Segmentation result = own.segment(sample);
            assumeTrue(result.precision() != Precision.FP32, engine + " has nothing but FP32 here");
            assertDice(BF16, expected.labels(), result.labels().labels());
        }
    }

    @Test
    void eightBitsAgreeWithThirtyTwo() throws IOException {
        EngineOptions defaults = EngineOptions.defaults();
        String refusal = new OneDnnEngine()
                .refuses(
                        new ModelBundles().pretrained().fine(),
                        new EngineOptions(Precision.INT8, defaults.threads(), defaults.concurrency(), false));
        // Whether the CPU can is the machine's affair, the calibration is ours.
        assumeTrue(refusal == null || !refusal.contains("VNNI"), refusal);
        try (Segmenter own = Segmenter.builder()
                .engine(OneDnnEngine.NAME)
                .precision(Precision.INT8)
                .build()) {
            assertTrue(own.describe().contains("INT8 with"), own.describe());
            Segmentation result = own.segment(sample);
            assertEquals(Precision.INT8, result.precision());
            assertDice(INT8, found, result.labels().labels());
        }
    }

    static Stream<Orientation> someOrientations() {
        return Stream.of("LPS", "RSA", "IAL").map(Orientation::of);
    }

    static Stream<Orientation> allOrientations() {
        return Orientation.all().stream();
    }

    @ParameterizedTest
    @MethodSource("someOrientations")
    void orientationChangesNothing(Orientation orientation) {
        assertTurnedScanGivesTheSame(orientation);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("allOrientations")
    void noneOfTheOrientationsChangesAnything(Orientation orientation) {
        assertTurnedScanGivesTheSame(orientation);
    }

    private static void assertTurnedScanGivesTheSame(Orientation orientation) {
        Orientation own = sample.geometry().orientation();
        Layout turned = sample.oriented(orientation);
        float[] hu = new float[sample.voxels().length()];
        for (int z = 0, at = 0; z < turned.shape().z(); z++) {
            for (int y = 0; y < turned.shape().y(); y++, at += turned.shape().x()) {
                sample.voxels()
                        .copyTo(
                                turned.index(z, y, 0),
                                turned.strideX(),
                                hu,
                                at,
                                turned.shape().x());
            }
        }
        Volume volume = new Volume(
                turned.shape(),
                sample.geometry().reorient(sample.shape(), orientation),
                new Voxels.Floats(hu),
                sample.slope(),
                sample.intercept());

        assertArrayEquals(found, inOwnOrientation(segmenter.segment(volume).labels(), own), orientation + " in FP32");
        assertArrayEquals(
                foundReduced,
                inOwnOrientation(reduced.segment(volume).labels(), own),
                orientation + " in reduced precision");
    }

    private static byte[] inOwnOrientation(LabelMap labels, Orientation own) {
        Layout back = labels.oriented(own);
        byte[] mapped = new byte[labels.labels().length];
        Shape shape = sample.shape();
        for (int z = 0, at = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    mapped[at++] = labels.labels()[back.index(z, y, x)];
                }
            }
        }
        return mapped;
    }

    @Test
    void anObliqueHeaderChangesNothingButTheHeader() {
        double angle = Math.toRadians(9);
        double[] a = sample.geometry().affine();
        double[] turned = a.clone();
        for (int column = 0; column < 4; column++) {
            turned[column] = Math.cos(angle) * a[column] - Math.sin(angle) * a[4 + column];
            turned[4 + column] = Math.sin(angle) * a[column] + Math.cos(angle) * a[4 + column];
        }
        Geometry oblique = Geometry.ofAffine(turned);
        Segmentation result = segmenter.segment(
                new Volume(sample.shape(), oblique, sample.voxels(), sample.slope(), sample.intercept()));
        assertArrayEquals(found, result.labels().labels());
        assertEquals(oblique, result.labels().geometry());
    }

    @Test
    void theSameScanGivesTheSameBits() {
        List<byte[]> results = Stream.generate(() -> segmenter.segmentAsync(sample)).limit(3).toList().stream()
                .map(future -> future.join().labels().labels())
                .toList();
        assertArrayEquals(results.get(0), results.get(1));
        assertArrayEquals(results.get(0), results.get(2));
    }

    private static void assertDice(List<Double> least, byte[] reference, byte[] prediction) {
        for (int label = 1; label <= least.size(); label++) {
            long both = 0;
            long sum = 0;
            for (int i = 0; i < reference.length; i++) {
                both += reference[i] == label && prediction[i] == label ? 1 : 0;
                sum += (reference[i] == label ? 1 : 0) + (prediction[i] == label ? 1 : 0);
            }
            double dice = 2.0 * both / sum;
            assertTrue(dice >= least.get(label - 1), "label " + label + ": Dice " + dice);
        }
    }
}

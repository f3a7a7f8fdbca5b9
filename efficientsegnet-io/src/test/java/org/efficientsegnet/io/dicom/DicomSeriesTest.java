// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DicomSeriesTest {

    private static final int ROWS = 48;
    private static final int COLUMNS = 64;

    @TempDir
    Path folder;

    static Path fixture(String name) {
        try {
            return Path.of(Objects.requireNonNull(DicomSeriesTest.class.getResource(name), name)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The pixels as make_fixtures.py defines them. */
    private static int fixturePixel(int z, int y, int x) {
        if (x < 8 && y < 8) {
            return -2000;
        }
        return (x * x + 3 * y * y + 50 * z) % 1500 + (x * 7 + y * 13 + z * 29) % 17;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "explicit",
                "implicit",
                "bigendian",
                "deflated",
                "bare",
                "rle",
                "jpeglossless_sv1",
                "jpeglossless_sv7",
                "jpegls",
                "jpeg2000"
            })
    void everyEncodingOfASeriesGivesTheSameVoxels(String encoding) throws IOException {
        Scan scan = Volumes.open(fixture(encoding), ReadOptions.DEFAULT);
        Volume volume = scan.volume();
        assertEquals(new Shape(3, ROWS, COLUMNS), volume.shape());
        short[] expected = new short[3 * ROWS * COLUMNS];
        for (int i = 0, z = 0; z < 3; z++) {
            for (int y = 0; y < ROWS; y++) {
                for (int x = 0; x < COLUMNS; x++) {
                    int pixel = fixturePixel(z, y, x);
                    expected[i++] = (short) (pixel == -2000 ? 0 : pixel);
                }
            }
        }
        Voxels.Shorts voxels = assertInstanceOf(Voxels.Shorts.class, volume.voxels());
        assertArrayEquals(expected, voxels.values());
        assertFalse(voxels.unsigned());
        assertEquals(-1024, volume.hu(0, 0, 0), "padding is air");
        assertArrayEquals(
                new double[] {-0.5, 0, 0, 20.5, 0, -0.75, 0, 30.25, 0, 0, 2.5, 12},
                volume.geometry().affine(),
                1e-9);
        assertEquals("Fixt\u00fcre", ((DicomSeries) scan.provenance()).description());
        assertEquals(List.of(), scan.warnings());
    }

    @Test
    void bitsBesideThePixelAreDroppedAndMonochrome1IsNotInverted() throws IOException {
        Volume volume = Volumes.read(fixture("unsigned12"));
        assertTrue(assertInstanceOf(Voxels.Shorts.class, volume.voxels()).unsigned());
        for (int z = 0; z < 3; z++) {
            for (int y = 0; y < ROWS; y++) {
                for (int x = 0; x < COLUMNS; x++) {
                    assertEquals(Math.max(0, fixturePixel(z, y, x)) - 1024, volume.hu(z, y, x));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "jpegls", "deflated", "rle", "jpeglossless_fragmented"})
    void enhancedImageWithASlopeForEachFrame(String file) throws IOException {
        Volume volume = Volumes.read(fixture("enhanced/" + file + ".dcm"));
        assertEquals(new Shape(3, ROWS, COLUMNS), volume.shape());
        for (int z = 0; z < 3; z++) {
            for (int y = 0; y < ROWS; y++) {
                for (int x = 0; x < COLUMNS; x++) {
                    float hu = (1 + z) * Math.max(0, fixturePixel(z, y, x)) - 1024 + z;
                    assertEquals(hu, volume.hu(z, y, x));
                }
            }
        }
        assertArrayEquals(
                new double[] {-0.5, 0, 0, 20.5, 0, -0.75, 0, 30.25, 0, 0, 2.5, 12},
                volume.geometry().affine(),
                1e-9);
    }

    @Test
    void namesAndFoldersOfFilesDoNotMatter() throws IOException {
        Volume plain = readSynthetic(7, (z, slice) -> slice);
        List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6));
        for (int seed = 0; seed < 5; seed++) {
            Collections.shuffle(order, new Random(seed));
            Path shuffled = folder.resolve("shuffled" + seed);
            for (int z = 0; z < 7; z++) {
                SyntheticSeries.write(
                        shuffled.resolve("deep" + z % 2).resolve("f" + order.get(z)),
                        SyntheticSeries.slice(z).integers(Tag.INSTANCE_NUMBER, order.get(z)),
                        SyntheticSeries.pixels(z));
            }
            Volume volume = Volumes.read(shuffled);
            assertArrayEquals(shorts(plain), shorts(volume));
            assertEquals(plain.geometry(), volume.geometry());
        }
    }

    @Test
    void strayFilesAreIgnoredAndLinksAreNotFollowed() throws IOException {
        SyntheticSeries.write(folder.resolve("series"), 3);
        Path outside = folder.resolve("outside");
        SyntheticSeries.write(outside.resolve("x"), SyntheticSeries.slice(3), SyntheticSeries.pixels(3));
        Path series = folder.resolve("series");
        Files.writeString(series.resolve("notes.txt"), "nothing");
        Files.write(series.resolve("empty"), new byte[0]);
        Files.write(series.resolve("zeros"), new byte[1000]);
        Files.write(series.resolve("almost"), new byte[] {8, 0, 5, 1, 9, 0, 0, 0, 1});
        SyntheticSeries.write(
                series.resolve("DICOMDIR"),
                DataSet.builder().text(Tag.SOP_CLASS_UID, "1.2.840.10008.1.3.10"),
                new byte[2]);
        SyntheticSeries.write(
                series.resolve("screenshot"),
                SyntheticSeries.slice(0).text(Tag.SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.7"),
                SyntheticSeries.pixels(0));
        Files.createSymbolicLink(series.resolve("link"), outside.resolve("x"));
        Files.createSymbolicLink(series.resolve("linked-folder"), outside);
        assertEquals(new Shape(3, 6, 8), Volumes.read(series).shape());

        Path links = Files.createDirectory(folder.resolve("links"));
        Files.createSymbolicLink(links.resolve("link"), outside.resolve("x"));
        assertMessage(
                assertThrows(UnsupportedFormatException.class, () -> Volumes.read(links)),
                "no CT",
                "symbolic links, which are not followed (1)");
        Path byLink = Files.createSymbolicLink(folder.resolve("series-link"), series);
        assertEquals(new Shape(3, 6, 8), Volumes.read(byLink).shape());
    }

    @Test
    void missingSliceIsReported() throws IOException {
        SyntheticSeries.write(folder, 6);
        Files.delete(folder.resolve("slice2"));
        FormatException e = assertThrows(FormatException.class, () -> Volumes.read(folder));
        assertMessage(e, "1 slice is missing", "slice1", "slice3", "10.00 mm", "5.000 mm");
    }

    @Test
    void unevenSpacingIsReported() throws IOException {
        SyntheticSeries.write(
                folder, 6, (z, slice) -> z == 4 ? slice.decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, 22) : slice);
        assertMessage(
                assertThrows(FormatException.class, () -> Volumes.read(folder)),
                "unevenly",
                "slice4",
                "5.000 mm are usual");
    }

    @Test
    void sliceThatIsDisplacedSidewaysIsReported() throws IOException {
        SyntheticSeries.write(
                folder, 6, (z, slice) -> z == 3 ? slice.decimals(Tag.IMAGE_POSITION_PATIENT, 4, 0, 15) : slice);
        assertMessage(
                assertThrows(FormatException.class, () -> Volumes.read(folder)), "slice3", "displaced", "4.00 pixels");
    }

    @Test
    void roundedPositionsAreAccepted() throws IOException {
        Volume volume = readSynthetic(
                9, (z, slice) -> slice.decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, Math.rint(z * 0.625 * 100) / 100));
        assertEquals(0.625, volume.geometry().spacing(Axis.Z), 1e-3);
    }

    @Test
    void copiesOfASliceAreUsedOnceAndDifferentSlicesAtOnePlaceAreRefused() throws IOException {
        SyntheticSeries.write(folder, 4);
        Files.copy(folder.resolve("slice1"), folder.resolve("again"));
        Scan scan = Volumes.open(folder, ReadOptions.DEFAULT);
        assertEquals(4, scan.volume().shape().z());
        assertTrue(scan.warnings().get(0).contains("twice"), scan.warnings()::toString);

        SyntheticSeries.write(
                folder.resolve("other"),
                SyntheticSeries.slice(1).text(Tag.SOP_INSTANCE_UID, "2.25.99"),
                SyntheticSeries.pixels(3));
        assertMessage(
                assertThrows(FormatException.class, () -> Volumes.read(folder)), "2.25.99", "one position but differ");
    }

    @Test
    void phasesOfOneSeriesAreTwoVolumes() throws IOException {
        for (int phase = 1; phase <= 2; phase++) {
            int acquisition = phase;
            SyntheticSeries.write(
                    folder.resolve("phase" + phase),
                    3,
                    (z, slice) -> slice.integers(Tag.ACQUISITION_NUMBER, acquisition)
                            .text(Tag.SOP_INSTANCE_UID, "2.25.5." + acquisition + "." + z));
        }
        SeriesChoiceException e = assertThrows(SeriesChoiceException.class, () -> Volumes.read(folder));
        assertEquals(2, e.series().size());
        assertMessage(e, "2 CT volumes", "acquisition 1", "acquisition 2");
        assertEquals(new Shape(3, 6, 8), e.series().get(1).read().shape());
    }

    @Test
    void severalSeriesAreListedAndChosenByIdentifier() throws IOException {
        SyntheticSeries.write(folder.resolve("a"), 3);
        SyntheticSeries.write(
                folder.resolve("b"),
                4,
                SyntheticSeries.Change.always(slice ->
                        slice.text(Tag.SERIES_INSTANCE_UID, "2.25.7001").text(Tag.SERIES_DESCRIPTION, "thin")));
        SeriesChoiceException e = assertThrows(SeriesChoiceException.class, () -> Volumes.read(folder));
        assertMessage(e, SyntheticSeries.UID + " \"synthetic\", 3 slice(s) of 6 x 8", "2.25.7001 \"thin\", 4 slice(s)");
        assertEquals(
                4,
                Volumes.read(folder, ReadOptions.DEFAULT.withSeries("2.25.7001"))
                        .shape()
                        .z());
        assertMessage(
                assertThrows(
                        SeriesChoiceException.class,
                        () -> Volumes.read(folder, ReadOptions.DEFAULT.withSeries("2.25.1"))),
                "no CT series has the identifier 2.25.1",
                "2.25.7001");
    }

    @Test
    void localisersAreLeftAside() throws IOException {
        SyntheticSeries.write(folder.resolve("ct"), 3);
        SyntheticSeries.write(
                folder.resolve("scout"),
                SyntheticSeries.slice(9)
                        .text(Tag.IMAGE_TYPE, "ORIGINAL", "PRIMARY", "LOCALIZER")
                        .decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 0, -1),
                SyntheticSeries.pixels(9));
        SyntheticSeries.write(
                folder.resolve("coronal"),
                SyntheticSeries.slice(8).decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 0, -1),
                SyntheticSeries.pixels(8));
        Scan scan = Volumes.open(folder, ReadOptions.DEFAULT);
        assertEquals(3, scan.volume().shape().z());
        assertEquals(2, scan.warnings().size(), scan.warnings()::toString);
        assertEquals(3, DicomSeries.find(folder).size());
        assertTrue(DicomSeries.find(folder).get(2).isLocaliser());

        assertMessage(
                assertThrows(SeriesChoiceException.class, () -> Volumes.read(folder.resolve("scout"))),
                "only localisers");
        DicomSeries scout = DicomSeries.find(folder.resolve("scout")).get(0);
        assertMessage(assertThrows(FormatException.class, scout::read), "a localiser");
    }

    @Test
    void singleSliceNeedsItsFolder() throws IOException {
        SyntheticSeries.write(folder, 1);
        assertMessage(
                assertThrows(FormatException.class, () -> Volumes.read(folder.resolve("slice0"))), "Give the folder");
        Scan scan = Volumes.open(folder, ReadOptions.DEFAULT);
        assertEquals(5, scan.volume().geometry().spacing(Axis.Z));
        assertEquals(1, scan.warnings().size());
    }

    @ParameterizedTest
    @CsvSource({
        // row direction, column direction (LPS), expected orientation of x, y, z
        "1 0 0, 0 1 0, LPS",
        "0 1 0, 0 0 -1, PIR",
        "1 0 0, 0 0 -1, LIP",
        "-1 0 0, 0 1 0, RPI",
    })
    void orientationsOfSlices(String row, String column, String orientation) throws IOException {
        double[] r = vector(row);
        double[] c = vector(column);
        double[] n = {r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]};
        // Written against the normal, so that the order has to be found.
        Volume volume = readSynthetic(
                4,
                (z, slice) -> slice.decimals(Tag.IMAGE_ORIENTATION_PATIENT, r[0], r[1], r[2], c[0], c[1], c[2])
                        .decimals(Tag.IMAGE_POSITION_PATIENT, 7 - 3 * z * n[0], 8 - 3 * z * n[1], 9 - 3 * z * n[2]));
        assertEquals(orientation, volume.geometry().orientation().toString());
        assertEquals(SyntheticSeries.stored(3, 2, 5) - 1024, volume.hu(0, 2, 5));
        double[] world = volume.geometry().toWorld(5, 2, 3);
        assertArrayEquals(
                new double[] {-(7 + 5 * r[0] + 2 * c[0]), -(8 + 5 * r[1] + 2 * c[1]), 9 + 5 * r[2] + 2 * c[2]},
                world,
                1e-6);
    }

    @Test
    void obliqueSlices() throws IOException {
        double a = Math.toRadians(25);
        double s = Math.sin(a);
        double c = Math.cos(a);
        Volume volume = readSynthetic(
                4,
                (z, slice) -> slice.decimals(Tag.IMAGE_ORIENTATION_PATIENT, c, s, 0, -s, c, 0)
                        .decimals(Tag.IMAGE_POSITION_PATIENT, 1, 2, 3 + 2 * z));
        assertFalse(volume.geometry().isAxisParallel());
        assertArrayEquals(
                new double[] {-(1 + 3 * c - 2 * s), -(2 + 3 * s + 2 * c), 3 + 2},
                volume.geometry().toWorld(3, 2, 1),
                1e-6);
    }

    @ParameterizedTest
    @ValueSource(doubles = {20, -15})
    void tiltedGantryIsResampledOntoAStraightGrid(double degrees) throws IOException {
        double a = Math.toRadians(degrees);
        int count = 5;
        // Slices lean against the couch, which moves along the patient: a field that is linear in space stays linear.
        for (int z = 0; z < count; z++) {
            double[] p = {0, 0, 5.0 * z};
            java.nio.ByteBuffer bytes =
                    java.nio.ByteBuffer.allocate(2 * 40 * 8).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            for (int y = 0; y < 40; y++) {
                for (int x = 0; x < 8; x++) {
                    bytes.putShort(
                            (short) Math.rint(1024 + 20 * (p[1] + y * Math.cos(a)) + 30 * (p[2] + y * Math.sin(a))));
                }
            }
            SyntheticSeries.write(
                    folder.resolve("s" + z),
                    SyntheticSeries.slice(z)
                            .integers(Tag.ROWS, 40)
                            .decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, Math.cos(a), Math.sin(a))
                            .decimals(Tag.IMAGE_POSITION_PATIENT, p),
                    bytes.array());
        }
        Scan scan = Volumes.open(folder, ReadOptions.DEFAULT);
        Volume volume = scan.volume();
        assertTrue(scan.warnings().get(0).contains("tilted"), scan.warnings()::toString);
        assertEquals(5 * Math.cos(a), volume.geometry().spacing(Axis.Z), 1e-6);
        int padded = (int) Math.ceil(5 * (count - 1) * Math.abs(Math.sin(a)));
        assertEquals(new Shape(count, 40 + padded, 8), volume.shape());
        int inside = 0;
        for (int z = 0; z < count; z++) {
            for (int y = padded + 1; y < 39; y++) {
                double[] world = volume.geometry().toWorld(3, y, z);
                assertEquals(20 * -world[1] + 30 * world[2], volume.hu(z, y, 3), 1.01);
                inside++;
            }
        }
        assertTrue(inside > 40);
        double[] corner = degrees > 0 ? new double[] {0, 40 + padded - 1} : new double[] {0, 0};
        assertEquals(-1024, volume.hu((int) corner[0], (int) corner[1], 3), "what was not imaged is air");
    }

    @Test
    void slopesThatDifferBetweenSlicesGiveHuOfEach() throws IOException {
        Volume whole = readSynthetic(
                3, (z, slice) -> slice.decimals(Tag.RESCALE_SLOPE, 1 + z).decimals(Tag.RESCALE_INTERCEPT, -10 * z));
        assertEquals("float32", whole.voxels().typeName(), "16 bits times 3 does not fit into 16 bits");
        assertEquals(3 * SyntheticSeries.stored(2, 1, 1) - 20, whole.hu(2, 1, 1));

        Volume fitting = readSynthetic(
                3,
                (z, slice) -> slice.integers(Tag.BITS_STORED, 13)
                        .integers(Tag.HIGH_BIT, 12)
                        .decimals(Tag.RESCALE_SLOPE, 1 + z)
                        .decimals(Tag.RESCALE_INTERCEPT, -10 * z));
        assertEquals("int16", fitting.voxels().typeName());
        assertEquals(3 * SyntheticSeries.stored(2, 1, 1) - 20, fitting.hu(2, 1, 1));

        Volume fraction = readSynthetic(3, (z, slice) -> slice.decimals(Tag.RESCALE_SLOPE, 1 + 0.25 * z));
        assertEquals(1.5 * SyntheticSeries.stored(2, 1, 1) - 1024, fraction.hu(2, 1, 1), 1e-3);
    }

    @Test
    void signednessMayDifferBetweenSlices() throws IOException {
        Volume volume = readSynthetic(3, (z, slice) -> z == 1 ? slice.integers(Tag.PIXEL_REPRESENTATION, 0) : slice);
        assertEquals(SyntheticSeries.stored(1, 2, 3) - 1024, volume.hu(1, 2, 3));
        assertEquals(SyntheticSeries.stored(2, 2, 3) - 1024, volume.hu(2, 2, 3));
    }

    @Test
    void signIsExtendedFromTheBitsStored() throws IOException {
        Volume volume = readSynthetic(
                2,
                SyntheticSeries.Change.always(
                        slice -> slice.integers(Tag.BITS_STORED, 11).integers(Tag.HIGH_BIT, 10)));
        int stored = SyntheticSeries.stored(0, 1, 2);
        assertEquals((stored & 2047) - 2048 - 1024, volume.hu(0, 1, 2));
    }

    @Test
    void paddingRangeBecomesAir() throws IOException {
        int from = SyntheticSeries.stored(0, 1, 0);
        int to = SyntheticSeries.stored(0, 1, 4);
        Volume volume = readSynthetic(
                2,
                SyntheticSeries.Change.always(slice ->
                        slice.integers(Tag.PIXEL_PADDING_VALUE, to).integers(Tag.PIXEL_PADDING_RANGE_LIMIT, from)));
        assertEquals(-1024, volume.hu(0, 1, 0));
        assertEquals(-1024, volume.hu(0, 1, 4));
        assertEquals(to + 1 - 1024, volume.hu(0, 1, 5));
    }

    @Test
    void refusalsNameTheAttribute() throws IOException {
        assertRefused("(0028,0008) Number of Frames", s -> s.integers(Tag.NUMBER_OF_FRAMES, 3));
        assertRefused("(0028,0004) Photometric", s -> s.text(Tag.PHOTOMETRIC_INTERPRETATION, "RGB"));
        assertRefused("(0028,0100) Bits Allocated", s -> s.integers(Tag.BITS_ALLOCATED, 32));
        assertRefused("(0028,0101) Bits Stored", s -> s.integers(Tag.BITS_STORED, 17));
        assertRefused("(0028,0102) High Bit", s -> s.integers(Tag.HIGH_BIT, 16));
        assertRefused("(0028,0030) Pixel Spacing", s -> s.decimals(Tag.PIXEL_SPACING, 1, 0));
        assertRefused("(0028,0030) Pixel Spacing", s -> s.decimals(Tag.PIXEL_SPACING, 1));
        assertRefused("(0028,0030) Pixel Spacing", s -> s.text(Tag.PIXEL_SPACING, "NaN", "1"));
        assertRefused("(0028,0030) Pixel Spacing", s -> s.text(Tag.PIXEL_SPACING, "1e999", "1"));
        assertRefused(
                "(0020,0037) Image Orientation", s -> s.decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 1, 0, 0));
        assertRefused("(0020,0032) Image Position", s -> s.text(Tag.IMAGE_POSITION_PATIENT, "0", "0", "0x10"));
        assertRefused("(0028,1053) Rescale Slope", s -> s.decimals(Tag.RESCALE_SLOPE, 0));
        assertRefused("(0028,1053) Rescale Slope", s -> s.text(Tag.RESCALE_SLOPE));
        assertRefused("(0028,0010) Rows", s -> s.integers(Tag.ROWS, 0));
        assertRefused("(0028,0010) Rows", s -> s.integers(Tag.ROWS, 7));
        assertRefused("(0020,000e) Series Instance UID", s -> s.text(Tag.SERIES_INSTANCE_UID));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 7})
    void pixelDataMustBeAsLongAsDeclared(int rows) throws IOException {
        SyntheticSeries.write(folder, 3, SyntheticSeries.Change.always(s -> s.integers(Tag.ROWS, rows)));
        assertMessage(
                assertThrows(FormatException.class, () -> Volumes.read(folder)),
                "(7fe0,0010) Pixel Data",
                "96 bytes",
                String.valueOf(16 * rows));
    }

    private void assertRefused(String field, java.util.function.UnaryOperator<DataSet.Builder> change)
            throws IOException {
        Path here = Files.createTempDirectory(folder, "refused");
        SyntheticSeries.write(here, 3, (z, slice) -> z == 1 ? change.apply(slice) : slice);
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(here)), field, "slice1");
    }

    @Test
    void productsAreCheckedIn64Bits() throws IOException {
        SyntheticSeries.write(
                folder,
                2,
                SyntheticSeries.Change.always(slice -> slice.text(Tag.SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.2.1")
                        .integers(Tag.NUMBER_OF_FRAMES, 65536)
                        .integers(Tag.ROWS, 32768)
                        .integers(Tag.COLUMNS, 32768)
                        .integers(Tag.BITS_ALLOCATED, 8)
                        .integers(Tag.BITS_STORED, 8)
                        .integers(Tag.HIGH_BIT, 7)));
        assertMessage(assertThrows(LimitExceededException.class, () -> Volumes.read(folder)), "65536 x 32768 x 32768");
    }

    @Test
    void limitsOnFilesAndVoxels() throws IOException {
        SyntheticSeries.write(folder, 5);
        ReadLimits limits = ReadLimits.DEFAULT;
        assertThrows(
                LimitExceededException.class,
                () -> Volumes.read(folder, ReadOptions.DEFAULT.withLimits(limits.withMaxFiles(4))));
        assertThrows(
                LimitExceededException.class,
                () -> Volumes.read(folder, ReadOptions.DEFAULT.withLimits(limits.withMaxVoxels(5 * 48 - 1))));
        assertEquals(
                5,
                Volumes.read(folder, ReadOptions.DEFAULT.withLimits(limits.withMaxVoxels(5 * 48)))
                        .shape()
                        .z());
    }

    @Test
    void truncationAnywhereIsReported() throws IOException {
        SyntheticSeries.write(folder, 3);
        Path victim = folder.resolve("slice1");
        byte[] whole = Files.readAllBytes(victim);
        for (int length = 132; length < whole.length; length++) {
            Files.write(victim, Arrays.copyOf(whole, length));
            FormatException e = assertThrows(FormatException.class, () -> Volumes.read(folder));
            assertMessage(e, "slice1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rle", "jpeglossless_sv1", "jpegls", "jpeg2000", "deflated", "bigendian"})
    void truncatedCompressedPixelsAreReported(String encoding) throws IOException {
        for (int z = 0; z < 3; z++) {
            Files.copy(fixture(encoding).resolve("s" + z + ".dcm"), folder.resolve("s" + z));
        }
        byte[] whole = Files.readAllBytes(folder.resolve("s1"));
        for (int length = 400; length < whole.length - 16; length += 61) {
            Files.write(folder.resolve("s1"), Arrays.copyOf(whole, length));
            FormatException e = assertThrows(FormatException.class, () -> Volumes.read(folder), "length " + length);
            assertMessage(e, "s1");
        }
    }

    @Test
    void aTruncatedFrameInAWholeFileIsReported() throws IOException {
        for (int z = 0; z < 3; z++) {
            Files.copy(fixture("jpegls").resolve("s" + z + ".dcm"), folder.resolve("s" + z));
        }
        byte[] bytes = Files.readAllBytes(folder.resolve("s1"));
        // Zeros instead of the second half of the scan: the lengths are right, the codes are not.
        Arrays.fill(bytes, bytes.length - 1500, bytes.length - 8, (byte) 0);
        Files.write(folder.resolve("s1"), bytes);
        FormatException e = assertThrows(FormatException.class, () -> Volumes.read(folder));
        assertMessage(e, "s1", "JPEG-LS");
        assertFalse(e instanceof TruncatedFileException);
    }

    private Volume readSynthetic(int count, SyntheticSeries.Change change) throws IOException {
        Path here = Files.createTempDirectory(folder, "series");
        SyntheticSeries.write(here, count, change);
        return Volumes.read(here);
    }

    private static short[] shorts(Volume volume) {
        return ((Voxels.Shorts) volume.voxels()).values();
    }

    private static double[] vector(String text) {
        return Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    static void assertMessage(Exception e, String... parts) {
        for (String part : parts) {
            assertTrue(String.valueOf(e.getMessage()).contains(part), "\"" + part + "\" in: " + e.getMessage());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.efficientsegnet.io.dicom.DicomSeriesTest.assertMessage;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which slices make one volume, which several, and how one of several is chosen. */
class StackGroupingTest {

    private static final String UID = SyntheticSeries.UID;

    @TempDir
    Path folder;

    private void slice(int number, double z, int pixels, UnaryOperator<DataSet.Builder> change) throws IOException {
        DataSet.Builder slice = SyntheticSeries.slice(number)
                .decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, z)
                .text(Tag.SOP_INSTANCE_UID, "2.25.5." + (number + 1));
        SyntheticSeries.write(folder.resolve("s" + number), change.apply(slice), SyntheticSeries.pixels(pixels));
    }

    private Scan open(String series) throws IOException {
        return Volumes.open(folder, ReadOptions.DEFAULT.withSeries(series));
    }

    /** What tells two passes apart. */
    private enum Evidence {
        NUMBER,
        PHASE,
        TIME,
        DATE_AND_TIME,
        VOLTAGE,
        KERNEL,
        IMAGE_TYPE,
        SWEEPS,
        REPEATED_NUMBERS;

        DataSet.Builder apply(DataSet.Builder slice, int pass, int z, int length) {
            return switch (this) {
                case NUMBER -> slice.integers(Tag.ACQUISITION_NUMBER, pass);
                case PHASE -> slice.integers(Tag.TEMPORAL_POSITION_IDENTIFIER, pass);
                case TIME -> slice.text(Tag.ACQUISITION_TIME, "10101" + pass);
                case DATE_AND_TIME -> slice.text(Tag.ACQUISITION_DATE_TIME, "2024010110101" + pass);
                case VOLTAGE -> slice.text(Tag.KVP, pass == 1 ? "80" : "140");
                case KERNEL -> slice.text(Tag.CONVOLUTION_KERNEL, pass == 1 ? "B30f" : "B70f");
                case IMAGE_TYPE -> slice.text(Tag.IMAGE_TYPE, "DERIVED", "PRIMARY", pass == 1 ? "VMI50" : "VMI70");
                case SWEEPS -> slice.integers(Tag.INSTANCE_NUMBER, (pass - 1) * length + z + 1);
                case REPEATED_NUMBERS -> slice.integers(Tag.INSTANCE_NUMBER, z + 1);
            };
        }
    }

    @ParameterizedTest
    @EnumSource(Evidence.class)
    void passesHalfAStepApartAreTwoVolumes(Evidence evidence) throws IOException {
        passes(evidence, 2.5);
        SeriesChoiceException e = assertThrows(SeriesChoiceException.class, () -> Volumes.read(folder));
        assertMessage(e, "2 CT volumes", UID + "#1", UID + "#2");
        for (int pass = 1; pass <= 2; pass++) {
            Volume volume = open(UID + "#" + pass).volume();
            assertEquals(4, volume.shape().z());
            assertEquals(5, volume.geometry().spacing(Axis.Z), 1e-9);
            for (int z = 0; z < 4; z++) {
                assertEquals(SyntheticSeries.stored(10 * pass + z, 1, 2) - 1024, volume.hu(z, 1, 2));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Evidence.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"REPEATED_NUMBERS"})
    void passesAtTheSamePositionsAreTwoVolumes(Evidence evidence) throws IOException {
        passes(evidence, 0);
        for (int pass = 1; pass <= 2; pass++) {
            assertEquals(
                    SyntheticSeries.stored(10 * pass + 3, 1, 2) - 1024,
                    open(UID + "#" + pass).volume().hu(3, 1, 2));
        }
    }

    private void passes(Evidence evidence, double offset) throws IOException {
        for (int pass = 1; pass <= 2; pass++) {
            for (int z = 0; z < 4; z++) {
                int p = pass;
                int k = z;
                slice(
                        10 * pass + z,
                        5 * z + (pass - 1) * offset,
                        10 * pass + z,
                        s -> evidence.apply(s.integers(Tag.INSTANCE_NUMBER), p, k, 4));
            }
        }
    }

    @Test
    void passesThatNothingTellsApartAreRefusedAtOnePlace() throws IOException {
        passes(Evidence.REPEATED_NUMBERS, 0);
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(folder)), "one position but differ");
    }

    @Test
    void phasesWithTwoReconstructionsEachAreFourVolumes() throws IOException {
        int number = 0;
        for (int phase = 1; phase <= 2; phase++) {
            for (String kernel : List.of("B30f", "B70f")) {
                for (int z = 0; z < 3; z++) {
                    int p = phase;
                    slice(
                            number,
                            5 * z,
                            number,
                            s -> s.integers(Tag.ACQUISITION_NUMBER, p).text(Tag.CONVOLUTION_KERNEL, kernel));
                    number++;
                }
            }
        }
        SeriesChoiceException e = assertThrows(SeriesChoiceException.class, () -> Volumes.read(folder));
        assertMessage(e, UID + "#4 \"synthetic\", 3 slice(s) of 6 x 8, acquisition 2, kernel B70f");
        assertEquals(
                SyntheticSeries.stored(9, 0, 0) - 1024,
                open(UID + "#4").volume().hu(0, 0, 0));
    }

    @Test
    void oneVolumeMayBeOfManyAcquisitions() throws IOException {
        // Step and shoot: two slices an acquisition, one behind the other.
        for (int z = 0; z < 8; z++) {
            int acquisition = z / 2;
            slice(
                    z,
                    5 * z,
                    z,
                    s -> s.integers(Tag.ACQUISITION_NUMBER, acquisition)
                            .text(Tag.ACQUISITION_TIME, "10101" + acquisition));
        }
        assertEquals(8, Volumes.read(folder).shape().z());
    }

    @Test
    void piecesThatMakeOneEvenVolumeOnlyTogetherAreOne() throws IOException {
        // The middle was taken again: neither acquisition is complete without the other.
        for (int z = 0; z < 9; z++) {
            int acquisition = z / 3 == 1 ? 2 : 1;
            slice(z, 5 * z, z, s -> s.integers(Tag.ACQUISITION_NUMBER, acquisition));
        }
        assertEquals(9, Volumes.read(folder).shape().z());
    }

    @Test
    void phasesCopiedTwiceAreStillTwoVolumes() throws IOException {
        passes(Evidence.NUMBER, 0);
        Path copies = Files.createDirectory(folder.resolve("copies"));
        for (int pass = 1; pass <= 2; pass++) {
            for (int z = 0; z < 4; z++) {
                Files.copy(folder.resolve("s" + (10 * pass + z)), copies.resolve("s" + (10 * pass + z)));
            }
        }
        assertEquals(4, open(UID + "#2").volume().shape().z());
    }

    @Test
    void framesOfAnEnhancedImageAreDividedAlike() throws IOException {
        List<DataSet> frames = new ArrayList<>();
        for (int frame = 0; frame < 6; frame++) {
            frames.add(DataSet.builder()
                    .items(
                            Tag.PLANE_POSITION_SEQUENCE,
                            DataSet.builder()
                                    .decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, 5 * (frame / 2))
                                    .build())
                    .items(
                            Tag.FRAME_CONTENT_SEQUENCE,
                            DataSet.builder()
                                    .integers(Tag.TEMPORAL_POSITION_INDEX, 1 + frame % 2)
                                    .build())
                    .build());
        }
        DataSet shared = DataSet.builder()
                .items(
                        Tag.PLANE_ORIENTATION_SEQUENCE,
                        DataSet.builder()
                                .decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 1, 0)
                                .build())
                .items(
                        Tag.PIXEL_MEASURES_SEQUENCE,
                        DataSet.builder().decimals(Tag.PIXEL_SPACING, 1, 1).build())
                .items(
                        Tag.PIXEL_VALUE_TRANSFORMATION_SEQUENCE,
                        DataSet.builder()
                                .decimals(Tag.RESCALE_SLOPE, 1)
                                .decimals(Tag.RESCALE_INTERCEPT, -1024)
                                .build())
                .build();
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        for (int frame = 0; frame < 6; frame++) {
            pixels.writeBytes(SyntheticSeries.pixels(frame));
        }
        SyntheticSeries.write(
                folder.resolve("enhanced"),
                SyntheticSeries.slice(0)
                        .text(Tag.SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.2.1")
                        .integers(Tag.NUMBER_OF_FRAMES, 6)
                        .items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared)
                        .items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames),
                pixels.toByteArray());
        SeriesChoiceException e = assertThrows(SeriesChoiceException.class, () -> Volumes.read(folder));
        assertMessage(e, UID + "#2 \"synthetic\", 3 slice(s) of 6 x 8, phase 2");
        assertEquals(
                SyntheticSeries.stored(5, 1, 1) - 1024,
                open(UID + "#2").volume().hu(2, 1, 1));
    }

    @Test
    void aFrameOfReferenceForEverySliceMeansNone() throws IOException {
        for (int z = 0; z < 5; z++) {
            String frame = "2.25.8." + (z + 1);
            slice(z, 5 * z, z, s -> s.text(Tag.FRAME_OF_REFERENCE_UID, frame));
        }
        Scan scan = Volumes.open(folder, ReadOptions.DEFAULT);
        for (int z = 0; z < 5; z++) {
            assertEquals(SyntheticSeries.stored(z, 1, 2) - 1024, scan.volume().hu(z, 1, 2));
        }
        assertEquals(1, scan.warnings().size());
        assertMessage(new Exception(scan.warnings().get(0)), "(0020,0052) Frame of Reference UID");
        assertEquals(5, open(UID).volume().shape().z());

        LabelMap labels = new LabelMap(
                scan.volume().shape(),
                scan.volume().geometry(),
                new byte[scan.volume().shape().arrayLength()],
                new TreeMap<>(Map.of(1, "liver")));
        Path file = folder.resolveSibling(folder.getFileName() + "-labels.dcm");
        LabelMaps.write(labels, file, WriteOptions.DEFAULT.withSource(scan.provenance()));
        assertTrue(LabelMaps.read(file).geometry().isCloseTo(scan.volume().geometry(), 1e-3));
        Files.delete(file);
    }

    @Test
    void twoFramesOfReferenceAreTwoVolumes() throws IOException {
        for (int z = 0; z < 6; z++) {
            String frame = "2.25.8." + (z / 3 + 1);
            slice(z, 5 * z, z, s -> s.text(Tag.FRAME_OF_REFERENCE_UID, frame));
        }
        assertMessage(
                assertThrows(SeriesChoiceException.class, () -> open(UID)),
                UID + "#1",
                "frame of reference 2.25.8.1",
                "frame of reference 2.25.8.2");
        Scan second = open(UID + "#2");
        assertEquals(3, second.volume().shape().z());
        assertEquals(SyntheticSeries.stored(3, 1, 2) - 1024, second.volume().hu(0, 1, 2));
        assertEquals(1, second.warnings().size(), "the other volume is named");
        assertMessage(assertThrows(SeriesChoiceException.class, () -> open(UID + "#3")), "no CT series", UID + "#1");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void slicesWithoutFrameOfReferenceBelongToTheOthers(int without) throws IOException {
        for (int z = 0; z < 7; z++) {
            boolean none = z > 0 && z <= without;
            slice(z, 5 * z, z, s -> none ? s.text(Tag.FRAME_OF_REFERENCE_UID) : s);
        }
        Scan scan = Volumes.open(folder, ReadOptions.DEFAULT);
        assertEquals(7, scan.volume().shape().z());
        assertMessage(new Exception(scan.warnings().get(0)), "(0020,0052)", "absent from " + without, "s1");
    }

    @Test
    void aSingleSliceThatIsUnlikeTheOthersIsRefusedByWhatDiffers() throws IOException {
        for (int z = 0; z < 5; z++) {
            slice(z, 5 * z, z, s -> s);
        }
        slice(2, 10, 2, s -> s.text(Tag.FRAME_OF_REFERENCE_UID, "2.25.8.1"));
        FormatException e = assertThrows(FormatException.class, () -> Volumes.read(folder));
        assertMessage(e, "s2", "(0020,0052) Frame of Reference UID", "2.25.8.1", UID + "#1");
        assertTrue(!e.getMessage().contains("Rows"), e::getMessage);

        slice(2, 10, 2, s -> s.decimals(Tag.PIXEL_SPACING, 2, 2));
        e = assertThrows(FormatException.class, () -> Volumes.read(folder));
        assertMessage(e, "s2", "(0028,0030) Pixel Spacing", "2.0 x 2.0 mm");
        assertTrue(!e.getMessage().contains("Frame of Reference"), e::getMessage);

        SyntheticSeries.write(
                folder.resolve("s2"), SyntheticSeries.slice(2).integers(Tag.ROWS, 5), new byte[2 * 5 * 8]);
        assertMessage(
                assertThrows(FormatException.class, () -> Volumes.read(folder)),
                "s2",
                "(0028,0010) Rows",
                "5 x 8 where the others have 6 x 8");
        // Whoever chooses the others knows of it; they lack a slice, which is told then.
        assertMessage(assertThrows(FormatException.class, () -> open(UID + "#1")), "1 slice is missing");
    }

    @Test
    void orientationsAreTwoVolumesAndNumbersDoNotDependOnNames() throws IOException {
        for (int z = 0; z < 4; z++) {
            slice(z, 5 * z, z, s -> s);
        }
        for (int y = 0; y < 3; y++) {
            int k = y;
            slice(
                    10 + y,
                    0,
                    10 + y,
                    s -> s.decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 0, -1)
                            .decimals(Tag.IMAGE_POSITION_PATIENT, 0, 5 * k, 0));
        }
        List<String> all =
                DicomSeries.find(folder).stream().map(DicomSeries::toString).toList();
        assertEquals(
                List.of(
                        UID + "#1 \"synthetic\", 4 slice(s) of 6 x 8, axial",
                        UID + "#2 \"synthetic\", 3 slice(s) of 6 x 8, coronal"),
                all);
        for (int i = 0; i < 4; i++) {
            Files.move(folder.resolve("s" + i), folder.resolve("z" + i));
        }
        assertEquals(
                all,
                DicomSeries.find(folder).stream().map(DicomSeries::toString).toList());
        assertEquals(3, open(UID + "#2").volume().shape().z());
    }

    @Test
    void namesHaveNumbersOnlyWhereTheyAreNeeded() throws IOException {
        for (int z = 0; z < 4; z++) {
            slice(z, 5 * z, z, s -> s);
        }
        slice(
                9,
                0,
                9,
                s -> s.text(Tag.IMAGE_TYPE, "ORIGINAL", "PRIMARY", "LOCALIZER")
                        .decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 0, -1));
        assertEquals(
                List.of(UID, UID + "#2"),
                DicomSeries.find(folder).stream().map(DicomSeries::name).toList());
        assertEquals(4, open(UID).volume().shape().z());
        assertArrayEquals(shorts(open(UID)), shorts(open(UID + "#1")));
    }

    private static short[] shorts(Scan scan) {
        return ((Voxels.Shorts) scan.volume().voxels()).values();
    }
}

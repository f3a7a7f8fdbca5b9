// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.efficientsegnet.io.dicom.DicomSeriesTest.assertMessage;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DicomSegTest {

    private static final TreeMap<Integer, String> NAMES =
            new TreeMap<>(Map.of(1, "liver", 2, "kidney", 3, "spleen", 4, "pancreas"));
    private static final LocalDateTime TIME = LocalDateTime.of(2021, 2, 3, 4, 5, 6);

    @TempDir
    Path folder;

    /** Labels in irregular stripes; none in the first and last slice. */
    private static LabelMap labels(Volume volume) {
        byte[] labels = new byte[volume.shape().arrayLength()];
        for (int z = 1; z < volume.shape().z() - 1; z++) {
            for (int y = 0; y < volume.shape().y(); y++) {
                for (int x = 0; x < volume.shape().x(); x++) {
                    labels[volume.shape().index(z, y, x)] = (byte) ((x * x + 3 * y + 5 * z) / 7 % 5);
                }
            }
        }
        return new LabelMap(volume.shape(), volume.geometry(), labels, NAMES);
    }

    private static DicomFile parse(Path path) throws IOException {
        return DicomReader.read(Source.of(path), ReadLimits.DEFAULT);
    }

    @Test
    void attributesOfUnknownRepresentationReachTheSegmentation() throws IOException {
        SyntheticSeries.write(folder.resolve("known"), 4);
        Path unknown = Files.createDirectory(folder.resolve("unknown"));
        for (int z = 0; z < 4; z++) {
            byte[] file = Files.readAllBytes(folder.resolve("known").resolve("slice" + z));
            Files.write(unknown.resolve("slice" + z), SyntheticSeries.withUnknownRepresentations(file));
        }
        List<byte[]> written = new ArrayList<>();
        for (String name : List.of("known", "unknown")) {
            Scan scan = Volumes.open(folder.resolve(name), ReadOptions.DEFAULT);
            Path file = folder.resolve(name + ".dcm");
            DicomSeg.write(
                    labels(scan.volume()),
                    (DicomSeries) scan.provenance(),
                    file,
                    DicomSeg.Options.DEFAULT.reproducible(TIME));
            written.add(Files.readAllBytes(file));
        }
        DataSet seg = parse(folder.resolve("unknown.dcm")).dataSet();
        assertEquals("2.25.6000", seg.require(Tag.STUDY_INSTANCE_UID));
        assertEquals("Test^Synthetic", seg.require(Tag.PATIENT_NAME));
        assertArrayEquals(written.get(0), written.get(1));
    }

    @Test
    void aSourceWithoutStudyGetsOne() throws IOException {
        SyntheticSeries.write(
                folder.resolve("ct"), 3, SyntheticSeries.Change.always(s -> s.text(Tag.STUDY_INSTANCE_UID)));
        Scan scan = Volumes.open(folder.resolve("ct"), ReadOptions.DEFAULT);
        Path file = folder.resolve("labels.dcm");
        LabelMaps.write(labels(scan.volume()), file, WriteOptions.DEFAULT.withSource(scan.provenance()));
        assertTrue(parse(file).dataSet().require(Tag.STUDY_INSTANCE_UID).startsWith("2.25."));
    }

    @ParameterizedTest
    @CsvSource({"6, 8", "5, 7", "1, 3", "3, 1"})
    void labelsComeBackVoxelForVoxel(int rows, int columns) throws IOException {
        SyntheticSeries.write(folder.resolve("ct"), 6, rows, columns);
        Scan scan = Volumes.open(folder.resolve("ct"), ReadOptions.DEFAULT);
        LabelMap labels = labels(scan.volume());
        Path file = folder.resolve("labels.dcm");
        LabelMaps.write(labels, file, WriteOptions.DEFAULT.withSource(scan.provenance()));
        LabelMap back = LabelMaps.read(file);
        assertEquals(labels.shape(), back.shape());
        assertArrayEquals(labels.labels(), back.labels());
        assertTrue(back.geometry().isCloseTo(labels.geometry(), 1e-4));
        assertEquals(NAMES, back.names());
    }

    @Test
    void refersToEverySliceAndCopiesPatientStudyAndFrameOfReference() throws IOException {
        DicomSeries series = DicomSeries.choose(DicomSeriesTest.fixture("jpegls"), ReadOptions.DEFAULT);
        Path file = folder.resolve("labels.dcm");
        DicomSeg.write(labels(series.read()), series, file, DicomSeg.Options.DEFAULT);
        DataSet seg = parse(file).dataSet();
        DataSet source = series.attributes(ReadLimits.DEFAULT);
        for (int tag : new int[] {
            Tag.PATIENT_NAME,
            Tag.PATIENT_ID,
            Tag.PATIENT_SEX,
            Tag.STUDY_INSTANCE_UID,
            Tag.STUDY_DATE,
            Tag.FRAME_OF_REFERENCE_UID,
            Tag.SPECIFIC_CHARACTER_SET
        }) {
            assertFalse(source.texts(tag).isEmpty());
            assertEquals(source.texts(tag), seg.texts(tag), Tag.describe(tag));
        }
        assertEquals(
                "Test^Fixt\u00fcre",
                seg.prose(Tag.PATIENT_NAME, StandardCharsets.UTF_8).orElseThrow());
        DataSet reference = seg.item(Tag.REFERENCED_SERIES_SEQUENCE).orElseThrow();
        assertEquals(series.uid(), reference.require(Tag.SERIES_INSTANCE_UID));
        assertEquals(3, reference.items(Tag.REFERENCED_INSTANCE_SEQUENCE).size());
        List<String> codes = new ArrayList<>();
        for (DataSet segment : seg.items(Tag.SEGMENT_SEQUENCE)) {
            codes.add(segment.item(Tag.SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE)
                    .orElseThrow()
                    .require(Tag.CODE_VALUE));
        }
        assertEquals(List.of("10200004", "64033007", "78961009", "15776009"), codes);
        // Two empty slices and four organs on the one between them.
        assertEquals(6, seg.requireInteger(Tag.NUMBER_OF_FRAMES));
        assertNotEquals(source.require(Tag.SERIES_INSTANCE_UID), seg.require(Tag.SERIES_INSTANCE_UID));
    }

    @Test
    void enhancedSourceIsReferredToByFrame() throws IOException {
        DicomSeries series = DicomSeries.choose(DicomSeriesTest.fixture("enhanced/native.dcm"), ReadOptions.DEFAULT);
        Volume volume = series.read();
        Path file = folder.resolve("labels.dcm");
        DicomSeg.write(labels(volume), series, file, DicomSeg.Options.DEFAULT);
        DataSet seg = parse(file).dataSet();
        DataSet first = seg.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).get(0);
        assertEquals(
                3,
                first.item(Tag.DERIVATION_IMAGE_SEQUENCE)
                        .flatMap(d -> d.item(Tag.SOURCE_IMAGE_SEQUENCE))
                        .orElseThrow()
                        .requireInteger(Tag.REFERENCED_FRAME_NUMBER));
        LabelMap back = DicomSeg.read(file, ReadOptions.DEFAULT);
        assertArrayEquals(labels(volume).labels(), back.labels());
        assertTrue(back.geometry().isCloseTo(volume.geometry(), 1e-4));
    }

    @Test
    void fixedTimeMakesTheFileReproducible() throws IOException {
        SyntheticSeries.write(folder.resolve("ct"), 4);
        DicomSeries series = DicomSeries.choose(folder.resolve("ct"), ReadOptions.DEFAULT);
        LabelMap labels = labels(series.read());
        byte[][] files = new byte[4][];
        for (int i = 0; i < 4; i++) {
            Path file = folder.resolve("labels" + i);
            DicomSeg.Options options = i < 2 ? DicomSeg.Options.DEFAULT.reproducible(TIME) : DicomSeg.Options.DEFAULT;
            DicomSeg.write(labels, series, file, options);
            files[i] = Files.readAllBytes(file);
        }
        assertArrayEquals(files[0], files[1]);
        assertFalse(Arrays.equals(files[2], files[3]));
        DataSet seg = parse(folder.resolve("labels0")).dataSet();
        assertEquals("20210203", seg.require(Tag.CONTENT_DATE));
        assertTrue(seg.require(Tag.SOP_INSTANCE_UID).matches("2\\.25\\.[1-9][0-9]{0,38}"));

        labels.labels()[100] ^= 1;
        DicomSeg.write(labels, series, folder.resolve("other"), DicomSeg.Options.DEFAULT.reproducible(TIME));
        assertNotEquals(
                seg.require(Tag.SOP_INSTANCE_UID),
                parse(folder.resolve("other")).dataSet().require(Tag.SOP_INSTANCE_UID));
    }

    @Test
    void tiltedSeriesIsLabelledOnItsOwnSlices() throws IOException {
        double a = Math.toRadians(12);
        SyntheticSeries.write(
                folder.resolve("ct"),
                8,
                SyntheticSeries.Change.always(
                        slice -> slice.decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, Math.cos(a), Math.sin(a))));
        DicomSeries series = DicomSeries.choose(folder.resolve("ct"), ReadOptions.DEFAULT);
        Volume volume = series.read();
        assertTrue(volume.shape().y() > SyntheticSeries.ROWS);
        LabelMap labels = labels(volume);
        Path file = folder.resolve("labels.dcm");
        DicomSeg.write(labels, series, file, DicomSeg.Options.DEFAULT);
        assertEquals(SyntheticSeries.ROWS, parse(file).dataSet().requireInteger(Tag.ROWS));
        LabelMap back = DicomSeg.read(file, ReadOptions.DEFAULT);
        assertEquals(volume.shape(), back.shape());
        assertTrue(back.geometry().isCloseTo(volume.geometry(), 1e-4));
        int kept = 0;
        for (int i = 0; i < labels.labels().length; i++) {
            assertTrue(back.labels()[i] == labels.labels()[i] || back.labels()[i] == 0);
            kept += back.labels()[i] != 0 ? 1 : 0;
        }
        assertTrue(kept > 4 * SyntheticSeries.ROWS * SyntheticSeries.COLUMNS, "kept " + kept);
    }

    @Test
    void emptyLabelMapAndLabelsWithoutNames() throws IOException {
        SyntheticSeries.write(folder.resolve("ct"), 3);
        DicomSeries series = DicomSeries.choose(folder.resolve("ct"), ReadOptions.DEFAULT);
        Volume volume = series.read();
        Path file = folder.resolve("labels.dcm");
        byte[] none = new byte[volume.shape().arrayLength()];
        DicomSeg.write(
                new LabelMap(volume.shape(), volume.geometry(), none, NAMES), series, file, DicomSeg.Options.DEFAULT);
        LabelMap back = DicomSeg.read(file, ReadOptions.DEFAULT);
        assertArrayEquals(none, back.labels());
        assertEquals(NAMES, back.names());

        byte[] gaps = none.clone();
        gaps[5] = (byte) 200;
        gaps[9] = 7;
        LabelMap unnamed = LabelMap.of(volume.shape(), volume.geometry(), gaps);
        DicomSeg.write(unnamed, series, file, DicomSeg.Options.DEFAULT);
        back = DicomSeg.read(file, ReadOptions.DEFAULT);
        assertEquals(Map.of(1, "label 7", 2, "label 200"), back.names());
        assertEquals(2, back.labels()[5]);
        assertEquals(1, back.labels()[9]);

        assertThrows(
                IllegalArgumentException.class,
                () -> DicomSeg.write(
                        LabelMap.of(volume.shape(), volume.geometry(), none), series, file, DicomSeg.Options.DEFAULT));
    }

    @Test
    void aLabelMapOfAnotherGridIsRefused() throws IOException {
        SyntheticSeries.write(folder.resolve("a"), 3);
        SyntheticSeries.write(folder.resolve("b"), 4);
        DicomSeries series = DicomSeries.choose(folder.resolve("a"), ReadOptions.DEFAULT);
        LabelMap other = labels(Volumes.read(folder.resolve("b")));
        Path file = folder.resolve("labels.dcm");
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> DicomSeg.write(other, series, file, DicomSeg.Options.DEFAULT));
        assertMessage(e, "4x6x8", "3x6x8");
        assertFalse(Files.exists(file));
        assertMessage(assertThrows(IllegalArgumentException.class, () -> LabelMaps.write(other, file)), "withSource");
    }

    /** A segmentation with frames at these heights, each of one segment, all of its pixels set. */
    private Path segmentation(String type, int[] segments, double... heights) throws IOException {
        List<DataSet> frames = new ArrayList<>();
        for (int i = 0; i < heights.length; i++) {
            frames.add(DataSet.builder()
                    .items(
                            Tag.PLANE_POSITION_SEQUENCE,
                            DataSet.builder()
                                    .decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, heights[i])
                                    .build())
                    .items(
                            Tag.SEGMENT_IDENTIFICATION_SEQUENCE,
                            DataSet.builder()
                                    .integers(Tag.REFERENCED_SEGMENT_NUMBER, segments[i])
                                    .build())
                    .build());
        }
        DataSet seg = DataSet.builder()
                .text(Tag.SOP_CLASS_UID, DicomSeg.SOP_CLASS)
                .text(Tag.SOP_INSTANCE_UID, "2.25.5")
                .text(Tag.SERIES_INSTANCE_UID, "2.25.6")
                .text(Tag.SEGMENTATION_TYPE, type)
                .integers(Tag.ROWS, 2)
                .integers(Tag.COLUMNS, 3)
                .integers(Tag.BITS_ALLOCATED, 1)
                .integers(Tag.NUMBER_OF_FRAMES, heights.length)
                .items(
                        Tag.SEGMENT_SEQUENCE,
                        DataSet.builder()
                                .integers(Tag.SEGMENT_NUMBER, 1)
                                .text(Tag.SEGMENT_LABEL, "one")
                                .build(),
                        DataSet.builder()
                                .integers(Tag.SEGMENT_NUMBER, 2)
                                .text(Tag.SEGMENT_LABEL, "two")
                                .build())
                .items(
                        Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
                        DataSet.builder()
                                .items(
                                        Tag.PLANE_ORIENTATION_SEQUENCE,
                                        DataSet.builder()
                                                .decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 1, 0)
                                                .build())
                                .items(
                                        Tag.PIXEL_MEASURES_SEQUENCE,
                                        DataSet.builder()
                                                .decimals(Tag.PIXEL_SPACING, 1, 1)
                                                .decimals(Tag.SLICE_THICKNESS, 2)
                                                .build())
                                .build())
                .items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames)
                .build();
        byte[] pixels = new byte[(6 * heights.length + 7) / 8];
        Arrays.fill(pixels, (byte) -1);
        Path file = folder.resolve("made.dcm");
        SyntheticSeries.write(file, seg, pixels);
        return file;
    }

    @Test
    void framesThatOthersLeaveOutAreBackground() throws IOException {
        LabelMap labels = DicomSeg.read(segmentation("BINARY", new int[] {2, 1, 2}, 12, 2, 4), ReadOptions.DEFAULT);
        assertEquals(6, labels.shape().z());
        assertEquals(2, labels.geometry().spacing(Axis.Z), 1e-9);
        int[] expected = {1, 2, 0, 0, 0, 2};
        for (int z = 0; z < 6; z++) {
            assertEquals(expected[z], labels.label(z, 1, 2));
        }
    }

    @Test
    void refusals() throws IOException {
        assertMessage(
                assertThrows(
                        UnsupportedFormatException.class,
                        () -> DicomSeg.read(segmentation("FRACTIONAL", new int[] {1}, 0), ReadOptions.DEFAULT)),
                "FRACTIONAL");
        assertMessage(
                assertThrows(
                        UnsupportedFormatException.class,
                        () -> DicomSeg.read(segmentation("BINARY", new int[] {1, 2}, 0, 0), ReadOptions.DEFAULT)),
                "segments 1 and 2 overlap");
        assertMessage(
                assertThrows(
                        FormatException.class,
                        () -> DicomSeg.read(segmentation("BINARY", new int[] {3}, 0), ReadOptions.DEFAULT)),
                "segment 3");
        assertMessage(
                assertThrows(
                        FormatException.class,
                        () -> DicomSeg.read(segmentation("BINARY", new int[] {1, 1, 1}, 0, 2, 5), ReadOptions.DEFAULT)),
                "unevenly");
        assertThrows(
                LimitExceededException.class,
                () -> DicomSeg.read(segmentation("BINARY", new int[] {1, 1, 1}, 0, 0.02, 1e12), ReadOptions.DEFAULT));
        assertMessage(
                assertThrows(
                        UnsupportedFormatException.class,
                        () -> DicomSeg.read(DicomSeriesTest.fixture("explicit/s0.dcm"), ReadOptions.DEFAULT)),
                "not a segmentation");
        assertThrows(FormatException.class, () -> Volumes.read(segmentation("BINARY", new int[] {1}, 0)));
    }

    @Test
    void truncationIsReported() throws IOException {
        Path file = segmentation("BINARY", new int[] {1, 2}, 0, 2);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 140; length < whole.length; length += 3) {
            Files.write(file, Arrays.copyOf(whole, length));
            FormatException e = assertThrows(FormatException.class, () -> DicomSeg.read(file, ReadOptions.DEFAULT));
            assertMessage(e, "made.dcm");
        }
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        assertThrows(TruncatedFileException.class, () -> DicomSeg.read(file, ReadOptions.DEFAULT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"explicit", "enhanced/native.dcm"})
    void validatorFindsNoErrors(String fixture) throws IOException, InterruptedException {
        DicomSeries series = DicomSeries.choose(DicomSeriesTest.fixture(fixture), ReadOptions.DEFAULT);
        Path file = folder.resolve("labels.dcm");
        DicomSeg.write(labels(series.read()), series, file, DicomSeg.Options.DEFAULT);
        DicomValidator.assertValid(file, "Segmentation");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.efficientsegnet.io.dicom.DicomSeriesTest.assertMessage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Slices whose distances differ. */
class UnevenSpacingTest {

    private static final ReadOptions ALLOWED = ReadOptions.DEFAULT.withUnevenSpacing(true);

    @TempDir
    Path folder;

    private void write(SyntheticSeries.Change change, double... positions) throws IOException {
        SyntheticSeries.write(
                folder.resolve("ct"),
                positions.length,
                (z, slice) -> change.apply(z, slice.decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, positions[z])));
    }

    private Scan open() throws IOException {
        return Volumes.open(folder.resolve("ct"), ALLOWED);
    }

    @Test
    void twoSpacingsAreNoMissingSlices() throws IOException {
        write((z, s) -> s, 0, 2.5, 5, 7.5, 10, 17.5, 25, 32.5);
        FormatException e = assertThrows(FormatException.class, () -> Volumes.read(folder.resolve("ct")));
        assertMessage(e, "spaced unevenly", "7.500 mm where 2.500 mm are usual", "--allow-uneven");
        assertFalse(e.getMessage().contains("missing"), e::getMessage);
    }

    @ParameterizedTest
    @CsvSource({
        "'0,5,10,20,25,30', 1 slice is missing",
        "'0,5,10,20,25,35,40,45', 1 slice is missing",
        "'0,5,20,25,30', 2 slices are missing"
    })
    void holesAreMissingSlicesEvenIfUnevenSpacingIsAllowed(String positions, String message) throws IOException {
        double[] z = Arrays.stream(positions.split(","))
                .mapToDouble(Double::parseDouble)
                .toArray();
        write((i, s) -> s, z);
        assertMessage(assertThrows(FormatException.class, this::open), message);
    }

    @Test
    void slicesAreResampledToTheFinestSpacing() throws IOException {
        // Values grow linearly with the place, so that what lies between two slices is known.
        double[] positions = {10, 13, 16, 17.5, 19, 20.5};
        write((z, s) -> s, positions);
        Scan scan = open();
        Volume volume = scan.volume();
        assertEquals(new Shape(8, 6, 8), volume.shape());
        assertEquals(1.5, volume.geometry().spacing(Axis.Z), 1e-9);
        assertEquals(10, volume.geometry().toWorld(0, 0, 0)[2], 1e-9);
        assertEquals("int16", volume.voxels().typeName());
        double[] expected = {0, 50, 100, 150, 200, 300, 400, 500};
        for (int z = 0; z < 8; z++) {
            assertEquals(expected[z] + 10 * 4 + 3, volume.hu(z, 4, 3));
        }
        assertEquals(
                List.of("the slices are spaced unevenly; the 6 of them were resampled to 8 at 1.500 mm"),
                scan.warnings());
    }

    @Test
    void placesBetweenAndUnsignedAndFloatingValues() throws IOException {
        double[] positions = {0, 2, 5, 7, 9};
        write(SyntheticSeries.Change.always(s -> s.integers(Tag.PIXEL_REPRESENTATION, 0)), positions);
        Volume unsigned = open().volume();
        assertEquals(6, unsigned.shape().z());
        write((z, s) -> s.decimals(Tag.RESCALE_SLOPE, z == 1 ? 0.5 : 1), positions);
        Volume floats = open().volume();
        assertEquals("float32", floats.voxels().typeName());
        for (int z = 0; z < 6; z++) {
            double place = z * 9.0 / 5;
            int below = 0;
            while (below < 3 && positions[below + 1] <= place) {
                below++;
            }
            double part = (place - positions[below]) / (positions[below + 1] - positions[below]);
            double[] a = {stored(below), stored(below + 1)};
            assertEquals(a[0] + part * (a[1] - a[0]) - 1024, unsigned.hu(z, 2, 3), 0.51);
            double[] b = {stored(below) * (below == 1 ? 0.5 : 1), stored(below + 1) * (below == 0 ? 0.5 : 1)};
            assertEquals(b[0] + part * (b[1] - b[0]) - 1024, floats.hu(z, 2, 3), 1e-2);
        }
    }

    private static double stored(int z) {
        return SyntheticSeries.stored(z, 2, 3);
    }

    @Test
    void anEvenSeriesIsAsItWas() throws IOException {
        write((z, s) -> s, 0, 5, 10.1, 15, 20);
        assertEquals(List.of(), open().warnings());
        assertEquals(new Shape(5, 6, 8), open().volume().shape());
    }

    @Test
    void segmentationsLieOnTheSlicesOfTheSource() throws IOException {
        double[] positions = {0, 3, 6, 7.5, 9};
        write((z, s) -> s, positions);
        Scan scan = open();
        byte[] labels = new byte[scan.volume().shape().arrayLength()];
        for (int z = 0; z < 7; z++) {
            labels[scan.volume().shape().index(z, 1, z)] = 1;
        }
        LabelMap map = new LabelMap(
                scan.volume().shape(), scan.volume().geometry(), labels, new TreeMap<>(Map.of(1, "liver")));
        Path file = folder.resolve("labels.dcm");
        LabelMaps.write(map, file, WriteOptions.DEFAULT.withSource(scan.provenance()));

        DataSet seg = DicomReader.read(Source.of(file), ReadLimits.DEFAULT).dataSet();
        List<DataSet> frames = seg.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
        assertEquals(5, frames.size());
        for (int z = 0; z < 5; z++) {
            DataSet frame = frames.get(z);
            assertEquals(
                    positions[z],
                    frame.item(Tag.PLANE_POSITION_SEQUENCE)
                            .orElseThrow()
                            .requireDecimals(Tag.IMAGE_POSITION_PATIENT, 3)[2]);
            assertEquals(
                    SyntheticSeries.UID + ".1." + (z + 1),
                    frame.item(Tag.DERIVATION_IMAGE_SEQUENCE)
                            .flatMap(d -> d.item(Tag.SOURCE_IMAGE_SEQUENCE))
                            .orElseThrow()
                            .require(Tag.REFERENCED_SOP_INSTANCE_UID));
        }
        LabelMap back = LabelMaps.read(file);
        assertEquals(map.geometry(), back.geometry());
        int[] kept = {0, 2, 4, 5, 6};
        for (int z = 0; z < 7; z++) {
            int k = z;
            boolean source = Arrays.stream(kept).anyMatch(i -> i == k);
            assertEquals(source ? 1 : 0, back.labels()[back.shape().index(z, 1, z)], "slice " + z);
        }
    }

    @Test
    void tooFineAGridIsRefused() throws IOException {
        write((z, s) -> s, 0, 5, 10, 10.1, 15, 20, 25);
        assertMessage(assertThrows(FormatException.class, this::open), "too many slices");
        write((z, s) -> s, 0, 3, 6, 7.5, 9, 10.5, 12);
        assertThrows(
                LimitExceededException.class,
                () -> Volumes.open(folder.resolve("ct"), ALLOWED.withLimits(ReadLimits.DEFAULT.withMaxVoxels(8 * 48))));
    }

    @Test
    void anUnevenStackFromATiltedGantryIsRefused() throws IOException {
        double a = Math.toRadians(20);
        write(
                (z, s) -> s.decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, Math.cos(a), Math.sin(a)),
                0,
                3,
                6,
                7.5,
                9);
        assertMessage(assertThrows(FormatException.class, this::open), "unevenly", "tilted");
    }
}

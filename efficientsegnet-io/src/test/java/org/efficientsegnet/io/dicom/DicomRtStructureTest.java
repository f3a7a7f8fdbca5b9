// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DicomRtStructureTest {

    private static final TreeMap<Integer, String> NAMES =
            new TreeMap<>(Map.of(1, "liver", 2, "kidney", 3, "spleen", 4, "tumour"));

    @TempDir
    Path folder;

    /** Rings and stripes; the fourth label is nowhere. */
    private static LabelMap labels(Volume volume) {
        Shape shape = volume.shape();
        byte[] labels = new byte[shape.arrayLength()];
        for (int z = 0; z < shape.z() - 1; z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    int away = Math.max(Math.abs(y - shape.y() / 2), Math.abs(x - shape.x() / 2)) + z;
                    labels[shape.index(z, y, x)] = (byte) (away % 4);
                }
            }
        }
        return new LabelMap(shape, volume.geometry(), labels, NAMES);
    }

    private static DataSet parse(Path file) throws IOException {
        return DicomReader.read(Source.of(file), ReadLimits.DEFAULT).dataSet();
    }

    @ParameterizedTest
    @ValueSource(strings = {"explicit", "enhanced/native.dcm", "jpegls"})
    void contoursFilledAgainGiveTheLabels(String fixture) throws IOException {
        DicomSeries series = DicomSeries.choose(DicomSeriesTest.fixture(fixture), ReadOptions.DEFAULT);
        Volume volume = series.read();
        LabelMap labels = labels(volume);
        Path file = folder.resolve("contours.dcm");
        DicomRtStructure.write(labels, series, file, DicomRtStructure.Options.DEFAULT);
        DataSet object = parse(file);
        List<DataSet> regions = object.items(Tag.STRUCTURE_SET_ROI_SEQUENCE);
        List<DataSet> contours = object.items(Tag.ROI_CONTOUR_SEQUENCE);
        assertEquals(4, regions.size());
        assertEquals("spleen", regions.get(2).require(Tag.ROI_NAME));
        byte[] filled = new byte[labels.labels().length];
        Set<String> images = new HashSet<>();
        for (int roi = 0; roi < contours.size(); roi++) {
            for (DataSet contour : contours.get(roi).items(Tag.CONTOUR_SEQUENCE)) {
                fill(labels, contour.decimals(Tag.CONTOUR_DATA), filled, (byte) (roi + 1));
                images.add(contour.items(Tag.CONTOUR_IMAGE_SEQUENCE).get(0).require(Tag.REFERENCED_SOP_INSTANCE_UID));
            }
        }
        assertArrayEquals(labels.labels(), filled);
        assertEquals(fixture.startsWith("enhanced") ? 1 : labels.shape().z() - 1, images.size());
        assertEquals(0, contours.get(3).items(Tag.CONTOUR_SEQUENCE).size());
        assertArrayEquals(new int[] {0xff, 0x7a, 0x59}, contours.get(0).integers(Tag.ROI_DISPLAY_COLOR));
    }

    /** Takes patient points back to indices of the grid, on which a contour lies in one slice. */
    private static void fill(LabelMap labels, double[] points, byte[] filled, byte label) {
        List<double[]> polygon = new ArrayList<>();
        double z = 0;
        for (int i = 0; i < points.length; i += 3) {
            double[] index = labels.geometry().toIndex(-points[i], -points[i + 1], points[i + 2]);
            polygon.add(new double[] {index[1], index[0]});
            assertEquals(i == 0 ? index[2] : z, index[2], 0.01);
            z = index[2];
        }
        Shape shape = labels.shape();
        for (int y = 0; y < shape.y(); y++) {
            for (int x = 0; x < shape.x(); x++) {
                if (SliceContoursTest.encloses(polygon, y + 0.02, x)) {
                    int at = shape.index((int) Math.rint(z), y, x);
                    assertEquals(0, filled[at]);
                    filled[at] = label;
                }
            }
        }
    }

    @Test
    void aFixedTimeMakesTheSameFile() throws IOException {
        DicomSeries series = DicomSeries.choose(DicomSeriesTest.fixture("explicit"), ReadOptions.DEFAULT);
        LabelMap labels = labels(series.read());
        DicomRtStructure.Options options =
                DicomRtStructure.Options.DEFAULT.reproducible(LocalDateTime.of(2021, 2, 3, 4, 5, 6));
        DicomRtStructure.write(labels, series, folder.resolve("a.dcm"), options);
        DicomRtStructure.write(labels, series, folder.resolve("b.dcm"), options);
        assertArrayEquals(Files.readAllBytes(folder.resolve("a.dcm")), Files.readAllBytes(folder.resolve("b.dcm")));
    }

    @Test
    void anotherGridIsRefused() throws IOException {
        DicomSeries series = DicomSeries.choose(DicomSeriesTest.fixture("explicit"), ReadOptions.DEFAULT);
        LabelMap labels = labels(series.read());
        LabelMap other = LabelMap.of(new Shape(1, 1, 1), labels.geometry(), new byte[1]);
        Path file = folder.resolve("contours.dcm");
        assertThrows(
                IllegalArgumentException.class,
                () -> DicomRtStructure.write(other, series, file, DicomRtStructure.Options.DEFAULT));
        assertEquals(false, Files.exists(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"explicit", "enhanced/native.dcm"})
    void validatorFindsNoErrors(String fixture) throws IOException, InterruptedException {
        DicomSeries series = DicomSeries.choose(DicomSeriesTest.fixture(fixture), ReadOptions.DEFAULT);
        Path file = folder.resolve("contours.dcm");
        DicomRtStructure.write(labels(series.read()), series, file, DicomRtStructure.Options.DEFAULT);
        DicomValidator.assertValid(file, "RTStructureSet");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The fixtures and what they mean come from nibabel; see make_fixtures.py beside them. */
class NiftiFormatTest {

    static final Path FIXTURES = Path.of("src/test/resources/org/efficientsegnet/io/nifti");

    static Stream<String> expected() throws IOException {
        return Files.readAllLines(FIXTURES.resolve("expected.csv")).stream().skip(1);
    }

    @ParameterizedTest
    @MethodSource("expected")
    void agreesWithNibabel(String line) throws IOException {
        String[] cells = line.split(",");
        Volume volume = Volumes.read(FIXTURES.resolve(cells[0]));
        assertEquals(new Shape(3, 4, 5), volume.shape());
        String type = cells[1].endsWith("64") ? "float32" : cells[1];
        assertEquals(type, volume.voxels().typeName());
        assertEquals(Double.parseDouble(cells[4]), volume.slope());
        assertEquals(Double.parseDouble(cells[5]), volume.intercept());
        BigDecimal start = new BigDecimal(cells[2]);
        BigDecimal step = new BigDecimal(cells[3]);
        for (int z = 0; z < 3; z++) {
            for (int y = 0; y < 4; y++) {
                for (int x = 0; x < 5; x++) {
                    float value = start.add(step.multiply(BigDecimal.valueOf(7 * x + 11 * y + 13 * z)))
                            .floatValue();
                    assertEquals(value, volume.voxels().get(volume.shape().index(z, y, x)));
                }
            }
        }
        double[] affine = volume.geometry().affine();
        for (int i = 0; i < 12; i++) {
            assertEquals(Double.parseDouble(cells[6 + i]), affine[i], 1e-6, "affine " + i);
        }
    }

    @Test
    void dataFileOfAPairFindsItsHeader() throws IOException {
        Scan scan = Volumes.open(FIXTURES.resolve("pair.img"), ReadOptions.DEFAULT);
        assertEquals(-100, scan.volume().hu(0, 0, 0));
        assertEquals(
                List.of("pair.hdr", "pair.img"),
                scan.provenance().files().stream()
                        .map(f -> f.getFileName().toString())
                        .toList());
    }

    @ParameterizedTest
    @CsvSource({
        "neither.nii, no orientation",
        "sform_before_qform.nii, disagree",
    })
    void warns(String file, String what) throws IOException {
        List<String> warnings =
                Volumes.open(FIXTURES.resolve(file), ReadOptions.DEFAULT).warnings();
        assertTrue(warnings.size() == 1 && warnings.get(0).contains(what), warnings.toString());
    }

    @ParameterizedTest
    @CsvSource({"int16_le.nii", "qform_oblique.nii", "nifti2_be.nii", "metres.nii", "slope_nan.nii"})
    void doesNotWarnForNothing(String file) throws IOException {
        assertEquals(
                List.of(),
                Volumes.open(FIXTURES.resolve(file), ReadOptions.DEFAULT).warnings());
    }

    @ParameterizedTest
    @CsvSource({
        "refused_time_points.nii, dim[4], 2 volumes",
        "refused_2d.nii, dim[0], 2-D",
        "refused_rgb.nii, datatype, RGB24",
        "refused_complex64.nii, datatype, complex64",
    })
    void refusesByName(String file, String field, String what) {
        UnsupportedFormatException e =
                assertThrows(UnsupportedFormatException.class, () -> Volumes.read(FIXTURES.resolve(file)));
        assertEquals(field, e.field());
        assertTrue(e.getMessage().contains(what), e.getMessage());
    }

    @Test
    void labelsMustBeWholeNumbersOfAByte() throws IOException {
        byte[] labels = LabelMaps.read(FIXTURES.resolve("uint8_be.nii.gz")).labels();
        assertArrayEquals(new byte[] {3, 10, 17, 24, 31, 14}, java.util.Arrays.copyOf(labels, 6));
        FormatException e = assertThrows(FormatException.class, () -> LabelMaps.read(FIXTURES.resolve("int16_le.nii")));
        assertTrue(e.getMessage().contains("-1000"), e.getMessage());
        assertThrows(FormatException.class, () -> LabelMaps.read(FIXTURES.resolve("float32_le.nii")));
    }
}

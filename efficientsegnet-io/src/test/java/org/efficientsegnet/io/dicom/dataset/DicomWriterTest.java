// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.efficientsegnet.io.format.ReadLimits;
import org.junit.jupiter.api.Test;

class DicomWriterTest {

    @Test
    void whatIsWrittenIsReadBack() throws IOException {
        DataSet item = DataSet.builder()
                .text(Tag.CODE_VALUE, "odd")
                .items(Tag.SOURCE_IMAGE_SEQUENCE)
                .build();
        DataSet dataSet = DataSet.builder()
                .text(Tag.PATIENT_NAME, "A^B")
                .text(Tag.IMAGE_TYPE, "X", "Y")
                .integers(Tag.ROWS, 65535)
                .integers(Tag.DIMENSION_INDEX_VALUES, 1, 70000)
                .integers(Tag.NUMBER_OF_FRAMES, -3)
                .decimals(Tag.PIXEL_SPACING, 1 / 3.0, -1e-9)
                .items(Tag.DERIVATION_CODE_SEQUENCE, item, item)
                .build();
        DataSet meta = DataSet.builder()
                .text(Tag.TRANSFER_SYNTAX_UID, "1.2.840.10008.1.2.1")
                .build();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DicomWriter.write(out, meta, dataSet, 3, o -> o.write(new byte[] {1, 2, 3}));
        DicomFile file = DicomReader.read(Source.of(Path.of("w.dcm"), out.toByteArray()), ReadLimits.DEFAULT);
        DataSet back = file.dataSet();
        assertEquals("A^B", back.require(Tag.PATIENT_NAME));
        assertEquals(List.of("X", "Y"), back.texts(Tag.IMAGE_TYPE));
        assertEquals(65535, back.requireInteger(Tag.ROWS));
        assertArrayEquals(new int[] {1, 70000}, back.integers(Tag.DIMENSION_INDEX_VALUES));
        assertEquals(-3, back.requireInteger(Tag.NUMBER_OF_FRAMES));
        assertArrayEquals(new double[] {1 / 3.0, -1e-9}, back.decimals(Tag.PIXEL_SPACING), 1e-13);
        assertEquals(2, back.items(Tag.DERIVATION_CODE_SEQUENCE).size());
        assertEquals("odd", back.items(Tag.DERIVATION_CODE_SEQUENCE).get(1).require(Tag.CODE_VALUE));
        assertEquals(4, file.pixels().orElseThrow().length());
        assertArrayEquals(
                new byte[] {1, 2, 3, 0},
                file.open(file.pixels().orElseThrow().offset()).readAllBytes());
    }

    @Test
    void decimalStringsFitAndAreNear() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            double value = (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(24) - 12);
            String text = DecimalString.of(value);
            assertTrue(text.length() <= 16, text);
            assertEquals(value, Double.parseDouble(text), Math.abs(value) * 1e-8 + 1e-30, text);
        }
        for (double exact : new double[] {0, -0.0, 1, -1024, 0.859375, -235.56, 1e-5, 123456789012.5}) {
            assertEquals(exact + 0.0, Double.parseDouble(DecimalString.of(exact)));
        }
    }
}

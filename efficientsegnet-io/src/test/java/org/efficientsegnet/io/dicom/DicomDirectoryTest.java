// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.efficientsegnet.io.dicom.DicomSeriesTest.assertMessage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Media with a DICOMDIR. */
class DicomDirectoryTest {

    @TempDir
    Path folder;

    private Path directory(int count) throws IOException {
        List<DataSet> records = new ArrayList<>();
        records.add(DataSet.builder().text(Tag.PATIENT_ID, "S1").build());
        records.add(record("1.2.840.10008.5.1.4.1.1.88.67", "REPORT"));
        for (int z = 0; z < count; z++) {
            records.add(record(SyntheticSeries.CT, "DICOM", "SER1", "SLICE" + z));
        }
        Path file = folder.resolve("DICOMDIR");
        SyntheticSeries.write(
                file,
                DataSet.builder()
                        .text(Tag.SOP_CLASS_UID, "1.2.840.10008.1.3.10")
                        .items(Tag.DIRECTORY_RECORD_SEQUENCE, records),
                new byte[0]);
        return file;
    }

    private static DataSet record(String kind, String... name) {
        return DataSet.builder()
                .text(Tag.REFERENCED_FILE_ID, name)
                .text(Tag.REFERENCED_SOP_CLASS_UID_IN_FILE, kind)
                .build();
    }

    @Test
    void theFilesOfAMediumAreFoundWhateverTheCaseOfTheirNames() throws IOException {
        SyntheticSeries.write(folder.resolve("dicom").resolve("ser1"), 5);
        Path file = directory(5);
        Scan scan = Volumes.open(file, ReadOptions.DEFAULT);
        for (int z = 0; z < 5; z++) {
            assertEquals(SyntheticSeries.stored(z, 3, 4) - 1024, scan.volume().hu(z, 3, 4));
        }
        assertEquals(List.of(), scan.warnings());
        assertEquals(file, scan.provenance().path());
        assertEquals(5, scan.provenance().files().size());
        assertEquals(1, DicomSeries.find(file).size());
    }

    @Test
    void anImageThatIsNotThereIsAnErrorUnlessItIsAllowed() throws IOException {
        SyntheticSeries.write(folder.resolve("DICOM").resolve("SER1"), 5);
        Path file = directory(6);
        assertMessage(
                assertThrows(FormatException.class, () -> Volumes.read(file)),
                "DICOMDIR",
                "(0004,1500) Referenced File ID",
                "DICOM/SER1/SLICE5");
        Scan scan = Volumes.open(file, ReadOptions.DEFAULT.withSkipUnreadable(true));
        assertEquals(5, scan.volume().shape().z());
        assertMessage(new Exception(scan.warnings().get(0)), "SLICE5");
        assertEquals(5, Volumes.read(folder).shape().z(), "the folder's files are all readable");
    }

    @Test
    void aMediumWithoutCtImagesAndADamagedDirectoryAreRefused() throws IOException {
        Path file = directory(0);
        assertMessage(assertThrows(UnsupportedFormatException.class, () -> Volumes.read(file)), "no CT images");
        byte[] bytes = Files.readAllBytes(file);
        for (int length = 200; length < bytes.length - 12; length += 5) {
            Files.write(file, Arrays.copyOf(bytes, length));
            assertMessage(assertThrows(FormatException.class, () -> Volumes.read(file)), "DICOMDIR");
        }
    }
}

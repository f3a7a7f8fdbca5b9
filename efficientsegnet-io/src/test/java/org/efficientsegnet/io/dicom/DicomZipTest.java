// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.efficientsegnet.io.dicom.DicomSeriesTest.assertMessage;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.report.InputChecksums;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Series in zip archives. */
class DicomZipTest {

    @TempDir
    Path folder;

    private Map<String, byte[]> slices(String prefix, int count, SyntheticSeries.Change change) throws IOException {
        Path series = Files.createTempDirectory(folder, "series");
        SyntheticSeries.write(series, count, change);
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (int z = 0; z < count; z++) {
            files.put(prefix + "IM" + z + ".dcm", Files.readAllBytes(series.resolve("slice" + z)));
        }
        return files;
    }

    private Path zip(Map<String, byte[]> files) throws IOException {
        Path zip = folder.resolve("study.zip");
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream archive = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                archive.putNextEntry(new ZipEntry(file.getKey()));
                archive.write(file.getValue());
            }
        }
        return zip;
    }

    private static short[] values(Scan scan) {
        return ((Voxels.Shorts) scan.volume().voxels()).values();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "study/series 1/", "st\u00fcdy\\series\\"})
    void aZippedSeriesIsReadAsItsFolder(String prefix) throws IOException {
        Map<String, byte[]> files = slices(prefix, 12, (z, s) -> s);
        files.put("__MACOSX/._IM1.dcm", new byte[] {0, 5, 22, 7});
        Scan scan = Volumes.open(zip(files), ReadOptions.DEFAULT);
        assertEquals(12, scan.volume().shape().z());
        for (int z = 0; z < 12; z++) {
            assertEquals(SyntheticSeries.stored(z, 3, 4) - 1024, scan.volume().hu(z, 3, 4));
        }
        assertEquals(List.of(), scan.warnings());
        assertEquals(List.of(folder.resolve("study.zip")), scan.provenance().files());
        assertEquals(1, InputChecksums.of(scan.provenance()).files().size());

        LabelMap labels = new LabelMap(
                scan.volume().shape(),
                scan.volume().geometry(),
                new byte[scan.volume().shape().arrayLength()],
                new TreeMap<>(Map.of(1, "liver")));
        Path seg = folder.resolve("labels.dcm");
        LabelMaps.write(labels, seg, WriteOptions.DEFAULT.withSource(scan.provenance()));
        assertEquals(labels.geometry(), LabelMaps.read(seg).geometry());
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "jpegls", "deflated"})
    void anEnhancedImageInAnArchive(String name) throws IOException {
        Path file = DicomSeriesTest.fixture("enhanced/" + name + ".dcm");
        Scan scan = Volumes.open(zip(Map.of("image", Files.readAllBytes(file))), ReadOptions.DEFAULT);
        Scan plain = Volumes.open(file, ReadOptions.DEFAULT);
        for (int z = 0; z < 3; z++) {
            assertEquals(plain.volume().hu(z, 20, 30), scan.volume().hu(z, 20, 30));
        }
    }

    @Test
    void severalSeriesAreChosenAsInAFolderAndOtherFilesNamed() throws IOException {
        Map<String, byte[]> files = slices("a/", 3, (z, s) -> s);
        files.putAll(slices("b/", 4, (z, s) -> s.text(Tag.SERIES_INSTANCE_UID, "2.25.7001")));
        files.put("b/notes.txt", new byte[] {'h', 'i'});
        files.put("b/", new byte[0]);
        Path zip = zip(files);
        assertEquals(
                List.of("2.25.7001", SyntheticSeries.UID),
                DicomSeries.find(zip).stream().map(DicomSeries::name).toList());
        assertThrows(SeriesChoiceException.class, () -> Volumes.read(zip));
        Scan scan = Volumes.open(zip, ReadOptions.DEFAULT.withSeries("2.25.7001"));
        assertEquals(4, scan.volume().shape().z());
        assertEquals(List.of("passed over: files that are no DICOM (notes.txt)"), scan.warnings());
    }

    @Test
    void anEmptySliceAndAnArchiveWithoutSlicesAreErrors() throws IOException {
        Map<String, byte[]> files = slices("", 11, (z, s) -> s);
        files.put("IM11.dcm", new byte[0]);
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(zip(files))), "IM11.dcm", "empty");
        Path other = zip(Map.of("readme", new byte[] {1}));
        assertMessage(
                assertThrows(UnsupportedFormatException.class, () -> Volumes.read(other)),
                "study.zip",
                "no CT images, but files that are no DICOM (1)");
        assertMessage(
                assertThrows(UnsupportedFormatException.class, () -> Volumes.read(zip(Map.of()))), "no CT images");
    }

    @Test
    void limits() throws IOException {
        Path zip = zip(slices("", 5, (z, s) -> s));
        ReadLimits limits = ReadLimits.DEFAULT;
        long size = 0;
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().contains("slice"))::iterator) {
                size += Files.size(file);
            }
        }
        for (ReadLimits tight :
                List.of(limits.withMaxFiles(4), limits.withMaxDataBytes(100), limits.withMaxDataBytes(size - 1))) {
            assertThrows(LimitExceededException.class, () -> Volumes.read(zip, ReadOptions.DEFAULT.withLimits(tight)));
        }
        ReadLimits enough = limits.withMaxFiles(5).withMaxDataBytes(size);
        assertEquals(
                5,
                Volumes.read(zip, ReadOptions.DEFAULT.withLimits(enough))
                        .shape()
                        .z());
        Path bomb = zip(Map.of("zeros", new byte[40 << 20]));
        assertMessage(assertThrows(LimitExceededException.class, () -> Volumes.read(bomb)), "zeros", "compress");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../IM0.dcm", "/IM0.dcm", "a/../../IM0.dcm", "..\\IM0.dcm"})
    void namesThatLeadOutAreRefused(String name) throws IOException {
        Path zip = zip(Map.of(name, new byte[] {1}));
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(zip)), "leads out of the archive");
    }

    @Test
    void damageAnywhereIsReportedOrHarmless() throws IOException {
        Path zip = zip(slices("", 3, (z, s) -> s));
        short[] whole = values(Volumes.open(zip, ReadOptions.DEFAULT));
        byte[] bytes = Files.readAllBytes(zip);
        for (int at = 0; at < bytes.length; at += 7) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 0x55;
            Files.write(zip, damaged);
            readOrRefuse(zip, whole);
        }
        for (int length = 0; length < bytes.length; length += 13) {
            Files.write(zip, Arrays.copyOf(bytes, length));
            assertThrows(FormatException.class, () -> Volumes.read(zip));
        }
    }

    private static void readOrRefuse(Path zip, short[] whole) throws IOException {
        try {
            assertArrayEquals(whole, values(Volumes.open(zip, ReadOptions.DEFAULT)));
        } catch (FormatException e) {
            assertMessage(e, "study.zip");
        }
    }

    @Test
    void anEntryThatHoldsMoreThanItDeclaresIsRefused() throws IOException {
        byte[] slice = slices("", 1, (z, s) -> s).get("IM0.dcm");
        Path zip = zip(Map.of("IM0.dcm", slice));
        byte[] bytes = Files.readAllBytes(zip);
        ByteBuffer archive = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int directory = archive.getInt(bytes.length - 6);
        // The uncompressed size in the central directory, the only one that a reader may believe.
        archive.putInt(directory + 24, slice.length - 100);
        Files.write(zip, bytes);
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(zip)), "IM0.dcm", "declares");
    }

    @Test
    void twoEntriesOfOneNameAreRefused() throws IOException {
        Path zip = zip(slices("", 2, (z, s) -> s));
        String text = new String(Files.readAllBytes(zip), StandardCharsets.ISO_8859_1);
        Files.write(zip, text.replace("IM1.dcm", "IM0.dcm").getBytes(StandardCharsets.ISO_8859_1));
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(zip)), "IM0.dcm", "twice");
    }

    @Test
    void storedEntriesAreHeldAgainstTheirChecksum() throws IOException {
        byte[] slice = slices("", 1, (z, s) -> s).get("IM0.dcm");
        CRC32 sum = new CRC32();
        sum.update(slice);
        ZipEntry entry = new ZipEntry("IM0.dcm");
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(slice.length);
        entry.setCrc(sum.getValue());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream archive = new ZipOutputStream(out)) {
            archive.putNextEntry(entry);
            archive.write(slice);
        }
        byte[] bytes = out.toByteArray();
        Path zip = folder.resolve("study.zip");
        Files.write(zip, bytes);
        assertEquals(1, Volumes.read(zip).shape().z());
        bytes[30 + 7 + slice.length - 20] ^= 1;
        Files.write(zip, bytes);
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(zip)), "IM0.dcm", "checksum");
    }
}

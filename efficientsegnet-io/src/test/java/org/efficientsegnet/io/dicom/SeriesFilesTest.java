// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.efficientsegnet.io.dicom.DicomSeriesTest.assertMessage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every file in the folder of a series is used, or named with the reason. */
class SeriesFilesTest {

    private static final String SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";

    @TempDir
    Path folder;

    /** What may have become of a slice's file. */
    private enum Loss {
        EMPTY,
        ZEROS,
        TEXT,
        GZIP,
        BARE_CUT_IN_HEADER,
        BARE_CUT_IN_PIXELS,
        MARKED_CUT_IN_HEADER,
        MARKED_CUT_IN_PIXELS,
        LINK;

        /** The series as slices without preamble where that makes the loss harder to see. */
        boolean isBare() {
            return this == BARE_CUT_IN_HEADER || this == BARE_CUT_IN_PIXELS;
        }

        void apply(Path file) throws IOException {
            byte[] whole = Files.readAllBytes(file);
            switch (this) {
                case EMPTY -> Files.write(file, new byte[0]);
                case ZEROS -> Files.write(file, new byte[whole.length]);
                case TEXT -> Files.writeString(file, "<html>404 Not Found</html>");
                case GZIP -> {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
                        gzip.write(whole);
                    }
                    Files.delete(file);
                    Files.write(file.resolveSibling(file.getFileName() + ".gz"), bytes.toByteArray());
                }
                case BARE_CUT_IN_HEADER, MARKED_CUT_IN_HEADER -> Files.write(file, Arrays.copyOf(whole, 300));
                case BARE_CUT_IN_PIXELS, MARKED_CUT_IN_PIXELS ->
                    Files.write(file, Arrays.copyOf(whole, whole.length - 20));
                case LINK -> {
                    Path outside = file.getParent().resolveSibling("moved");
                    Files.move(file, outside);
                    Files.createSymbolicLink(file, outside);
                }
            }
        }
    }

    /** Slices whose names end like this; the names of the last ones have another length. */
    private Path series(String ending, boolean bare) throws IOException {
        Path series = Files.createDirectories(folder.resolve("series"));
        for (int z = 0; z < 12; z++) {
            Path file = series.resolve("IM" + z + ending);
            SyntheticSeries.write(file, SyntheticSeries.slice(z), SyntheticSeries.pixels(z));
            if (bare) {
                byte[] whole = Files.readAllBytes(file);
                Files.write(file, Arrays.copyOfRange(whole, SyntheticSeries.bodyOffset(whole), whole.length));
            }
        }
        return series;
    }

    @ParameterizedTest
    @EnumSource(Loss.class)
    void anUnreadableLastSliceIsAnErrorUnlessItIsAllowed(Loss loss) throws IOException {
        Path series = series("", loss.isBare());
        assertEquals(12, Volumes.read(series).shape().z());
        loss.apply(series.resolve("IM11"));
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(series)), "IM11");

        Scan scan = Volumes.open(series, ReadOptions.DEFAULT.withSkipUnreadable(true));
        assertEquals(11, scan.volume().shape().z());
        assertEquals(1, scan.warnings().size(), scan.warnings()::toString);
        assertMessage(new Exception(scan.warnings().get(0)), "unreadable", "IM11");
    }

    @ParameterizedTest
    @CsvSource({".dcm, IM11.dcm", ".dcm, other.DCM", ".ima, x.ima", ".ct, last.ct", "'', IM999", "'', imA7"})
    void anEmptyFileIsASliceByItsName(String ending, String name) throws IOException {
        Path series = series(ending, false);
        Files.write(series.resolve(name), new byte[0]);
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(series)), name, "an empty file");
    }

    @Test
    void aLostFileElsewhereIsFromAnySeriesButOneBesideAnotherSeriesIsNot() throws IOException {
        Path a = folder.resolve("a");
        SyntheticSeries.write(a, 3);
        Path b = folder.resolve("b");
        SyntheticSeries.write(b, 4, SyntheticSeries.Change.always(s -> s.text(Tag.SERIES_INSTANCE_UID, "2.25.7001")));
        Files.write(b.resolve("slice9"), new byte[0]);
        assertEquals(3, read(SyntheticSeries.UID).volume().shape().z());
        assertThrows(FormatException.class, () -> read("2.25.7001"));
        Files.delete(b.resolve("slice9"));
        Files.write(Files.createDirectory(folder.resolve("c")).resolve("1.dcm"), new byte[0]);
        assertThrows(FormatException.class, () -> read(SyntheticSeries.UID));
        assertThrows(FormatException.class, () -> read("2.25.7001"));
    }

    private Scan read(String series) throws IOException {
        return Volumes.open(folder, ReadOptions.DEFAULT.withSeries(series));
    }

    @Test
    void otherFilesBesideTheSlicesAreNamed() throws IOException {
        Path series = series(".dcm", false);
        Files.writeString(series.resolve("notes.txt"), "nothing");
        Files.write(series.resolve("._IM1.dcm"), new byte[] {0, 5, 22, 7});
        SyntheticSeries.write(
                series.resolve("DICOMDIR"),
                DataSet.builder().text(Tag.SOP_CLASS_UID, "1.2.840.10008.1.3.10"),
                new byte[2]);
        SyntheticSeries.write(
                series.resolve("screenshot.dcm"),
                SyntheticSeries.slice(0).text(Tag.SOP_CLASS_UID, SECONDARY_CAPTURE),
                SyntheticSeries.pixels(0));
        SyntheticSeries.write(
                series.resolve("scout.dcm"),
                SyntheticSeries.slice(0)
                        .text(Tag.SERIES_INSTANCE_UID, "2.25.7001")
                        .text(Tag.IMAGE_TYPE, "ORIGINAL", "PRIMARY", "LOCALIZER"),
                SyntheticSeries.pixels(0));
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Files.createSymbolicLink(series.resolve("linked-folder"), outside);
        SyntheticSeries.write(
                outside.resolve("report"),
                SyntheticSeries.slice(0).text(Tag.SOP_CLASS_UID, "1.2.840.10008.5.1.4.1.1.88.67"),
                SyntheticSeries.pixels(0));
        Scan scan = Volumes.open(folder, ReadOptions.DEFAULT);
        assertEquals(12, scan.volume().shape().z());
        assertEquals(
                List.of(
                        "passed over: DICOMDIR (DICOMDIR)",
                        "passed over: files that are no DICOM (._IM1.dcm, notes.txt)",
                        "passed over: secondary capture images (screenshot.dcm)",
                        "passed over: slices of other series (scout.dcm)",
                        "passed over: symbolic links, which are not followed (linked-folder)"),
                scan.warnings());
    }

    @Test
    void manyOtherFilesAreCounted() throws IOException {
        Path series = series(".dcm", false);
        for (int i = 0; i < 25; i++) {
            Files.writeString(series.resolve("note" + (char) ('a' + i) + ".txt"), "nothing");
        }
        assertMessage(
                new Exception(
                        Volumes.open(series, ReadOptions.DEFAULT).warnings().get(0)),
                "notea.txt",
                "and 15 more");
    }

    @Test
    void slicesOfOtherSeriesInTheSameFolderAreCountedOnce() throws IOException {
        Path series = series(".dcm", false);
        for (int other = 0; other < 3; other++) {
            for (int z = 0; z < 5; z++) {
                SyntheticSeries.write(
                        series.resolve("X" + other + "_" + z + ".dcm"),
                        SyntheticSeries.slice(z).text(Tag.SERIES_INSTANCE_UID, "2.25.700" + other + ".1"),
                        SyntheticSeries.pixels(z));
            }
        }
        Scan scan = Volumes.open(series, ReadOptions.DEFAULT.withSeries("2.25.7001.1"));
        assertEquals(5, scan.volume().shape().z());
        assertEquals(1, scan.warnings().size(), scan.warnings()::toString);
        assertMessage(new Exception(scan.warnings().get(0)), "slices of other series", "IM0.dcm", "and 12 more");
    }

    @Test
    void theDataSetSaysWhatAFileIsNotItsMetaInformation() throws IOException {
        Path series = series(".dcm", false);
        Path last = series.resolve("IM11.dcm");
        // Both names are as long as each other but for the padding, so that the file keeps its length.
        replace(last, SyntheticSeries.CT + "\0", SECONDARY_CAPTURE + "\0");
        Scan scan = Volumes.open(series, ReadOptions.DEFAULT);
        assertEquals(new Shape(12, 6, 8), scan.volume().shape());
        assertEquals(1, scan.warnings().size());
        assertMessage(new Exception(scan.warnings().get(0)), "secondary capture", "IM11.dcm");
    }

    /** Replaces the first occurrence. */
    private static void replace(Path file, String from, String to) throws IOException {
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertEquals(from.length(), to.length());
        int at = text.indexOf(from);
        assertTrue(at > 0);
        Files.write(
                file,
                (text.substring(0, at) + to + text.substring(at + to.length())).getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void theMarkWithoutItsPreambleIsRead() throws IOException {
        Path series = series("", false);
        Path last = series.resolve("IM11");
        byte[] whole = Files.readAllBytes(last);
        Files.write(last, Arrays.copyOfRange(whole, 128, whole.length));
        assertEquals(12, Volumes.read(series).shape().z());
        assertEquals(List.of(), Volumes.open(series, ReadOptions.DEFAULT).warnings());
    }

    @Test
    void anEncodingThatIsNotReadMattersToCtImagesOnly() throws IOException {
        Path series = series("", false);
        Path video = series.resolve("video");
        SyntheticSeries.write(
                video, SyntheticSeries.slice(0).text(Tag.SOP_CLASS_UID, SECONDARY_CAPTURE), SyntheticSeries.pixels(0));
        replace(video, "1.2.840.10008.1.2.1\0", "1.2.840.10008.1.2.9\0");
        Scan scan = Volumes.open(series, ReadOptions.DEFAULT);
        assertEquals(List.of("passed over: secondary capture images (video)"), scan.warnings());
        replace(series.resolve("IM11"), "1.2.840.10008.1.2.1\0", "1.2.840.10008.1.2.9\0");
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(series)), "IM11", "Transfer Syntax");
    }

    @Test
    void whatBeginsLikeABareDataSetIsOne() throws IOException {
        Path series = series("", false);
        Files.write(series.resolve("cut"), new byte[] {8, 0, 5, 0, 9, 0, 0, 0, 1});
        assertMessage(assertThrows(FormatException.class, () -> Volumes.read(series)), "cut", "(0008,0005)");
    }

    @Test
    void foldersThatAreTooDeepAreRefused() throws IOException {
        Path deep = series("", false);
        for (int i = 0; i < 70; i++) {
            deep = deep.resolve("d");
        }
        Files.createDirectories(deep);
        assertThrows(LimitExceededException.class, () -> Volumes.read(folder));
    }
}

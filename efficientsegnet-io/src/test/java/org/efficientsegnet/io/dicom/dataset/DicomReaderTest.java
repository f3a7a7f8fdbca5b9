// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DicomReaderTest {

    private static final String EXPLICIT = "1.2.840.10008.1.2.1";
    private static final String DEFLATED = "1.2.840.10008.1.2.1.99";

    /** Puts files together byte by byte. */
    private static final class Bytes {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Bytes u16(int value) {
            out.write(value);
            out.write(value >> 8);
            return this;
        }

        Bytes u32(long value) {
            return u16((int) value & 0xffff).u16((int) (value >> 16) & 0xffff);
        }

        Bytes tag(int tag) {
            return u16(tag >>> 16).u16(tag & 0xffff);
        }

        Bytes ascii(String text) {
            out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            return this;
        }

        /** An attribute with a length of 16 bits. */
        Bytes element(int tag, String vr, String value) {
            String padded = value.length() % 2 == 0 ? value : value + " ";
            return tag(tag).ascii(vr).u16(padded.length()).ascii(padded);
        }

        Bytes longHeader(int tag, String vr, long length) {
            return tag(tag).ascii(vr).u16(0).u32(length);
        }

        Bytes raw(byte[] bytes) {
            out.writeBytes(bytes);
            return this;
        }

        byte[] get() {
            return out.toByteArray();
        }
    }

    private static Bytes file(String syntax) {
        return new Bytes()
                .raw(new byte[128])
                .ascii("DICM")
                .element(Tag.TRANSFER_SYNTAX_UID, "UI", syntax)
                .raw(new byte[0]);
    }

    private static DicomFile read(byte[] bytes) throws IOException {
        return DicomReader.read(Source.of(Path.of("test.dcm"), bytes), ReadLimits.DEFAULT);
    }

    private static void assertFails(Class<? extends FormatException> type, byte[] bytes, String... parts) {
        FormatException e = assertThrows(type, () -> read(bytes));
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), "\"" + part + "\" in: " + e.getMessage());
        }
    }

    @Test
    void sequencesNestedAThousandDeepAreRefused() {
        Bytes bytes = file(EXPLICIT);
        for (int i = 0; i < 1000; i++) {
            bytes.longHeader(Tag.SOURCE_IMAGE_SEQUENCE, "SQ", 0xffffffffL)
                    .tag(Tag.ITEM)
                    .u32(0xffffffffL);
        }
        assertFails(LimitExceededException.class, bytes.get(), "nested deeper than 32");
    }

    @Test
    void noLimitLetsTheStackOverflow() {
        Bytes bytes = file(EXPLICIT);
        for (int i = 0; i < 200_000; i++) {
            bytes.longHeader(0x00091001, "SQ", 0xffffffffL).tag(Tag.ITEM).u32(0xffffffffL);
        }
        assertThrows(
                LimitExceededException.class,
                () -> DicomReader.read(
                        Source.of(Path.of("deep.dcm"), bytes.get()),
                        ReadLimits.DEFAULT.withMaxNesting(Integer.MAX_VALUE)));
    }

    @Test
    void unknownRepresentationWithHugeLengthIsRefused() {
        byte[] bytes = file(EXPLICIT)
                .tag(0x00091001)
                .ascii("ZZ")
                .u16(0)
                .u32(0xfffffff0L)
                .get();
        assertFails(FormatException.class, bytes, "(0009,1001)", "5a 5a", "none of DICOM's");
    }

    private static Bytes unknown(Bytes bytes, int tag, byte[] value) {
        return bytes.longHeader(tag, "UN", value.length).raw(value);
    }

    private static byte[] implicit(int tag, String value) {
        return new Bytes().tag(tag).u32(value.length()).ascii(value).get();
    }

    @Test
    void knownAttributesOfUnknownRepresentationAreDecodedByTheDictionary() throws IOException {
        byte[] item = implicit(Tag.REFERENCED_SOP_INSTANCE_UID, "1.23");
        byte[] items = new Bytes().tag(Tag.ITEM).u32(item.length).raw(item).get();
        Bytes file = file(EXPLICIT);
        unknown(file, Tag.IMAGE_TYPE, "A\\B ".getBytes(StandardCharsets.US_ASCII));
        unknown(file, Tag.SOURCE_IMAGE_SEQUENCE, items);
        unknown(file, Tag.SLICE_THICKNESS, "2.5 ".getBytes(StandardCharsets.US_ASCII));
        unknown(file, Tag.INSTANCE_NUMBER, "7 ".getBytes(StandardCharsets.US_ASCII));
        unknown(file, Tag.ROWS, new byte[] {0, 2});
        DataSet dataSet = read(file.get()).dataSet();
        assertEquals(List.of("A", "B"), dataSet.texts(Tag.IMAGE_TYPE));
        assertEquals(2.5, dataSet.requireDecimals(Tag.SLICE_THICKNESS, 1)[0]);
        assertEquals(7, dataSet.requireInteger(Tag.INSTANCE_NUMBER));
        assertEquals(512, dataSet.requireInteger(Tag.ROWS));
        assertEquals(
                "1.23", dataSet.item(Tag.SOURCE_IMAGE_SEQUENCE).orElseThrow().require(Tag.REFERENCED_SOP_INSTANCE_UID));
        DataSet copy = DataSet.builder()
                .copy(dataSet, Tag.IMAGE_TYPE, Tag.SOURCE_IMAGE_SEQUENCE, Tag.SLICE_THICKNESS)
                .build();
        assertEquals(List.of("A", "B"), copy.texts(Tag.IMAGE_TYPE));
        assertEquals(1, copy.items(Tag.SOURCE_IMAGE_SEQUENCE).size());
        assertEquals(2.5, copy.requireDecimals(Tag.SLICE_THICKNESS, 1)[0]);
    }

    @Test
    void whatUnknownHidesIsLittleEndianInBigEndianFilesToo() throws IOException {
        byte[] item = implicit(Tag.REFERENCED_SOP_INSTANCE_UID, "1.23");
        byte[] items = new Bytes().tag(Tag.ITEM).u32(item.length).raw(item).get();
        byte[] bytes = file("1.2.840.10008.1.2.2")
                .raw(new byte[] {0x00, 0x08, 0x21, 0x12, 'U', 'N', 0, 0, 0, 0, 0, (byte) items.length})
                .raw(items)
                .raw(new byte[] {0x00, 0x28, 0x00, 0x10, 'U', 'N', 0, 0, 0, 0, 0, 2, 3, 1})
                .raw(new byte[] {0x00, 0x28, 0x00, 0x11, 'U', 'S', 0, 2, 1, 3})
                .get();
        DataSet dataSet = read(bytes).dataSet();
        assertEquals(259, dataSet.requireInteger(Tag.ROWS));
        assertEquals(259, dataSet.requireInteger(Tag.COLUMNS));
        assertEquals(
                "1.23", dataSet.item(Tag.SOURCE_IMAGE_SEQUENCE).orElseThrow().require(Tag.REFERENCED_SOP_INSTANCE_UID));
        byte[] pixels = file("1.2.840.10008.1.2.2")
                .raw(new byte[] {0x7f, (byte) 0xe0, 0x00, 0x10, 'U', 'N', 0, 0, 0, 0, 0, 2, 3, 1})
                .get();
        assertFails(FormatException.class, pixels, "(7fe0,0010)", "unknown representation");
    }

    @Test
    void aSequenceThatUnknownHidesInAnotherSyntaxStaysUnknown() throws IOException {
        byte[] explicit = new Bytes()
                .tag(Tag.ITEM)
                .u32(12)
                .element(Tag.REFERENCED_SOP_INSTANCE_UID, "UI", "1.23")
                .get();
        Bytes file = file(EXPLICIT);
        unknown(file, Tag.SOURCE_IMAGE_SEQUENCE, explicit);
        DataSet dataSet = read(file.element(Tag.PATIENT_ID, "LO", "P1").get()).dataSet();
        assertEquals(List.of(), dataSet.items(Tag.SOURCE_IMAGE_SEQUENCE));
        assertEquals("P1", dataSet.require(Tag.PATIENT_ID));
        Bytes deep = new Bytes();
        for (int i = 0; i < 40; i++) {
            deep.tag(Tag.SOURCE_IMAGE_SEQUENCE).u32(0xffffffffL).tag(Tag.ITEM).u32(0xffffffffL);
        }
        byte[] nested =
                new Bytes().tag(Tag.ITEM).u32(0xffffffffL).raw(deep.get()).get();
        assertFails(
                LimitExceededException.class,
                unknown(file(EXPLICIT), Tag.SOURCE_IMAGE_SEQUENCE, nested).get(),
                "nested deeper");
    }

    @Test
    void theKindIsThatOfTheDataSetOrElseOfTheMetaInformation() throws IOException {
        Bytes meta = new Bytes()
                .raw(new byte[128])
                .ascii("DICM")
                .element(Tag.MEDIA_STORAGE_SOP_CLASS_UID, "UI", "1.2")
                .element(Tag.TRANSFER_SYNTAX_UID, "UI", EXPLICIT);
        assertEquals("1.2", kind(meta.get()));
        assertEquals("1.3", kind(meta.element(Tag.SOP_CLASS_UID, "UI", "1.3").get()));
        byte[] unread = new Bytes()
                .raw(new byte[128])
                .ascii("DICM")
                .element(Tag.MEDIA_STORAGE_SOP_CLASS_UID, "UI", "1.2")
                .element(Tag.TRANSFER_SYNTAX_UID, "UI", "1.2.840.10008.1.2.4.100")
                .get();
        assertEquals("1.2", kind(unread));
        assertEquals("", kind(file(EXPLICIT).get()));
        byte[] broken = file(EXPLICIT).tag(Tag.IMAGE_TYPE).ascii("CS").u16(100).get();
        assertThrows(TruncatedFileException.class, () -> kind(broken));
    }

    private static String kind(byte[] bytes) throws IOException {
        return DicomReader.kind(Source.of(Path.of("test.dcm"), bytes), ReadLimits.DEFAULT);
    }

    @ParameterizedTest
    @ValueSource(longs = {0x7fffffffL, 0x80000000L, 0xfffffffeL, 100})
    void lengthsBeyondTheFileAreRefusedBeforeAnythingIsAllocated(long length) {
        byte[] known = file(EXPLICIT)
                .longHeader(Tag.DEIDENTIFICATION_METHOD_CODE_SEQUENCE, "SQ", length)
                .get();
        assertFails(TruncatedFileException.class, known, "(0012,0064)", "declares " + length);
        byte[] unknown = file(EXPLICIT).longHeader(0x00091001, "OB", length).get();
        assertFails(TruncatedFileException.class, unknown, "(0009,1001)", "declares " + length);
        byte[] implicit =
                file("1.2.840.10008.1.2").tag(Tag.PATIENT_NAME).u32(length).get();
        assertFails(TruncatedFileException.class, implicit, "(0010,0010) Patient's Name", "declares " + length);
    }

    @Test
    void itemsMayNotReachBeyondWhatHoldsThem() {
        byte[] item = file(EXPLICIT)
                .longHeader(Tag.SOURCE_IMAGE_SEQUENCE, "SQ", 16)
                .tag(Tag.ITEM)
                .u32(100)
                .raw(new byte[200])
                .get();
        assertFails(FormatException.class, item, "declares 100 bytes", "ends after 8");
        byte[] element = file(EXPLICIT)
                .longHeader(Tag.SOURCE_IMAGE_SEQUENCE, "SQ", 20)
                .tag(Tag.ITEM)
                .u32(12)
                .element(Tag.CODE_VALUE, "SH", "abcdefgh")
                .get();
        assertFails(FormatException.class, element, "declares 8 bytes", "ends after 4");
        byte[] header = file(EXPLICIT)
                .longHeader(Tag.SOURCE_IMAGE_SEQUENCE, "SQ", 12)
                .tag(Tag.ITEM)
                .u32(4)
                .element(Tag.CODE_VALUE, "SH", "")
                .get();
        assertFails(FormatException.class, header, "the item around it ends");
    }

    @Test
    void undefinedLengthIsForSequencesOnly() {
        byte[] bytes = file(EXPLICIT).longHeader(0x00091001, "OB", 0xffffffffL).get();
        assertFails(FormatException.class, bytes, "undefined length", "OB");
    }

    @Test
    void attributeThatContradictsItselfIsRefusedAndARepeatedOneIsNot() throws IOException {
        byte[] twice = file(EXPLICIT)
                .element(Tag.MODALITY, "CS", "CT")
                .element(Tag.MODALITY, "CS", "CT")
                .get();
        assertEquals("CT", read(twice).dataSet().require(Tag.MODALITY));
        byte[] other = file(EXPLICIT)
                .element(Tag.MODALITY, "CS", "CT")
                .element(Tag.MODALITY, "CS", "MR")
                .get();
        assertFails(FormatException.class, other, "(0008,0060) Modality", "twice");
    }

    @Test
    void headersAreLimitedButUnknownAttributesOfAnySizeArePassedOver() throws IOException {
        ReadLimits limits = ReadLimits.DEFAULT.withMaxHeaderBytes(10_000);
        byte[] privateElement = file(EXPLICIT)
                .longHeader(0x00091001, "OB", 1 << 20)
                .raw(new byte[1 << 20])
                .element(Tag.MODALITY, "CS", "CT")
                .get();
        Source source = Source.of(Path.of("private.dcm"), privateElement);
        assertEquals("CT", DicomReader.read(source, limits).dataSet().require(Tag.MODALITY));
        Bytes items = file(EXPLICIT).longHeader(Tag.SOURCE_IMAGE_SEQUENCE, "SQ", 8000);
        for (int i = 0; i < 1000; i++) {
            items.tag(Tag.ITEM).u32(0);
        }
        assertThrows(
                LimitExceededException.class,
                () -> DicomReader.read(Source.of(Path.of("items.dcm"), items.get()), limits));
    }

    @Test
    void deflatedBombIsStopped() throws IOException {
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(deflated, new Deflater(9, true))) {
            out.write(new Bytes().longHeader(0x00091001, "OB", 1L << 30).get());
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 64; i++) {
                out.write(zeros);
            }
        }
        byte[] bytes = file(DEFLATED).raw(deflated.toByteArray()).get();
        assertTrue(bytes.length < 100_000);
        assertFails(LimitExceededException.class, bytes, "take more than");
    }

    @Test
    void damagedDeflationIsNamed() {
        byte[] bytes = file(DEFLATED).raw(new byte[] {7, 7, 7, 7, 7, 7}).get();
        assertFails(FormatException.class, bytes, "cannot be inflated");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.201", "1.2.840.113619.5.2", "1.2.3"})
    void otherTransferSyntaxesAreRefusedByName(String uid) {
        assertFails(UnsupportedFormatException.class, file(uid).get(), uid, "Transfer Syntax", "Convert the file");
    }

    @Test
    void noDicom() {
        assertFails(UnsupportedFormatException.class, new byte[0], "no DICOM");
        assertFails(UnsupportedFormatException.class, new byte[200], "no DICOM");
        assertFails(
                UnsupportedFormatException.class,
                "The quick brown fox jumps over the lazy dog".getBytes(StandardCharsets.US_ASCII),
                "no DICOM");
    }

    @Test
    void sequenceHiddenInUnknownRepresentationIsImplicitLittleEndian() throws IOException {
        byte[] hidden = file(EXPLICIT)
                .longHeader(Tag.SOURCE_IMAGE_SEQUENCE, "UN", 0xffffffffL)
                .tag(Tag.ITEM)
                .u32(0xffffffffL)
                .tag(Tag.CODE_VALUE)
                .u32(4)
                .ascii("abcd")
                .tag(Tag.ITEM_DELIMITATION)
                .u32(0)
                .tag(Tag.SEQUENCE_DELIMITATION)
                .u32(0)
                .element(Tag.PATIENT_ID, "LO", "after")
                .get();
        DataSet dataSet = read(hidden).dataSet();
        assertEquals(
                "abcd", dataSet.item(Tag.SOURCE_IMAGE_SEQUENCE).orElseThrow().require(Tag.CODE_VALUE));
        assertEquals("after", dataSet.require(Tag.PATIENT_ID));
    }

    @Test
    void pixelsOfAnIconAreNotTheImage() throws IOException {
        byte[] bytes = file(EXPLICIT)
                .longHeader(0x00880200, "SQ", 0xffffffffL)
                .tag(Tag.ITEM)
                .u32(0xffffffffL)
                .longHeader(Tag.PIXEL_DATA, "OB", 0xffffffffL)
                .tag(Tag.ITEM)
                .u32(0)
                .tag(Tag.ITEM)
                .u32(4)
                .ascii("icon")
                .tag(Tag.SEQUENCE_DELIMITATION)
                .u32(0)
                .tag(Tag.ITEM_DELIMITATION)
                .u32(0)
                .tag(Tag.SEQUENCE_DELIMITATION)
                .u32(0)
                .longHeader(Tag.PIXEL_DATA, "OW", 4)
                .ascii("real")
                .get();
        DicomFile file = read(bytes);
        assertEquals(new PixelLocation(bytes.length - 4, 4, true), file.pixels().orElseThrow());
        assertArrayEquals(
                "real".getBytes(StandardCharsets.US_ASCII),
                file.open(bytes.length - 4).readAllBytes());
    }

    @Test
    void numbersInBigEndian() throws IOException {
        ByteBuffer body = ByteBuffer.allocate(10).order(ByteOrder.BIG_ENDIAN);
        body.putShort((short) 0x0028).putShort((short) 0x0010).put((byte) 'U').put((byte) 'S');
        body.putShort((short) 2).putShort((short) 512);
        DicomFile file = read(file("1.2.840.10008.1.2.2").raw(body.array()).get());
        assertEquals(512, file.dataSet().requireInteger(Tag.ROWS));
    }

    @Test
    void textIsStrippedAndSplit() throws IOException {
        DataSet dataSet = read(file(EXPLICIT)
                        .element(Tag.IMAGE_TYPE, "CS", "ORIGINAL\\PRIMARY \\AXIAL")
                        .element(Tag.PATIENT_ID, "LO", "")
                        .element(Tag.INSTANCE_NUMBER, "IS", " 12 ")
                        .element(Tag.PIXEL_SPACING, "DS", "0.5\\ 7.5e-1")
                        .get())
                .dataSet();
        assertEquals(List.of("ORIGINAL", "PRIMARY", "AXIAL"), dataSet.texts(Tag.IMAGE_TYPE));
        assertFalse(dataSet.text(Tag.PATIENT_ID).isPresent());
        assertEquals(12, dataSet.requireInteger(Tag.INSTANCE_NUMBER));
        assertArrayEquals(new double[] {0.5, 0.75}, dataSet.decimals(Tag.PIXEL_SPACING));
    }

    @Test
    void everyPrefixOfAFileFailsOrIsShorter() throws IOException {
        byte[] whole = file(EXPLICIT)
                .element(Tag.MODALITY, "CS", "CT")
                .longHeader(Tag.SOURCE_IMAGE_SEQUENCE, "SQ", 0xffffffffL)
                .tag(Tag.ITEM)
                .u32(12)
                .element(Tag.CODE_VALUE, "SH", "abcd")
                .tag(Tag.SEQUENCE_DELIMITATION)
                .u32(0)
                .longHeader(Tag.PIXEL_DATA, "OW", 8)
                .raw(new byte[8])
                .get();
        assertTrue(read(whole).pixels().isPresent());
        for (int length = 0; length < whole.length; length++) {
            byte[] prefix = java.util.Arrays.copyOf(whole, length);
            try {
                assertTrue(read(prefix).pixels().isEmpty(), "pixels in " + length + " bytes");
            } catch (FormatException e) {
                assertTrue(e.getMessage().contains("test.dcm"));
            }
        }
    }
}

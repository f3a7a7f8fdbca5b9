// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipException;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;

/**
 * Reads the attributes of a DICOM file up to its pixel data (DICOM PS3.5 section 7, PS3.10 section 7): explicit and
 * implicit little endian, big endian, deflated; with or without preamble and meta information; sequences of defined and
 * undefined length.
 *
 * <p>Attributes that {@link Tag} does not name are passed over, so that a private element of any size costs no memory.
 * Lengths are held against the bytes that remain, in 64 bits, before anything is allocated; what is kept counts against
 * {@link ReadLimits#maxHeaderBytes}.
 */
public final class DicomReader {

    /** The kind of object of a DICOMDIR file, Media Storage Directory. */
    public static final String DIRECTORY = "1.2.840.10008.1.3.10";

    private static final long UNDEFINED = PixelLocation.UNDEFINED;
    private static final int PREAMBLE = 128;
    private static final byte[] MARK = {'D', 'I', 'C', 'M'};
    private static final int ELEMENT_COST = 64;
    private static final long LAST_TAG = 0xffffffffL;
    /** Above this the reader's own recursion would not be safe, whatever the limits say. */
    private static final int DEEPEST = 256;

    private static final String REPAIR = "Export the file again, or repair it with a DICOM editor.";

    private final Source source;
    private final Path path;
    private final ReadLimits limits;
    private final long size;
    private ByteReader in;
    private boolean streaming;
    private long cost;
    private Optional<PixelLocation> pixels = Optional.empty();

    private DicomReader(Source source, ReadLimits limits) throws IOException {
        this.source = source;
        this.path = source.path();
        this.limits = limits;
        this.size = source.size();
    }

    /**
     * Reads a file's attributes.
     *
     * @throws FormatException if it is no DICOM file, damaged, or beyond the limits
     * @throws IOException if the operating system fails
     */
    public static DicomFile read(Source source, ReadLimits limits) throws IOException {
        return new DicomReader(source, limits).file(false);
    }

    /**
     * Reads the meta information only, from which the kind of object may be known; the data set of the result is empty.
     *
     * @throws FormatException if it is no DICOM file, damaged, or beyond the limits
     * @throws IOException if the operating system fails
     */
    public static DicomFile readMeta(Source source, ReadLimits limits) throws IOException {
        return new DicomReader(source, limits).file(true);
    }

    /**
     * The kind of object, without what it holds: as the data set says, else the meta information; empty if neither does. A
     * data set that cannot be read up to there, its encoding being none that is read here, for instance, says nothing.
     *
     * @throws FormatException if it is no DICOM file, or its meta information is damaged or beyond the limits
     * @throws IOException if the operating system fails
     */
    public static String kind(Source source, ReadLimits limits) throws IOException {
        return new DicomReader(source, limits).kind();
    }

    /** Whether a file's first bytes have the mark of DICOM behind a preamble; then nothing else is meant. */
    public static boolean hasMark(byte[] head) {
        int end = PREAMBLE + MARK.length;
        return head.length >= end && Arrays.equals(head, PREAMBLE, end, MARK, 0, MARK.length);
    }

    private static boolean startsWithMark(byte[] head) {
        return head.length >= MARK.length && Arrays.equals(head, 0, MARK.length, MARK, 0, MARK.length);
    }

    /**
     * Whether a file's first bytes look like a data set or meta information without preamble, the mark perhaps left: an
     * attribute of group 0002 or 0008, with a known value representation or a length that is not absurd.
     */
    public static boolean looksBare(byte[] start) {
        byte[] head = startsWithMark(start) ? Arrays.copyOfRange(start, MARK.length, start.length) : start;
        if (head.length < 8) {
            return false;
        }
        boolean big = head[0] == 0 && head[1] == 8;
        int group = big ? 8 : (head[0] & 0xff) | (head[1] & 0xff) << 8;
        int element = big ? (head[2] & 0xff) << 8 | head[3] & 0xff : (head[2] & 0xff) | (head[3] & 0xff) << 8;
        if ((group != 2 && group != 8) || element > 0x20) {
            return false;
        }
        if (Vr.of(head[4] & 0xff, head[5] & 0xff) != null) {
            return true;
        }
        return !big && group == 8 && head[6] == 0 && head[7] == 0;
    }

    private DicomFile file(boolean metaOnly) throws IOException {
        try (InputStream raw = source.open(0)) {
            begin(raw);
            DataSet meta = meta();
            TransferSyntax syntax = syntax(meta);
            long bodyOffset = in.position();
            DataSet dataSet = metaOnly ? DataSet.builder().build() : dataSet(syntax, bodyOffset, LAST_TAG);
            return new DicomFile(source, meta, syntax, dataSet, pixels, bodyOffset);
        } catch (EOFException e) {
            throw truncated();
        }
    }

    private String kind() throws IOException {
        try (InputStream raw = source.open(0)) {
            begin(raw);
            DataSet meta = meta();
            Optional<String> declared = meta.text(Tag.MEDIA_STORAGE_SOP_CLASS_UID);
            if (declared.equals(Optional.of(DIRECTORY))) {
                // Its records, of which there may be many, come before the attribute that repeats the kind.
                return DIRECTORY;
            }
            Optional<String> own = Optional.empty();
            try {
                own = dataSet(syntax(meta), in.position(), Tag.SOP_CLASS_UID).text(Tag.SOP_CLASS_UID);
            } catch (FormatException | EOFException e) {
                if (declared.isEmpty()) {
                    throw e;
                }
            }
            return own.or(() -> declared).orElse("");
        } catch (EOFException e) {
            throw truncated();
        }
    }

    /** Passes over preamble and mark. */
    private void begin(InputStream raw) throws IOException {
        in = new ByteReader(raw, 0, 1 << 13);
        byte[] head = in.peek(PREAMBLE + MARK.length);
        if (hasMark(head)) {
            in.skip(PREAMBLE + MARK.length);
        } else if (!looksBare(head)) {
            throw new UnsupportedFormatException(
                    path, "file", "no DICOM: the mark DICM is missing at byte 128", "Give a DICOM file.");
        } else if (startsWithMark(head)) {
            in.skip(MARK.length);
        }
    }

    /** @param last tag after which nothing is read */
    private DataSet dataSet(TransferSyntax syntax, long bodyOffset, long last) throws IOException {
        if (syntax != TransferSyntax.DEFLATED) {
            return body(syntax, last);
        }
        streaming = true;
        try (InputStream inflated = DicomFile.inflate(source.open(bodyOffset))) {
            in = new ByteReader(inflated, 0, 1 << 13);
            return body(syntax, last);
        } catch (ZipException e) {
            throw new FormatException(path, "deflated data set", "cannot be inflated: " + e.getMessage(), REPAIR, e);
        }
    }

    private TruncatedFileException truncated() {
        return new TruncatedFileException(
                path, "end of file", "the file ends within an attribute, at byte " + in.position(), REPAIR);
    }

    private DataSet meta() throws IOException {
        Map<Integer, Element> elements = new TreeMap<>();
        while (true) {
            byte[] group = in.peek(2);
            if (group.length < 2 || group[0] != 2 || group[1] != 0) {
                return new DataSet(path, ByteOrder.LITTLE_ENDIAN, elements);
            }
            element(elements, in.tag(), false, UNDEFINED, 0);
        }
    }

    private TransferSyntax syntax(DataSet meta) throws IOException {
        Optional<String> uid = meta.text(Tag.TRANSFER_SYNTAX_UID);
        if (uid.isPresent()) {
            return TransferSyntax.of(uid.get())
                    .orElseThrow(() -> new UnsupportedFormatException(
                            path,
                            Tag.describe(Tag.TRANSFER_SYNTAX_UID),
                            "the transfer syntax " + SyntaxNames.describe(uid.get()) + " is not read here",
                            "Convert the file to Explicit VR Little Endian, for instance by dcmdjpeg or gdcmconv"
                                    + " --raw."));
        }
        byte[] head = in.peek(8);
        if (head.length < 8 || Vr.of(head[4] & 0xff, head[5] & 0xff) == null) {
            return TransferSyntax.IMPLICIT_LITTLE_ENDIAN;
        }
        return head[0] == 0 ? TransferSyntax.EXPLICIT_BIG_ENDIAN : TransferSyntax.EXPLICIT_LITTLE_ENDIAN;
    }

    private DataSet body(TransferSyntax syntax, long last) throws IOException {
        in.bigEndian(syntax.isBigEndian());
        Map<Integer, Element> elements = new TreeMap<>();
        while (pixels.isEmpty() && !in.atEnd()) {
            int tag = in.tag();
            if (Integer.toUnsignedLong(tag) > last) {
                break;
            }
            element(elements, tag, syntax.isImplicit(), UNDEFINED, 0);
        }
        return new DataSet(path, in.order(), elements);
    }

    /**
     * One attribute, whose tag has been read.
     *
     * @param end the byte at which the enclosing item ends, or {@link #UNDEFINED}
     * @param depth in how many sequences it lies
     */
    private void element(Map<Integer, Element> elements, int tag, boolean implicit, long end, int depth)
            throws IOException {
        if (tag >>> 16 == 0xfffe) {
            throw bad(tag, "a delimiter where an attribute should begin, at byte " + (in.position() - 4));
        }
        charge(tag, headerCost());
        Vr vr;
        long length;
        if (implicit) {
            vr = Tag.vr(tag);
            length = in.u32();
        } else {
            int first = in.u8();
            int second = in.u8();
            vr = Vr.of(first, second);
            if (vr == null) {
                throw bad(
                        tag,
                        String.format(
                                "the value representation with the bytes %02x %02x is none of DICOM's", first, second));
            }
            if (vr.hasLongLength()) {
                in.skip(2);
                length = in.u32();
            } else {
                length = in.u16();
            }
        }
        if (length != UNDEFINED) {
            checkLength(tag, length, end);
        }
        if (isPixels(tag)) {
            pixels(elements, tag, vr, length, depth);
        } else if (vr == Vr.UN && length != UNDEFINED && Tag.isKnown(tag)) {
            charge(tag, length + ELEMENT_COST);
            keepUnknown(elements, tag, in.bytes((int) length), depth);
        } else if (vr == Vr.SQ || length == UNDEFINED) {
            if (vr != Vr.SQ && vr != Vr.UN) {
                throw bad(tag, "a value of undefined length with the representation " + vr);
            }
            // CP-246: what UN hides is in implicit little endian, whatever the file is in.
            boolean big = in.isBigEndian();
            in.bigEndian(big && vr != Vr.UN);
            List<DataSet> items = sequence(tag, length, implicit || vr == Vr.UN, end, depth + 1);
            in.bigEndian(big);
            if (Tag.isKnown(tag)) {
                keep(elements, Element.ofItems(tag, items));
            }
        } else if (Tag.isKnown(tag)) {
            charge(tag, length + ELEMENT_COST);
            keep(elements, Element.ofBytes(tag, vr, in.bytes((int) length)));
        } else {
            skip(tag, length);
        }
    }

    /**
     * A value whose representation a writer did not know, but the dictionary does. It is in little endian and implicit,
     * whatever the file is in (PS3.5 section 6.2.2).
     */
    private void keepUnknown(Map<Integer, Element> elements, int tag, byte[] value, int depth) throws IOException {
        Vr vr = Tag.vr(tag);
        if (vr != Vr.SQ) {
            if (in.isBigEndian()) {
                reverse(value, vr.numberSize());
            }
            keep(elements, Element.ofBytes(tag, vr, value));
            return;
        }
        ByteReader outer = in;
        in = new ByteReader(new ByteArrayInputStream(value), 0, Math.max(1 << 8, Math.min(value.length, 1 << 13)));
        try {
            keep(elements, Element.ofItems(tag, sequence(tag, value.length, true, value.length, depth + 1)));
        } catch (LimitExceededException e) {
            throw e;
        } catch (FormatException | EOFException e) {
            // Some writers leave such a sequence in the explicit syntax: it stays unknown, as it says.
            return;
        } finally {
            in = outer;
        }
    }

    private static void reverse(byte[] values, int size) {
        for (int from = 0; from + size <= values.length; from += size) {
            for (int i = from, j = from + size - 1; i < j; i++, j--) {
                byte b = values[i];
                values[i] = values[j];
                values[j] = b;
            }
        }
    }

    private static boolean isPixels(int tag) {
        return tag == Tag.PIXEL_DATA || tag == Tag.FLOAT_PIXEL_DATA || tag == Tag.DOUBLE_FLOAT_PIXEL_DATA;
    }

    private void pixels(Map<Integer, Element> elements, int tag, Vr vr, long length, int depth) throws IOException {
        if (depth > 0) {
            if (length == UNDEFINED) {
                fragments(tag);
            } else {
                skip(tag, length);
            }
            return;
        }
        if (length == UNDEFINED && vr != Vr.OB && vr != Vr.OW) {
            throw bad(tag, "a value of undefined length with the representation " + vr);
        }
        if (vr == Vr.UN && in.isBigEndian()) {
            throw bad(
                    tag, "pixels of unknown representation in a file in big endian, which PS3.5 has in little endian");
        }
        // The value stays in the file; the element is kept empty, so that its tag can be asked for.
        pixels = Optional.of(new PixelLocation(in.position(), length, vr == Vr.OW));
        keep(elements, Element.ofBytes(tag, vr, new byte[0]));
    }

    private List<DataSet> sequence(int tag, long length, boolean implicit, long outerEnd, int depth)
            throws IOException {
        if (depth > Math.min(limits.maxNesting(), DEEPEST)) {
            throw new LimitExceededException(
                    path,
                    Tag.describe(tag),
                    "sequences nested deeper than " + Math.min(limits.maxNesting(), DEEPEST) + " levels",
                    "Raise ReadLimits.maxNesting if the file is genuine; no CT image needs that.");
        }
        long end = length == UNDEFINED ? outerEnd : in.position() + length;
        boolean keep = Tag.isKnown(tag);
        List<DataSet> items = new ArrayList<>();
        while (length == UNDEFINED || in.position() < end) {
            int item = in.tag();
            long itemLength = in.u32();
            if (item == Tag.SEQUENCE_DELIMITATION && length == UNDEFINED) {
                break;
            }
            if (item != Tag.ITEM) {
                throw bad(tag, "the tag " + Tag.describe(item) + " where an item of the sequence should begin");
            }
            if (itemLength != UNDEFINED) {
                checkLength(item, itemLength, end);
            }
            charge(tag, keep ? ELEMENT_COST : headerCost());
            DataSet content = item(itemLength, implicit, end, depth);
            if (keep) {
                items.add(content);
            }
        }
        checkEnd(tag, length, end);
        return items;
    }

    private DataSet item(long length, boolean implicit, long outerEnd, int depth) throws IOException {
        long end = length == UNDEFINED ? outerEnd : in.position() + length;
        Map<Integer, Element> elements = new TreeMap<>();
        while (length == UNDEFINED || in.position() < end) {
            int tag = in.tag();
            if (tag == Tag.ITEM_DELIMITATION && length == UNDEFINED) {
                in.skip(4);
                break;
            }
            element(elements, tag, implicit, end, depth);
        }
        checkEnd(Tag.ITEM, length, end);
        return new DataSet(path, in.order(), elements);
    }

    /** Passes over pixel data in fragments, as icons may have. */
    private void fragments(int tag) throws IOException {
        while (true) {
            int item = in.tag();
            long length = in.u32();
            if (item == Tag.SEQUENCE_DELIMITATION) {
                return;
            }
            if (item != Tag.ITEM || length == UNDEFINED) {
                throw bad(tag, "the tag " + Tag.describe(item) + " where a fragment should begin");
            }
            checkLength(tag, length, UNDEFINED);
            skip(tag, length);
        }
    }

    private void skip(int tag, long length) throws IOException {
        if (streaming) {
            charge(tag, length);
        }
        in.skip(length);
    }

    private void keep(Map<Integer, Element> elements, Element element) throws FormatException {
        Element earlier = elements.putIfAbsent(element.tag(), element);
        if (earlier != null && (element.vr() == Vr.SQ || !Arrays.equals(earlier.value(), element.value()))) {
            throw bad(element.tag(), "stands twice in the data set with different values");
        }
    }

    /** Inflating costs time even if nothing is kept, so that there every attribute counts. */
    private int headerCost() {
        return streaming ? 8 : 0;
    }

    private void checkEnd(int tag, long length, long end) throws FormatException {
        if (length != UNDEFINED && in.position() != end) {
            throw bad(tag, "its content ends at byte " + in.position() + ", by its length it should end at " + end);
        }
    }

    private void checkLength(int tag, long length, long end) throws IOException {
        if (end != UNDEFINED && length > end - in.position()) {
            throw bad(
                    tag,
                    "declares " + length + " bytes, but the item around it ends after "
                            + Math.max(0, end - in.position()));
        }
        if (!streaming && length > size - in.position()) {
            throw new TruncatedFileException(
                    path,
                    Tag.describe(tag),
                    "declares " + length + " bytes, but the file ends after " + Math.max(0, size - in.position()),
                    REPAIR);
        }
    }

    private void charge(int tag, long bytes) throws FormatException {
        cost += bytes;
        if (cost > limits.maxHeaderBytes()) {
            throw new LimitExceededException(
                    path,
                    Tag.describe(tag),
                    "the attributes before the pixels take more than " + limits.maxHeaderBytes() + " bytes",
                    "Raise ReadLimits.maxHeaderBytes if the file is genuine.");
        }
    }

    private FormatException bad(int tag, String found) {
        return new FormatException(path, Tag.describe(tag), found, REPAIR);
    }
}

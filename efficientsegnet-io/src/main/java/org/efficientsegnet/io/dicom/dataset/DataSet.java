// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.efficientsegnet.io.format.FormatException;

/**
 * Attributes by tag, as they stand in a file or in an item of a sequence. A value that cannot be what it should be is
 * reported when it is asked for. Immutable and thread-safe.
 */
public final class DataSet {

    private static final int LONGEST_DECIMAL = 64;
    private static final Pattern DECIMAL_COMMA = Pattern.compile("[+-]?\\d+,\\d+(?:[eE][+-]?\\d+)?");

    /** 1,024 may be either; 0,500 may not. */
    private static final Pattern THOUSANDS = Pattern.compile("[+-]?[1-9]\\d{0,2}(?:,\\d{3})+");

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}", Pattern.UNICODE_CHARACTER_CLASS);

    private final Path file;
    private final ByteOrder order;
    private final Map<Integer, Element> elements;

    DataSet(Path file, ByteOrder order, Map<Integer, Element> elements) {
        this.file = file;
        this.order = order;
        this.elements = Collections.unmodifiableMap(new TreeMap<>(elements));
    }

    /** An empty one. */
    public static Builder builder() {
        return new Builder();
    }

    /** In the order of their tags, which all are below 0x80000000. */
    Collection<Element> elements() {
        return elements.values();
    }

    /** Whether the attribute is there, be it empty. */
    public boolean contains(int tag) {
        return elements.containsKey(tag);
    }

    /** The items of a sequence; none if it is absent. */
    public List<DataSet> items(int tag) {
        Element element = elements.get(tag);
        return element == null ? List.of() : element.items();
    }

    /** The only or first item of a sequence. */
    public Optional<DataSet> item(int tag) {
        List<DataSet> items = items(tag);
        return items.isEmpty() ? Optional.empty() : Optional.of(items.get(0));
    }

    /** The values of text without padding and control characters, in ASCII or Latin 1; none if absent or empty. */
    public List<String> texts(int tag) {
        Element element = elements.get(tag);
        if (element == null || element.value().length == 0) {
            return List.of();
        }
        List<String> values = new ArrayList<>();
        for (String value : new String(element.value(), StandardCharsets.ISO_8859_1).split("\\\\", -1)) {
            values.add(strip(value));
        }
        return values.size() == 1 && values.get(0).isEmpty() ? List.of() : values;
    }

    /** The first value of text, such as a code or an identifier; empty if absent or empty. */
    public Optional<String> text(int tag) {
        return texts(tag).stream().findFirst().filter(s -> !s.isEmpty());
    }

    /** The whole of a text that people read, in the data set's character set if Java has it, else in Latin 1. */
    public Optional<String> prose(int tag, Charset charset) {
        Element element = elements.get(tag);
        return element == null
                ? Optional.empty()
                : Optional.of(strip(new String(element.value(), charset))).filter(s -> !s.isEmpty());
    }

    /**
     * The value of text that must be there.
     *
     * @throws FormatException if it is absent or empty
     */
    public String require(int tag) throws FormatException {
        return text(tag).orElseThrow(() -> missing(tag));
    }

    /**
     * The first of whole numbers, in binary or text.
     *
     * @throws FormatException if it is none
     */
    public OptionalInt integer(int tag) throws FormatException {
        int[] values = integers(tag);
        return values.length == 0 ? OptionalInt.empty() : OptionalInt.of(values[0]);
    }

    /**
     * A whole number that must be there.
     *
     * @throws FormatException if it is absent or none
     */
    public int requireInteger(int tag) throws FormatException {
        return integer(tag).orElseThrow(() -> missing(tag));
    }

    /**
     * Whole numbers, in binary (16 and 32 bits; without sign if the representation has none) or text; none if absent.
     *
     * @throws FormatException if they are none
     */
    public int[] integers(int tag) throws FormatException {
        Element element = elements.get(tag);
        if (element == null) {
            return new int[0];
        }
        Vr vr = element.vr();
        ByteBuffer bytes = ByteBuffer.wrap(element.value()).order(order);
        switch (vr) {
            case US, SS -> {
                int[] values = new int[checkedCount(element, 2)];
                for (int i = 0; i < values.length; i++) {
                    values[i] = vr == Vr.US ? bytes.getShort() & 0xffff : bytes.getShort();
                }
                return values;
            }
            case UL, SL -> {
                int[] values = new int[checkedCount(element, 4)];
                for (int i = 0; i < values.length; i++) {
                    values[i] = bytes.getInt();
                    if (vr == Vr.UL && values[i] < 0) {
                        throw bad(tag, "the number " + Integer.toUnsignedString(values[i]) + " is too large");
                    }
                }
                return values;
            }
            // Some writers declare a text of another kind.
            case IS, DS, CS, LO, LT, SH, ST, UC, UT -> {
                List<String> texts = texts(tag);
                int[] values = new int[texts.size()];
                for (int i = 0; i < values.length; i++) {
                    try {
                        values[i] = Integer.parseInt(texts.get(i));
                    } catch (NumberFormatException e) {
                        throw bad(tag, quote(texts.get(i)) + " is no whole number of 32 bits");
                    }
                }
                return values;
            }
            default -> throw bad(tag, "the value representation " + vr + " holds no whole numbers");
        }
    }

    /**
     * Decimal numbers, in text or binary; none if absent. A decimal comma is understood unless it may stand between
     * thousands.
     *
     * @throws FormatException if one is no finite number
     */
    public double[] decimals(int tag) throws FormatException {
        Element element = elements.get(tag);
        if (element == null) {
            return new double[0];
        }
        Vr vr = element.vr();
        double[] values;
        switch (vr) {
            case FD, FL -> {
                ByteBuffer bytes = ByteBuffer.wrap(element.value()).order(order);
                values = new double[checkedCount(element, vr == Vr.FD ? 8 : 4)];
                for (int i = 0; i < values.length; i++) {
                    values[i] = vr == Vr.FD ? bytes.getDouble() : bytes.getFloat();
                }
            }
            case US, SS, UL, SL -> {
                int[] whole = integers(tag);
                values = new double[whole.length];
                for (int i = 0; i < whole.length; i++) {
                    values[i] = whole[i];
                }
            }
            case DS, IS, CS, LO, LT, SH, ST, UC, UT -> {
                List<String> texts = texts(tag);
                values = new double[texts.size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = parse(tag, texts.get(i));
                }
            }
            default -> throw bad(tag, "the value representation " + vr + " holds no decimal numbers");
        }
        for (double value : values) {
            if (!Double.isFinite(value)) {
                throw bad(tag, value + " is no finite number");
            }
        }
        return values;
    }

    /**
     * Exactly so many decimal numbers, or none if the attribute is absent or empty.
     *
     * @throws FormatException if there are others than so many, or one is no finite number
     */
    public Optional<double[]> decimals(int tag, int count) throws FormatException {
        double[] values = decimals(tag);
        if (values.length == 0) {
            return Optional.empty();
        }
        if (values.length != count) {
            throw bad(tag, values.length + " values where " + count + " are needed");
        }
        return Optional.of(values);
    }

    /**
     * So many decimal numbers.
     *
     * @throws FormatException if there are others than so many, or one is no finite number
     */
    public double[] requireDecimals(int tag, int count) throws FormatException {
        return decimals(tag, count).orElseThrow(() -> missing(tag));
    }

    /** For {@link Builder#copy}; text and sequences only, as other values depend on the byte order. */
    Optional<Element> copyable(int tag) {
        Element element = elements.get(tag);
        if (element == null || (element.vr() != Vr.SQ && !element.vr().isText())) {
            return Optional.empty();
        }
        if (element.vr() != Vr.SQ) {
            return Optional.of(element);
        }
        List<DataSet> items = new ArrayList<>();
        for (DataSet item : element.items()) {
            Builder copy = new Builder();
            item.elements.keySet().forEach(inner -> copy.copy(item, inner));
            items.add(copy.build());
        }
        return Optional.of(Element.ofItems(tag, items));
    }

    /** An error about an attribute of this data set. */
    public FormatException bad(int tag, String found) {
        return new FormatException(
                file, Tag.describe(tag), found, "Export the series again, or repair the file with a DICOM editor.");
    }

    private FormatException missing(int tag) {
        return bad(tag, "is absent or empty, but needed");
    }

    private int checkedCount(Element element, int size) throws FormatException {
        if (element.value().length % size != 0) {
            throw bad(
                    element.tag(),
                    element.value().length + " bytes, which is no whole number of values of " + size + " bytes");
        }
        return element.value().length / size;
    }

    private double parse(int tag, String text) throws FormatException {
        // Double.parseDouble also takes hexadecimal numbers, type suffixes and NaN, which DICOM does not have.
        boolean decimal = !text.isEmpty() && text.length() <= LONGEST_DECIMAL;
        for (int i = 0; i < text.length() && decimal; i++) {
            decimal = "0123456789+-.,eE".indexOf(text.charAt(i)) >= 0;
        }
        if (!decimal) {
            throw bad(tag, quote(text) + " is no decimal number");
        }
        if (THOUSANDS.matcher(text).matches()) {
            throw bad(
                    tag,
                    quote(text)
                            + " has a comma, which may be a decimal one or stand between thousands; DICOM has points"
                            + " only");
        }
        try {
            return Double.parseDouble(DECIMAL_COMMA.matcher(text).matches() ? text.replace(',', '.') : text);
        } catch (NumberFormatException e) {
            throw bad(tag, quote(text) + " is no decimal number");
        }
    }

    /** Whether one of the numbers has a decimal comma that was understood. */
    public boolean hasDecimalComma(int tag) {
        return texts(tag).stream()
                .anyMatch(text -> DECIMAL_COMMA.matcher(text).matches()
                        && !THOUSANDS.matcher(text).matches());
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < Math.min(text.length(), LONGEST_DECIMAL); i++) {
            char c = text.charAt(i);
            quoted.append(c < ' ' || c > '~' ? '?' : c);
        }
        return quoted.append('"').toString();
    }

    private static String strip(String value) {
        int from = 0;
        int to = value.length();
        while (to > from && (value.charAt(to - 1) == ' ' || value.charAt(to - 1) == 0)) {
            to--;
        }
        while (from < to && value.charAt(from) == ' ') {
            from++;
        }
        // Text ends up in messages and on terminals, which control characters could command.
        return CONTROL.matcher(value.substring(from, to)).replaceAll("?");
    }

    /** Puts a data set together for writing, in little endian. Not thread-safe. */
    public static final class Builder {

        private final Map<Integer, Element> elements = new TreeMap<>();

        private Builder() {}

        /** Sets text; none makes the attribute empty. */
        public Builder text(int tag, String... values) {
            return put(
                    Element.ofBytes(tag, Tag.vr(tag), String.join("\\", values).getBytes(StandardCharsets.ISO_8859_1)));
        }

        /** Sets whole numbers of 16 or 32 bits, or text, as the attribute's representation demands. */
        public Builder integers(int tag, int... values) {
            Vr vr = Tag.vr(tag);
            if (vr == Vr.IS) {
                String[] texts = new String[values.length];
                for (int i = 0; i < texts.length; i++) {
                    texts[i] = Integer.toString(values[i]);
                }
                return text(tag, texts);
            }
            boolean wide = vr == Vr.UL || vr == Vr.SL;
            ByteBuffer bytes =
                    ByteBuffer.allocate(values.length * (wide ? 4 : 2)).order(ByteOrder.LITTLE_ENDIAN);
            for (int value : values) {
                if (wide) {
                    bytes.putInt(value);
                } else {
                    bytes.putShort((short) value);
                }
            }
            return put(Element.ofBytes(tag, vr, bytes.array()));
        }

        /** Sets decimal numbers as text of at most 16 characters each, as exact as that allows. */
        public Builder decimals(int tag, double... values) {
            String[] texts = new String[values.length];
            for (int i = 0; i < texts.length; i++) {
                texts[i] = DecimalString.of(values[i]);
            }
            return text(tag, texts);
        }

        /** Sets tags as values. */
        public Builder tags(int tag, int... values) {
            ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
            for (int value : values) {
                bytes.putShort((short) (value >>> 16)).putShort((short) value);
            }
            return put(Element.ofBytes(tag, Vr.AT, bytes.array()));
        }

        /** Sets bytes. */
        public Builder bytes(int tag, byte... values) {
            return put(Element.ofBytes(tag, Tag.vr(tag), values.clone()));
        }

        /** Sets the items of a sequence. */
        public Builder items(int tag, DataSet... items) {
            return items(tag, List.of(items));
        }

        /** Sets the items of a sequence. */
        public Builder items(int tag, List<DataSet> items) {
            return put(Element.ofItems(tag, items));
        }

        /** Takes text or a sequence over from another data set if it is there, byte for byte. */
        public Builder copy(DataSet from, int... tags) {
            for (int tag : tags) {
                from.copyable(tag).ifPresent(this::put);
            }
            return this;
        }

        /** The data set so far. */
        public DataSet build() {
            return new DataSet(Path.of(""), ByteOrder.LITTLE_ENDIAN, elements);
        }

        private Builder put(Element element) {
            elements.put(element.tag(), element);
            return this;
        }
    }
}

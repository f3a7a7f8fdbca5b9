// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.Siblings;
import org.efficientsegnet.io.format.UnsupportedFormatException;

/** The fields of a text header by name, with errors that name the field. Not thread-safe. */
public final class HeaderFields {

    private static final String REMEDY = "The header is damaged or was edited; write the file anew.";

    private final Path file;
    private final Map<String, String> values = new LinkedHashMap<>();

    /** @param file for messages */
    public HeaderFields(Path file) {
        this.file = file;
    }

    /**
     * Adds a field.
     *
     * @throws FormatException if there is one of that name
     */
    public void put(String name, String value) throws FormatException {
        if (values.putIfAbsent(name, value) != null) {
            throw new FormatException(file, name, "given twice", REMEDY);
        }
    }

    /** Whether there is such a field. */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /** A field's text, or the fallback. */
    public String text(String name, String fallback) {
        return values.getOrDefault(name, fallback);
    }

    /**
     * A field's text.
     *
     * @throws FormatException if there is none
     */
    public String text(String name) throws FormatException {
        String value = values.get(name);
        if (value == null) {
            throw new FormatException(file, name, "missing", REMEDY);
        }
        return value;
    }

    /**
     * A field's whole numbers, separated by spaces.
     *
     * @param count how many there must be
     * @throws FormatException if it is missing or holds something else
     */
    public long[] longs(String name, int count) throws FormatException {
        String[] words = words(name, count);
        long[] numbers = new long[count];
        for (int i = 0; i < count; i++) {
            try {
                numbers[i] = Long.parseLong(words[i]);
            } catch (NumberFormatException e) {
                throw new FormatException(file, name, "\"" + words[i] + "\" is not a whole number", REMEDY, e);
            }
        }
        return numbers;
    }

    /**
     * How much a field says is to be passed over, in whatever unit; 0 if there is no such field.
     *
     * @param least 0, or a lower number that has a meaning of its own
     * @throws FormatException if it is less
     * @throws LimitExceededException if it is more than the largest header
     */
    public long skip(String name, long least, ReadLimits limits) throws FormatException {
        if (!has(name)) {
            return 0;
        }
        long skip = longs(name, 1)[0];
        if (skip < least) {
            throw new FormatException(file, name, skip + " is below " + least, REMEDY);
        }
        if (skip > limits.maxHeaderBytes()) {
            throw new LimitExceededException(
                    file,
                    name,
                    skip + "; the limit is " + limits.maxHeaderBytes(),
                    "Raise ReadLimits.maxHeaderBytes if it is genuine.");
        }
        return skip;
    }

    /**
     * The data file that a field names, beside the header.
     *
     * @throws FormatException if it names several, or one that is not there or lies outside the header's folder
     */
    public Path dataFile(String name) throws IOException {
        String data = text(name);
        if (data.startsWith("LIST") || data.contains("%")) {
            throw new UnsupportedFormatException(
                    file, name, "data split over several files", "Write the volume as one file.");
        }
        return Siblings.resolve(file, data, name);
    }

    /**
     * A field's finite numbers, separated by spaces.
     *
     * @param count how many there must be
     * @throws FormatException if it is missing or holds something else
     */
    public double[] doubles(String name, int count) throws FormatException {
        String[] words = words(name, count);
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = number(name, words[i]);
        }
        return numbers;
    }

    /**
     * A finite number out of a field.
     *
     * @throws FormatException if it is something else
     */
    public double number(String name, String word) throws FormatException {
        double number;
        try {
            number = Double.parseDouble(word);
        } catch (NumberFormatException e) {
            throw new FormatException(file, name, "\"" + word + "\" is not a number", REMEDY, e);
        }
        if (!Double.isFinite(number)) {
            throw new FormatException(file, name, word + " is not a finite number", REMEDY);
        }
        return number;
    }

    /**
     * A field's words.
     *
     * @param count how many there must be
     * @throws FormatException if there are more or fewer
     */
    public String[] words(String name, int count) throws FormatException {
        String[] words = text(name).trim().split("\\s+", count + 1);
        if (words.length != count) {
            String found = words.length > count ? "more" : String.valueOf(words.length);
            throw new FormatException(file, name, found + " values where there should be " + count, REMEDY);
        }
        return words;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A file is damaged, lies about itself or holds what cannot be a scan. Names the file, the field, what was found there
 * and the remedy. Every reader throws this or a subclass for bad input, and a plain {@link IOException} only if the
 * operating system fails.
 */
public class FormatException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Headers may hold anything; a message is for people. */
    private static final int MAX_FOUND = 300;

    private final transient Path file;
    private final String field;
    private final String found;
    private final String remedy;

    /**
     * @param file the file or directory
     * @param field the field as its format names it, {@code dim[1]} or {@code (0028,0010) Rows}, or the part of the file
     * @param found what was found there, and why that is wrong
     * @param remedy what to do about it
     */
    public FormatException(Path file, String field, String found, String remedy) {
        this(file, field, found, remedy, null);
    }

    /** As {@link #FormatException(Path, String, String, String)}, with what was thrown underneath; null if nothing was. */
    public FormatException(Path file, String field, String found, String remedy, Throwable cause) {
        super(file + ": " + field + ": " + brief(found) + ". " + remedy, cause);
        this.file = file;
        this.field = Objects.requireNonNull(field, "field");
        this.found = brief(found);
        this.remedy = Objects.requireNonNull(remedy, "remedy");
    }

    private static String brief(String text) {
        return text.length() <= MAX_FOUND ? text : text.substring(0, MAX_FOUND) + "…";
    }

    /** The file or directory. */
    public Path file() {
        return file;
    }

    /** The field, as its format names it, or the part of the file. */
    public String field() {
        return field;
    }

    /** What was found, and why that is wrong. */
    public String found() {
        return found;
    }

    /** What to do about it. */
    public String remedy() {
        return remedy;
    }
}

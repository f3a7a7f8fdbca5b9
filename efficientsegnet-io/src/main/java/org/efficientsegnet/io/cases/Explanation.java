// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.io.format.FormatException;

/** What went wrong, in one line for people: what, where, and the remedy where one is known. */
public final class Explanation {

    private Explanation() {}

    /** The line, without a line break. */
    public static String of(Throwable failure) {
        return oneLine(inFull(failure));
    }

    /** The same, where a list may stand on lines of its own. */
    public static String inFull(Throwable failure) {
        return String.valueOf(text(failure)).strip();
    }

    /**
     * Whether the failure is one that the library foresees: bad input, a full disk, too little memory. Anything else is
     * a defect, whose stack trace is worth keeping.
     */
    public static boolean isForeseen(Throwable failure) {
        return failure instanceof IOException
                || failure instanceof UncheckedIOException
                || failure instanceof SegmentationException
                || failure instanceof IllegalArgumentException
                || failure instanceof OutOfMemoryError;
    }

    private static String text(Throwable failure) {
        if (failure instanceof UncheckedIOException unchecked) {
            return text(unchecked.getCause());
        }
        if (failure instanceof FormatException || failure instanceof SegmentationException) {
            return failure.getMessage();
        }
        if (failure instanceof FileSystemException file) {
            return text(file);
        }
        if (failure instanceof InvalidPathException path) {
            return path.getInput() + ": is no file name in the character set of this locale ("
                    + System.getProperty("sun.jnu.encoding") + "); set LC_ALL=C.UTF-8, for instance";
        }
        if (failure instanceof FileNotFoundException || failure instanceof EOFException) {
            return failure.getMessage() + ": cannot be read to its end";
        }
        if (failure instanceof OutOfMemoryError) {
            boolean heap = String.valueOf(failure.getMessage()).contains("heap");
            return "not enough memory (" + failure.getMessage() + "); "
                    + (heap ? "give Java more with -Xmx" : "free some on this machine")
                    + ", or run fewer cases at once";
        }
        boolean speaks = failure.getMessage() != null && !failure.getMessage().isBlank();
        if (isForeseen(failure) && speaks) {
            return failure.getMessage();
        }
        return "unexpected " + failure.getClass().getSimpleName() + (speaks ? ": " + failure.getMessage() : "");
    }

    private static String text(FileSystemException failure) {
        String file = String.valueOf(failure.getFile());
        if (failure instanceof NoSuchFileException) {
            return file + ": there is no such file or folder";
        }
        if (failure instanceof AccessDeniedException) {
            return file + ": permission denied";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return file + ": is there already"
                    + (Files.isDirectory(Path.of(file))
                            ? "; give another name, or take it away"
                            : ", and is not a folder");
        }
        if (failure instanceof NotDirectoryException) {
            return file + ": is not a folder";
        }
        if (failure instanceof DirectoryNotEmptyException) {
            return file + ": is a folder, not a file";
        }
        for (Path above = Path.of(file).getParent(); above != null; above = above.getParent()) {
            if (Files.isRegularFile(above)) {
                return above + ": is not a folder";
            }
        }
        return file + ": " + (failure.getReason() == null ? "cannot be read or written" : failure.getReason());
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s*\\R\\s*", " ");
    }
}

package org.efficientsegnet.nn.weights;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/** Files that appear whole or not at all. */
public final class AtomicFiles {

    private AtomicFiles() {}

    /** Writes what the file shall hold. */
    @FunctionalInterface
    public interface Content {
        /** @param out closed by the caller */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes a file under a temporary name beside the target, then moves it there. A file that was there is replaced;
     * after an error it is as it was.
     *
     * @throws IOException if writing fails
     */
    public static void write(Path target, Content content) throws IOException {
        Path absolute = target.toAbsolutePath();
        Path temporary = temporaryBeside(absolute);
        try {
            try (OutputStream out = new BufferedOutputStream(
                    Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    1 << 16)) {
                content.writeTo(out);
            }
            move(temporary, absolute);
        } catch (IOException e) {
            // A full disk has no name otherwise.
            boolean nameless = e.getClass() == IOException.class && e.getMessage() != null;
            throw nameless ? new IOException(target + ": " + e.getMessage(), e) : e;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** A name that nobody uses, in the directory of the target, so that a move within one file system is enough. */
    public static Path temporaryBeside(Path target) {
        String random = Long.toHexString(ThreadLocalRandom.current().nextLong());
        return target.resolveSibling("." + target.getFileName() + "." + random + ".part");
    }

    /** Puts a finished file or directory in its place. */
    public static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}

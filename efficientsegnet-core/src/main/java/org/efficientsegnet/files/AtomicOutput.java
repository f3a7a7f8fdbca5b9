// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.files;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.UUID;

/**
 * Files and directories that appear whole or not at all: written under a temporary name in the target's directory, then moved over the
 * target. After a failure the temporary file is gone and an earlier target is as it was.
 */
public final class AtomicOutput {

    /** Of the target's name so much stands in the temporary one: the ending, and what people recognise it by. */
    private static final int LONGEST_END = 40;

    private AtomicOutput() {}

    /** Writes a file's content. */
    @FunctionalInterface
    public interface Body {
        /** @param out buffered; closed by the caller of this method */
        void write(OutputStream out) throws IOException;
    }

    /** Makes a file. */
    @FunctionalInterface
    public interface Maker {
        /** @param temporary the file to make; it does not exist yet */
        void make(Path temporary) throws IOException;
    }

    /**
     * Writes a file through a stream.
     *
     * @param target the file; its directory must exist
     * @throws IOException if writing fails; it names the target
     */
    public static void write(Path target, Body body) throws IOException {
        make(target, temporary -> stream(temporary, body));
    }

    private static void stream(Path file, Body body) throws IOException {
        try (OutputStream out = new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), 1 << 16)) {
            body.write(out);
        }
    }

    /**
     * Writes a directory of files.
     *
     * @param target the directory, which must not exist; its own directory must
     * @param files by their names
     * @throws IOException if writing fails; it names the target
     */
    public static void writeDirectory(Path target, Map<String, Body> files) throws IOException {
        Path absolute = target.toAbsolutePath();
        Path temporary = temporaryBeside(absolute);
        try {
            Files.createDirectory(temporary);
            for (Map.Entry<String, Body> file : files.entrySet()) {
                stream(temporary.resolve(file.getKey()), file.getValue());
            }
            move(temporary, absolute);
        } catch (IOException e) {
            throw naming(target, temporary, e);
        } finally {
            for (String name : files.keySet()) {
                Files.deleteIfExists(temporary.resolve(name));
            }
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * Writes a file by its name, for libraries that want one. The temporary name ends as the target's does.
     *
     * @param target the file; its directory must exist
     * @throws IOException if writing fails; it names the target
     */
    public static void make(Path target, Maker maker) throws IOException {
        Path absolute = target.toAbsolutePath();
        Path temporary = temporaryBeside(absolute);
        try {
            maker.make(temporary);
            move(temporary, absolute);
        } catch (IOException e) {
            throw naming(target, temporary, e);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * That a file may have its name, before the work is done whose result it is to hold: file systems bound the length.
     *
     * @param target the file; neither it nor its directory need exist
     * @throws FileSystemException if not
     * @throws IOException if the file system cannot be asked
     */
    public static void checkName(Path target) throws IOException {
        Path directory = target.toAbsolutePath().getParent();
        while (directory != null && !Files.isDirectory(directory)) {
            directory = directory.getParent();
        }
        if (directory == null) {
            return;
        }
        Path beside = directory.resolve(target.getFileName());
        try {
            Files.readAttributes(beside, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException | AccessDeniedException e) {
            return;
        } catch (FileSystemException e) {
            throw new FileSystemException(target.toString(), null, e.getReason());
        }
    }

    /** A hidden name that ends as the target's does, and is not too long where the target's is not. */
    private static Path temporaryBeside(Path absolute) {
        String name = absolute.getFileName().toString();
        int from = Math.max(0, name.length() - LONGEST_END);
        if (from > 0 && Character.isLowSurrogate(name.charAt(from))) {
            from++;
        }
        return absolute.resolveSibling("." + UUID.randomUUID() + "." + name.substring(from));
    }

    private static void move(Path temporary, Path absolute) throws IOException {
        try {
            Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(temporary, absolute, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** The failure as the caller's file has it: under the name that he gave, or under one at all if the disk is full. */
    private static IOException naming(Path target, Path temporary, IOException failure) {
        IOException named;
        if (failure instanceof FileSystemException system) {
            if (!temporary.toString().equals(system.getFile())) {
                return failure;
            }
            Path folder = temporary.getParent();
            if (failure instanceof NoSuchFileException && !Files.isDirectory(folder)) {
                named = new NoSuchFileException(
                        folder.toString(), null, "there is no such folder; make it before " + target + " is written");
            } else if (failure instanceof AccessDeniedException) {
                named = new AccessDeniedException(target.toString());
            } else {
                String reason = system.getReason() == null ? "cannot be written there" : system.getReason();
                named = new FileSystemException(target.toString(), null, reason);
            }
        } else if (failure.getClass() == IOException.class && failure.getMessage() != null) {
            named = new IOException(target + ": " + failure.getMessage());
        } else {
            return failure;
        }
        named.initCause(failure);
        return named;
    }
}

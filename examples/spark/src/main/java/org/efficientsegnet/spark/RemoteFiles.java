// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.efficientsegnet.io.cases.InputIdentity;
import org.efficientsegnet.io.cases.ScanNames;
import org.efficientsegnet.spark.storage.WholeFiles;

/**
 * Files of any Hadoop file system by their URIs, which are written as Hadoop and Spark write them: not percent-encoded.
 * Inputs are copied to the local disk, outputs appear whole. Thread-safe.
 */
final class RemoteFiles {

    private static final int MOST_HEADER_BYTES = 1 << 16;
    private static final int MOST_SIBLINGS = 100_000;

    private final Configuration configuration;

    RemoteFiles(Configuration configuration) {
        this.configuration = configuration;
    }

    /**
     * A file of an input.
     *
     * @param path where it lies
     * @param item its name below the input's folder, size and time
     */
    record InputFile(Path path, InputIdentity.Item item) {
        static InputFile of(FileStatus status, String name) {
            return new InputFile(
                    status.getPath(), new InputIdentity.Item(name, status.getLen(), status.getModificationTime()));
        }
    }

    /**
     * What lies at a case's path.
     *
     * @param uri as the user wrote it
     * @param name the last part of it
     * @param folder whether it is one
     * @param files what the case is recognised by: the file with its companions, or all files of the folder
     * @param beside files that the header names, which have names of their own
     */
    record Input(String uri, String name, boolean folder, List<InputFile> files, List<InputFile> beside) {

        InputIdentity identity(Optional<String> series) {
            return InputIdentity.of(files.stream().map(InputFile::item).toList(), series);
        }

        /** What the parts of its path have above it, with a slash at the end. */
        String parent() {
            int slash = uri.lastIndexOf('/', uri.length() - 2);
            return uri.substring(0, slash + 1);
        }
    }

    /** The path of a URI, with its file system. */
    Path path(String uri) throws IOException {
        try {
            Path path = new Path(uri);
            return system(path).makeQualified(path);
        } catch (RuntimeException | UnsupportedFileSystemException e) {
            // Hadoop wraps a class that is missing in a bare RuntimeException.
            throw new IOException(
                    uri + ": is no path of a file system that is known here: " + e.getMessage()
                            + "; give the library of its file system with --packages, and its settings with --conf"
                            + " spark.hadoop.…",
                    e);
        }
    }

    /** Hadoop's local file system writes a checksum beside every file, and refuses files beside an old one. */
    FileSystem system(Path path) throws IOException {
        FileSystem system = path.getFileSystem(configuration);
        return system instanceof LocalFileSystem local ? local.getRawFileSystem() : system;
    }

    /**
     * Looks at a case's input without reading it.
     *
     * @throws NoSuchFileException if there is none
     */
    Input look(String uri) throws IOException {
        Path path = path(uri);
        FileSystem system = system(path);
        FileStatus status = status(system, path).orElseThrow(() -> new NoSuchFileException(uri));
        if (status.isFile() && ScanNames.isMedium(path.getName())) {
            String parent = uri.substring(0, uri.lastIndexOf('/'));
            return new Input(parent, path.getParent().getName(), true, below(system, path.getParent()), List.of());
        }
        if (status.isDirectory()) {
            String trimmed = uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
            return new Input(trimmed, path.getName(), true, below(system, path), List.of());
        }
        if (!ScanNames.isDetachedHeader(path.getName())) {
            return new Input(uri, path.getName(), false, List.of(InputFile.of(status, path.getName())), List.of());
        }
        List<InputFile> companions = new ArrayList<>();
        List<InputFile> beside = new ArrayList<>();
        String header = head(system, path);
        RemoteIterator<FileStatus> siblings = system.listStatusIterator(path.getParent());
        for (int n = 0; siblings.hasNext() && n < MOST_SIBLINGS; n++) {
            FileStatus sibling = siblings.next();
            String name = sibling.getPath().getName();
            if (sibling.isFile() && ScanNames.isCompanion(path.getName(), name)) {
                companions.add(InputFile.of(sibling, name));
            } else if (sibling.isFile() && header.contains(name)) {
                beside.add(InputFile.of(sibling, name));
            }
        }
        return new Input(uri, path.getName(), false, companions, beside);
    }

    private static String head(FileSystem system, Path file) throws IOException {
        try (InputStream in = system.open(file)) {
            return new String(in.readNBytes(MOST_HEADER_BYTES), StandardCharsets.UTF_8);
        }
    }

    private static List<InputFile> below(FileSystem system, Path folder) throws IOException {
        List<InputFile> files = new ArrayList<>();
        RemoteIterator<LocatedFileStatus> entries = system.listFiles(folder, true);
        while (entries.hasNext()) {
            FileStatus entry = entries.next();
            files.add(InputFile.of(entry, relative(folder, entry.getPath())));
        }
        return files;
    }

    /** The path of a file below a folder, parts divided by {@code /}. */
    static String relative(Path folder, Path file) {
        String root = folder.toUri().getPath();
        String path = file.toUri().getPath();
        return path.substring(root.endsWith("/") ? root.length() : root.length() + 1);
    }

    /**
     * Copies an input to the local disk.
     *
     * @param target an empty folder
     * @return the file or folder in it that the input is
     * @throws IOException if a file has another length than was listed
     */
    java.nio.file.Path copy(Input input, java.nio.file.Path target) throws IOException {
        java.nio.file.Path root = input.folder() ? target.resolve(input.name()) : target;
        Files.createDirectories(root);
        Set<java.nio.file.Path> folders = new HashSet<>();
        List<InputFile> files = new ArrayList<>(input.files());
        files.addAll(input.beside());
        for (InputFile file : files) {
            java.nio.file.Path local = root.resolve(file.item().name()).normalize();
            if (!local.startsWith(root)) {
                throw new IOException(file.path() + ": its name leads out of its folder");
            }
            if (folders.add(local.getParent())) {
                Files.createDirectories(local.getParent());
            }
            long bytes;
            try (InputStream in = system(file.path()).open(file.path())) {
                bytes = Files.copy(in, local);
            }
            if (bytes != file.item().bytes()) {
                throw new IOException(file.path() + ": " + bytes + " bytes were read where "
                        + file.item().bytes() + " were listed; it is being written, or the connection broke");
            }
        }
        return input.folder() ? root : root.resolve(input.name());
    }

    /** The whole of a small file; empty if there is none, or one that is larger. */
    Optional<byte[]> read(Path file, int most) throws IOException {
        try (InputStream in = system(file).open(file)) {
            byte[] bytes = in.readNBytes(most + 1);
            return bytes.length > most ? Optional.empty() : Optional.of(bytes);
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    /** The size of a file; empty if there is none. */
    Optional<Long> size(Path file) throws IOException {
        return status(system(file), file).filter(FileStatus::isFile).map(FileStatus::getLen);
    }

    private static Optional<FileStatus> status(FileSystem system, Path path) throws IOException {
        try {
            return Optional.of(system.getFileStatus(path));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        }
    }

    /** Deletes a file or folder if it is there. */
    void delete(Path path) throws IOException {
        system(path).delete(path, true);
    }

    /**
     * Writes a file, whole or not at all; an earlier one is replaced, missing folders are made. Where renaming is atomic
     * the file is written under another name first; an object store shows a key when it is complete.
     */
    void publish(Path target, WholeFiles.Content content) throws IOException {
        FileSystem system = system(target);
        if (WholeFiles.appearWhenClosed(system)) {
            WholeFiles.write(system, target, content);
            return;
        }
        system.mkdirs(target.getParent());
        Path unfinished = new Path(target.getParent(), "." + UUID.randomUUID() + "." + target.getName());
        try {
            WholeFiles.write(system, unfinished, content);
            if (!renamed(system, unfinished, target)) {
                // HDFS does not replace.
                system.delete(target, false);
                if (!renamed(system, unfinished, target)) {
                    throw new IOException(
                            target + ": cannot be written, the file system refused to rename " + unfinished.getName());
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            try {
                system.delete(unfinished, false);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private static boolean renamed(FileSystem system, Path from, Path to) throws IOException {
        try {
            return system.rename(from, to);
        } catch (org.apache.hadoop.fs.FileAlreadyExistsException e) {
            return false;
        }
    }

    /** Writes a local file's content. */
    void publish(Path target, java.nio.file.Path local) throws IOException {
        publish(target, out -> Files.copy(local, out));
    }
}

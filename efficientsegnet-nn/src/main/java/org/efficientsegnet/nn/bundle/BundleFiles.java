// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.efficientsegnet.nn.weights.MalformedFileException;

/** The files of a bundle, wherever they lie. Whoever opened it closes it. */
interface BundleFiles extends AutoCloseable {

    /**
     * An open file.
     *
     * @param in its bytes
     * @param length how many they are
     * @param crc their CRC-32, if they come out of the library's own jar, which then says what they ought to be
     */
    record Opened(InputStream in, long length, OptionalLong crc) implements AutoCloseable {

        /** A file of somebody else's. */
        Opened(InputStream in, long length) {
            this(in, length, OptionalLong.empty());
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** The bundle's name for messages and for its identity, without an ending. */
    String name();

    /**
     * Opens a file.
     *
     * @param file a plain name without directories
     * @throws MalformedFileException if it is not there or lies outside of the bundle
     */
    Opened open(String file) throws IOException;

    /** Whether there is such a file. */
    boolean has(String file);

    @Override
    void close() throws IOException;

    /** The files of a directory or a zip file. */
    static BundleFiles of(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return new InDirectory(path);
        }
        if (!Files.isRegularFile(path)) {
            throw new MalformedFileException(
                    path.toString(), "bundle", "there is no such file or directory", "name a directory or a zip file");
        }
        return new InZip(path);
    }

    private static MalformedFileException missing(String bundle, String file) {
        return new MalformedFileException(bundle, file, "it is not in the bundle", "get the bundle again");
    }

    /** A directory. Links that lead out of it are refused. */
    final class InDirectory implements BundleFiles {

        private final Path directory;
        private final String name;

        InDirectory(Path directory) throws IOException {
            this.directory = directory.toRealPath();
            Path last = this.directory.getFileName();
            this.name = last == null ? "bundle" : last.toString();
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean has(String file) {
            return Files.isRegularFile(directory.resolve(file));
        }

        @Override
        public Opened open(String file) throws IOException {
            Path path = directory.resolve(file);
            if (!Files.isRegularFile(path)) {
                throw missing(name, file);
            }
            Path real = path.toRealPath();
            if (!real.startsWith(directory)) {
                throw new MalformedFileException(
                        name, file, "it is a link to a file outside of the bundle", "copy the file into the bundle");
            }
            return new Opened(Files.newInputStream(real), Files.size(real));
        }

        @Override
        public void close() {
            // Nothing stays open between files.
        }
    }

    /** A zip file, with the bundle's files at its top or in one directory. */
    final class InZip implements BundleFiles {

        private static final int MOST_ENTRIES = 1000;
        // Weights hardly compress. Beyond this a file only wants to fill memory.
        private static final int MOST_RATIO = 100;
        private static final long SMALL = 1 << 24;

        private final String name;
        private final ZipFile zip;
        private final String folder;
        private final Map<String, ZipEntry> entries = new HashMap<>();

        InZip(Path path) throws IOException {
            String file = path.getFileName().toString();
            this.name = file.endsWith(".zip") ? file.substring(0, file.length() - 4) : file;
            try {
                this.zip = new ZipFile(path.toFile(), StandardCharsets.UTF_8);
            } catch (ZipException e) {
                throw new MalformedFileException(
                        file, "zip directory", e.getMessage(), "give a directory or a zip file with model.json", e);
            }
            try {
                this.folder = list(Files.size(path));
            } catch (IllegalArgumentException e) {
                zip.close();
                throw new MalformedFileException(
                        name, "zip directory", "a text in it is not UTF-8", "get the bundle again, or zip it anew", e);
            } catch (IOException | RuntimeException e) {
                zip.close();
                throw e;
            }
        }

        private String list(long fileSize) throws MalformedFileException {
            if (zip.size() > MOST_ENTRIES) {
                throw malformed("zip directory", zip.size() + " entries are more than the limit of " + MOST_ENTRIES);
            }
            String found = null;
            for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
                ZipEntry entry = all.nextElement();
                String path = entry.getName();
                check(path, entry, fileSize);
                int slash = path.lastIndexOf('/');
                boolean nearTop = slash < 0 || path.indexOf('/') == slash;
                if (path.substring(slash + 1).equals(ModelJson.FILE) && nearTop) {
                    if (found != null) {
                        throw malformed(path, "there is a second " + ModelJson.FILE);
                    }
                    found = path.substring(0, slash + 1);
                }
            }
            if (found == null) {
                throw missing(name, ModelJson.FILE);
            }
            return found;
        }

        private void check(String path, ZipEntry entry, long fileSize) throws MalformedFileException {
            if (path.startsWith("/")
                    || path.contains("\\")
                    || path.contains(":")
                    || ("/" + path + "/").contains("/../")) {
                throw malformed(path, "its name leads out of the bundle");
            }
            if (entries.putIfAbsent(path, entry) != null) {
                throw malformed(path, "it is there twice");
            }
            long size = entry.getSize();
            long compressed = entry.getCompressedSize();
            if (size < 0 || compressed < 0 || compressed > fileSize) {
                throw malformed(path, "its size is not what the file holds");
            }
            if (size > SMALL && size / MOST_RATIO > compressed) {
                throw malformed(path, size + " bytes out of " + compressed + " are more than weights compress to");
            }
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean has(String file) {
            return entries.containsKey(folder + file);
        }

        @Override
        public Opened open(String file) throws IOException {
            ZipEntry entry = entries.get(folder + file);
            if (entry == null) {
                throw missing(name, file);
            }
            return new Opened(zip.getInputStream(entry), entry.getSize());
        }

        @Override
        public void close() throws IOException {
            zip.close();
        }

        private MalformedFileException malformed(String field, String reason) {
            return new MalformedFileException(name, field, reason, "get the bundle again, or zip it anew");
        }
    }

    /** Resources beside a class. */
    record InClassPath(String name, String folder) implements BundleFiles {
        @Override
        public boolean has(String file) {
            return BundleFiles.class.getResource(folder + "/" + file) != null;
        }

        @Override
        public Opened open(String file) throws IOException {
            URL url = BundleFiles.class.getResource(folder + "/" + file);
            if (url == null) {
                throw new FileNotFoundException("the library's own bundle lacks " + file + "; get the jar again");
            }
            URLConnection connection = url.openConnection();
            // A cached jar connection would keep the jar open for good.
            connection.setUseCaches(false);
            InputStream in = connection.getInputStream();
            long crc = connection instanceof JarURLConnection jar
                    ? jar.getJarEntry().getCrc()
                    : -1;
            return new Opened(
                    in, connection.getContentLengthLong(), crc < 0 ? OptionalLong.empty() : OptionalLong.of(crc));
        }

        @Override
        public void close() {
            // Nothing stays open between files.
        }
    }
}

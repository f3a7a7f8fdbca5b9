// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.efficientsegnet.SegmentationException;

/** Directories in file systems that Hadoop reaches. */
final class FileSystems {

    private FileSystems() {}

    /** A directory in a file system; {@link #toString} is its URI. */
    static final class Place {
        private final FileSystem fileSystem;
        private final URI uri;

        private Place(FileSystem fileSystem, URI uri) {
            this.fileSystem = fileSystem;
            this.uri = uri;
        }

        FileSystem fileSystem() {
            return fileSystem;
        }

        /** A file below the directory; unlike in Hadoop's own way of joining them, names may hold colons. */
        org.apache.hadoop.fs.Path file(String name) {
            try {
                String path = uri.getPath();
                String below = path.endsWith("/") ? path + name : path + "/" + name;
                return new org.apache.hadoop.fs.Path(new URI(uri.getScheme(), uri.getAuthority(), below, null, null));
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(uri + "/" + name + " is no URI: " + e.getMessage(), e);
            }
        }

        org.apache.hadoop.fs.Path directory() {
            return new org.apache.hadoop.fs.Path(uri);
        }

        /** The directory itself where it is one of this machine, else null. */
        Path local() {
            return fileSystem instanceof LocalFileSystem ? Path.of(uri.getPath()) : null;
        }

        /** As Hadoop writes URIs, and users do: nothing is escaped. */
        @Override
        public String toString() {
            String authority = uri.getAuthority();
            return uri.getScheme() + "://" + (authority == null ? "" : authority) + uri.getPath();
        }
    }

    /**
     * A directory.
     *
     * @param uri or a path in the default file system
     * @throws SegmentationException if there is no such file system, or it cannot be reached
     */
    static Place place(String uri, Configuration hadoop) {
        try {
            org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(uri);
            FileSystem fileSystem = path.getFileSystem(hadoop);
            return new Place(
                    fileSystem,
                    path.makeQualified(fileSystem.getUri(), fileSystem.getWorkingDirectory())
                            .toUri());
        } catch (IOException | RuntimeException e) {
            // Hadoop wraps a class that is missing in a bare RuntimeException.
            throw new SegmentationException(
                    uri + " cannot be reached: " + e.getMessage()
                            + "; give the library of its file system with --packages, and its settings with --conf"
                            + " spark.hadoop.…",
                    e);
        }
    }
}

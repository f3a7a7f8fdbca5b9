// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.storage;

import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;

/** What makes files of a Hadoop file system complete or absent. Stateless and thread-safe. */
public final class WholeFiles {

    /** Object stores: to rename is to copy there, and what is written to a key is seen when it is complete. */
    private static final Set<String> STORES =
            Set.of("s3", "s3a", "s3n", "gs", "oss", "cosn", "obs", "swift", "ks3", "bos", "tos");

    private WholeFiles() {}

    /** Whether a file appears when it is closed, and not before; elsewhere it has to be written under another name first. */
    public static boolean appearWhenClosed(FileSystem system) {
        return STORES.contains(system.getUri().getScheme().toLowerCase(Locale.ROOT));
    }

    /** Writes a file's content. */
    @FunctionalInterface
    public interface Content {
        /** Writes it. */
        void writeTo(FSDataOutputStream out) throws IOException;
    }

    /** Writes a file; if that fails it is not there afterwards, as far as the file system allows. */
    public static void write(FileSystem system, Path file, Content content) throws IOException {
        FSDataOutputStream out = system.create(file, true);
        try {
            content.writeTo(out);
        } catch (IOException | RuntimeException | Error e) {
            // To close a stream is to publish what it has got so far.
            try {
                if (out.hasCapability(StreamCapabilities.ABORTABLE_STREAM)) {
                    out.abort();
                } else {
                    out.close();
                    system.delete(file, false);
                }
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
        out.close();
    }
}

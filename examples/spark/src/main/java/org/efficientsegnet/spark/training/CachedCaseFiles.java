// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.efficientsegnet.nn.train.data.CaseFiles;
import org.efficientsegnet.spark.storage.Scratch;

/**
 * The files of a prepared directory in any file system that Hadoop reaches. A file comes to the local storage of this
 * process when it is first asked for, and stays as long as the process; files of this machine are read where they are.
 */
final class CachedCaseFiles implements CaseFiles {

    private static final String DESCRIPTION = "dataset.json";

    /** One a directory, for all networks that this process trains. */
    private static final Map<String, CachedCaseFiles> OPEN = new ConcurrentHashMap<>();

    private final FileSystems.Place place;
    private final String version;
    private final Map<String, Object> locks = new ConcurrentHashMap<>();
    private Path copies;

    /** A file that is there could not be brought here; another attempt may be able to. */
    static final class TransferException extends IOException {
        private static final long serialVersionUID = 1L;

        TransferException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private CachedCaseFiles(FileSystems.Place place, String version) {
        this.place = place;
        this.version = version;
    }

    /** @param uri of the directory, or a path in the default file system */
    static CachedCaseFiles at(String uri, Configuration hadoop) {
        FileSystems.Place place = FileSystems.place(uri, hadoop);
        String version = version(place);
        // What was prepared anew since has another description.
        return OPEN.compute(
                place.toString(),
                (key, open) ->
                        open != null && open.version.equals(version) ? open : new CachedCaseFiles(place, version));
    }

    /** Files that are brought once. */
    static CachedCaseFiles once(String uri, Configuration hadoop) {
        return new CachedCaseFiles(FileSystems.place(uri, hadoop), "");
    }

    private static String version(FileSystems.Place place) {
        try {
            FileStatus status = place.fileSystem().getFileStatus(place.file(DESCRIPTION));
            return status.getLen() + " " + status.getModificationTime();
        } catch (IOException e) {
            // Whoever asks for the file is told.
            return "";
        }
    }

    @Override
    public String place() {
        return place.toString();
    }

    @Override
    public Path file(String name) throws IOException {
        Path local = place.local();
        if (local != null) {
            Path file = local.resolve(name);
            if (!Files.exists(file)) {
                throw missing(name, null);
            }
            return file;
        }
        Path copy = copies().resolve(name);
        synchronized (locks.computeIfAbsent(name, key -> new Object())) {
            if (!Files.exists(copy)) {
                bring(name, copy);
            }
        }
        return copy;
    }

    private synchronized Path copies() throws IOException {
        if (copies == null) {
            copies = Scratch.room("cases");
        }
        return copies;
    }

    private void bring(String name, Path copy) throws IOException {
        Files.createDirectories(copy.getParent());
        Path part = copy.resolveSibling(copy.getFileName() + ".part");
        try (InputStream in = place.fileSystem().open(place.file(name))) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileNotFoundException e) {
            throw missing(name, e);
        } catch (IOException e) {
            throw new TransferException(
                    place + "/" + name + " cannot be copied to " + copies + ": " + e.getMessage(), e);
        }
        Files.move(part, copy, StandardCopyOption.ATOMIC_MOVE);
    }

    private IOException missing(String name, IOException cause) {
        return new IOException(
                place + " holds no " + name + (name.equals(DESCRIPTION) ? "; prepare the data set first" : ""), cause);
    }
}

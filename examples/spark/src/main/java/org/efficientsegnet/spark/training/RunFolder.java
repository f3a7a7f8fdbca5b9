// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.run.TrainingRun;
import org.efficientsegnet.spark.storage.Scratch;
import org.efficientsegnet.spark.storage.WholeFiles;

/**
 * The directory of a training in any file system. The training works in a folder of this machine; what it has changed is
 * published whenever it has saved itself, the file that it is taken up from last, so that what is there always fits
 * together. A directory of this machine is worked in directly.
 */
final class RunFolder {

    /** A file that is complete and about to take the place of an older one. */
    private static final String NEW = ".new";

    private static final String PART = ".part";

    private final FileSystems.Place place;
    private final Path folder;
    private final Map<Path, String> published = new HashMap<>();

    private RunFolder(FileSystems.Place place, Path folder) {
        this.place = place;
        this.folder = folder;
    }

    /**
     * Makes a directory ready to be worked in.
     *
     * @param uri or a path in the default file system
     * @param resume whether the training that it holds shall be gone on with
     * @throws IOException if it cannot be read, or holds a training that shall not go on
     */
    static RunFolder open(String uri, boolean resume, Configuration hadoop) throws IOException {
        FileSystems.Place place = FileSystems.place(uri, hadoop);
        Path local = place.local();
        if (local != null) {
            return new RunFolder(place, local);
        }
        RunFolder opened = new RunFolder(place, Scratch.room("training"));
        if (resume) {
            opened.fetch();
        } else {
            opened.requireNone();
        }
        return opened;
    }

    /** The folder of this machine that the training works in. */
    Path folder() {
        return folder;
    }

    /** A message with the directory's own name in place of the folder's. */
    String told(String message) {
        return place.local() != null || message == null
                ? message
                : message.replace(folder.toString(), place.toString());
    }

    private String relative(Path file) {
        return folder.relativize(file).toString().replace('\\', '/');
    }

    private void requireNone() throws IOException {
        for (CascadeStage stage : CascadeStage.values()) {
            Path state = TrainingRun.stateFile(folder.resolve(stage.label()));
            if (place.fileSystem().exists(place.file(relative(state)))) {
                throw new IOException(place + " holds a run already; resume it, or begin in another directory");
            }
        }
    }

    private void fetch() throws IOException {
        FileSystem fs = place.fileSystem();
        String root = place.directory().toUri().getPath();
        RemoteIterator<LocatedFileStatus> files;
        try {
            files = fs.listFiles(place.directory(), true);
        } catch (FileNotFoundException e) {
            // Nothing to go on with: it begins.
            return;
        }
        Map<String, org.apache.hadoop.fs.Path> found = new HashMap<>();
        while (files.hasNext()) {
            FileStatus status = files.next();
            String name = status.getPath().toUri().getPath().substring(root.length());
            found.put(name.startsWith("/") ? name.substring(1) : name, status.getPath());
        }
        for (Map.Entry<String, org.apache.hadoop.fs.Path> file : found.entrySet()) {
            String name = file.getKey();
            boolean takesOver = name.endsWith(NEW) && !found.containsKey(strip(name));
            if (!name.endsWith(PART) && (takesOver || !name.endsWith(NEW))) {
                Path copy = folder.resolve(takesOver ? strip(name) : name);
                Files.createDirectories(copy.getParent());
                try (InputStream in = fs.open(file.getValue())) {
                    Files.copy(in, copy);
                }
                if (!takesOver) {
                    published.put(copy, state(copy));
                }
            }
        }
    }

    private static String strip(String name) {
        return name.substring(0, name.length() - NEW.length());
    }

    /**
     * Publishes what has changed.
     *
     * @throws IOException if something cannot be written; the message names the directory
     */
    void publish() throws IOException {
        if (place.local() != null) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile)
                    .sorted(Comparator.comparing((Path file) -> file.endsWith("last.safetensors")))
                    .toList();
        }
        for (Path file : files) {
            String state = state(file);
            if (!state.equals(published.get(file))) {
                try {
                    publish(file);
                } catch (IOException e) {
                    throw new IOException(place + "/" + relative(file) + " cannot be written: " + e.getMessage(), e);
                }
                published.put(file, state);
            }
        }
    }

    private static String state(Path file) throws IOException {
        FileTime changed = Files.getLastModifiedTime(file);
        return Files.size(file) + " " + changed;
    }

    private void publish(Path file) throws IOException {
        FileSystem fs = place.fileSystem();
        String name = relative(file);
        if (WholeFiles.appearWhenClosed(fs)) {
            copy(file, name);
            return;
        }
        copy(file, name + PART);
        replace(fs, name + PART, name + NEW);
        replace(fs, name + NEW, name);
    }

    private void copy(Path file, String name) throws IOException {
        WholeFiles.write(place.fileSystem(), place.file(name), out -> Files.copy(file, out));
    }

    /** Not every file system renames over a file that is there. Between both steps the new name tells what counts. */
    private void replace(FileSystem fs, String from, String to) throws IOException {
        fs.delete(place.file(to), false);
        if (!fs.rename(place.file(from), place.file(to))) {
            throw new IOException(place.file(from) + " cannot be renamed");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.cases.ScanNames;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.spark.storage.Scratch;

/** The scans in folders, by the names of files alone as far as these tell; what {@code CaseFinder} is for local folders. */
final class CaseListing {

    private static final String DICOM_ENDING = ".dcm";
    private static final int MOST_PROBED = 8;
    private static final int PROBING_THREADS = 32;

    /** Enough for every format to be recognised, compressed or not. */
    private static final int HEAD_BYTES = 1 << 17;

    private final RemoteFiles files;
    private final List<ScanCase> found = new ArrayList<>();

    CaseListing(RemoteFiles files) {
        this.files = files;
    }

    /** All cases so far, ordered by name, each name once. */
    List<ScanCase> cases() {
        List<ScanCase> sorted = new ArrayList<>(found);
        sorted.sort(Comparator.comparing(ScanCase::id).thenComparing(ScanCase::path));
        List<String> names = ScanNames.distinct(
                sorted.stream().map(ScanCase::id).toList(),
                sorted.stream().map(c -> lastPart(c.path())).toList());
        List<ScanCase> cases = new ArrayList<>(sorted.size());
        for (int i = 0; i < names.size(); i++) {
            cases.add(new ScanCase(names.get(i), sorted.get(i).path(), null));
        }
        return cases;
    }

    private static String lastPart(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Adds the scans of a folder, or a file. */
    void add(String input) throws IOException {
        Path root = files.path(input);
        FileSystem system = files.system(root);
        FileStatus status = system.getFileStatus(root);
        if (status.isFile()) {
            found.add(new ScanCase(ScanNames.caseName(root.getName()), root.toString(), null));
            return;
        }
        Folder folder = new Folder(root);
        RemoteIterator<LocatedFileStatus> entries = system.listFiles(root, true);
        while (entries.hasNext()) {
            folder.visit(entries.next().getPath());
        }
        folder.end();
    }

    /** What is seen of one input. */
    private final class Folder {

        private final Path root;
        private final Set<String> dicomFolders = new TreeSet<>();
        private final Map<String, List<Path>> unnamed = new LinkedHashMap<>();
        private final List<Path> images = new ArrayList<>();
        private final Map<String, Set<String>> headers = new HashMap<>();

        Folder(Path root) {
            this.root = root;
        }

        void visit(Path file) {
            String relative = RemoteFiles.relative(root, file);
            if (relative.startsWith(".") || relative.contains("/.")) {
                return;
            }
            String name = file.getName();
            String parent = relative.substring(0, Math.max(0, relative.length() - name.length() - 1));
            Optional<String> ending = ScanNames.ending(name);
            if (ending.equals(Optional.of(DICOM_ENDING))) {
                dicomFolders.add(parent);
            } else if (ending.isPresent() || ScanNames.isArchive(name)) {
                if (ending.filter(e -> e.startsWith(".hdr")).isPresent()) {
                    headers.computeIfAbsent(parent, p -> new HashSet<>()).add(name);
                }
                addFile(file, relative);
            } else if (ScanNames.isDataOfHeader(name, header -> true)) {
                images.add(file);
            } else {
                List<Path> seen = unnamed.computeIfAbsent(parent, p -> new ArrayList<>(1));
                if (seen.size() < MOST_PROBED) {
                    seen.add(file);
                }
            }
        }

        void end() throws IOException {
            for (Path image : images) {
                Set<String> beside = headers.getOrDefault(parentOf(image), Set.of());
                if (!ScanNames.isDataOfHeader(image.getName(), beside::contains)) {
                    unnamed.computeIfAbsent(parentOf(image), p -> new ArrayList<>(1))
                            .add(image);
                }
            }
            unnamed.keySet().removeAll(dicomFolders);
            probe();
            for (String folder : dicomFolders) {
                if (!isCovered(folder)) {
                    Path path = folder.isEmpty() ? root : new Path(root, folder);
                    String id = folder.isEmpty() ? nameOfRoot() : folder;
                    found.add(new ScanCase(id, path.toString(), null));
                }
            }
        }

        private String parentOf(Path file) {
            return file.getParent().equals(root) ? "" : RemoteFiles.relative(root, file.getParent());
        }

        private String nameOfRoot() {
            return root.getName().isEmpty() ? "case" : root.getName();
        }

        /** Whether a folder further up has DICOM files of its own, and this one's are read with them. */
        private boolean isCovered(String folder) {
            if (folder.isEmpty()) {
                return false;
            }
            for (int slash = folder.lastIndexOf('/'); slash > 0; slash = folder.lastIndexOf('/', slash - 1)) {
                if (dicomFolders.contains(folder.substring(0, slash))) {
                    return true;
                }
            }
            return dicomFolders.contains("");
        }

        private void addFile(Path file, String relative) {
            String name = file.getName();
            String above = relative.substring(0, relative.length() - name.length());
            found.add(new ScanCase(above + ScanNames.caseName(name), file.toString(), null));
        }

        /** Looks into files without an ending, of many folders at once. */
        private void probe() throws IOException {
            ExecutorService pool = Executors.newFixedThreadPool(PROBING_THREADS);
            try {
                Map<String, Future<List<Path>>> results = new LinkedHashMap<>();
                unnamed.forEach((folder, paths) -> results.put(folder, pool.submit(() -> scansOf(paths))));
                for (Map.Entry<String, Future<List<Path>>> result : results.entrySet()) {
                    List<Path> scans = result.getValue().get();
                    if (scans == null) {
                        dicomFolders.add(result.getKey());
                    } else {
                        scans.forEach(scan -> addFile(scan, RemoteFiles.relative(root, scan)));
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while scans were being looked for", e);
            } catch (ExecutionException e) {
                throw new IOException(e.getCause().getMessage(), e.getCause());
            } finally {
                pool.shutdownNow();
            }
        }

        /** Those that are scans; null if one is a DICOM file, which makes its folder a case. */
        private List<Path> scansOf(List<Path> paths) throws IOException {
            List<Path> scans = new ArrayList<>();
            java.nio.file.Path head = Files.createTempFile(Scratch.folder(), "head", "");
            try {
                for (Path path : paths) {
                    try (InputStream in = files.system(path).open(path)) {
                        Files.write(head, in.readNBytes(HEAD_BYTES));
                    }
                    try {
                        if (Volumes.recognise(head).name().equals("DICOM")) {
                            return null;
                        }
                        scans.add(path);
                    } catch (FormatException e) {
                        // Something else, which is passed over.
                        continue;
                    }
                }
                return scans;
            } finally {
                Files.deleteIfExists(head);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.evaluate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.efficientsegnet.io.cases.ScanNames;

/**
 * Finds which prediction belongs to which reference in two folders: the one of the same name at the same place, the
 * ending aside. The channel number that nnU-Net's convention adds to a scan's name ({@code _0000}) may be there or not.
 */
public final class PairFinder {

    private static final String CHANNEL = "_0000";

    private PairFinder() {}

    /**
     * What was found.
     *
     * @param pairs ordered by name
     * @param withoutPrediction references whose prediction is missing
     */
    public record Found(List<MapPair> pairs, List<Path> withoutPrediction) {

        /** Copies the lists. */
        public Found {
            pairs = List.copyOf(pairs);
            withoutPrediction = List.copyOf(withoutPrediction);
        }
    }

    /**
     * Pairs two files, or the files of two folders.
     *
     * @throws NoSuchFileException if one does not exist
     * @throws IllegalArgumentException if one is a file and the other a folder
     * @throws IOException if a folder cannot be read, or holds two files of the same name
     */
    public static Found find(Path reference, Path prediction) throws IOException {
        requireExists(reference);
        requireExists(prediction);
        if (Files.isDirectory(reference) != Files.isDirectory(prediction)) {
            throw new IllegalArgumentException("give two files or two folders; "
                    + (Files.isDirectory(reference) ? reference : prediction) + " is a folder and the other is not");
        }
        if (!Files.isDirectory(reference)) {
            String name = ScanNames.stem(reference.getFileName().toString());
            return new Found(List.of(new MapPair(name, reference, prediction)), List.of());
        }
        Map<String, Path> predictions = mapsIn(prediction);
        List<MapPair> pairs = new ArrayList<>();
        List<Path> missing = new ArrayList<>();
        mapsIn(reference).forEach((name, file) -> {
            Path other = predictions.get(name);
            if (other == null) {
                missing.add(file);
            } else {
                pairs.add(new MapPair(name, file, other));
            }
        });
        return new Found(pairs, missing);
    }

    private static Map<String, Path> mapsIn(Path folder) throws IOException {
        Map<String, Path> maps = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files.filter(PairFinder::isMap).sorted()::iterator) {
                Path earlier = maps.putIfAbsent(nameOf(folder.relativize(file)), file);
                if (earlier != null) {
                    throw new IOException(earlier + " and " + file.getFileName()
                            + " have the same name but for their endings; keep one of them");
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return maps;
    }

    private static boolean isMap(Path file) {
        String name = file.getFileName().toString();
        return Files.isRegularFile(file)
                && !name.startsWith(".")
                && ScanNames.ending(name).isPresent();
    }

    private static String nameOf(Path relative) {
        String stem = ScanNames.stem(relative.getFileName().toString());
        if (stem.endsWith(CHANNEL)) {
            stem = stem.substring(0, stem.length() - CHANNEL.length());
        }
        return relative.resolveSibling(stem).toString();
    }

    private static void requireExists(Path path) throws NoSuchFileException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
    }
}

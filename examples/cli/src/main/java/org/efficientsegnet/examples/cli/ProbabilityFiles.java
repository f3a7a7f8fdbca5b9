// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.ProbabilityMaps;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.ProbabilityMap;

/** Writes probability maps while a scan is segmented, so that one is in memory at a time. */
final class ProbabilityFiles {

    private final Artefacts artefacts;
    private final List<String> organs;

    /**
     * @param artefacts whose folder of probability maps is meant; without one none are made
     * @param organs that are written
     */
    ProbabilityFiles(Artefacts artefacts, List<String> organs) {
        this.artefacts = artefacts;
        this.organs = organs;
    }

    /**
     * Segments a scan. Where that fails, the maps that were written until then are taken away.
     *
     * @throws IOException if a map cannot be written
     */
    Segmentation segment(Segmenter segmenter, Scan scan, ProgressListener progress, CancellationToken cancellation)
            throws IOException {
        Path folder = artefacts.beside().probabilities();
        if (folder == null) {
            return segmenter.segment(scan.volume(), progress, cancellation);
        }
        Files.createDirectories(folder);
        WriteOptions options = WriteOptions.DEFAULT.withSource(scan.provenance());
        List<Path> written = new ArrayList<>();
        boolean done = false;
        try {
            Segmentation result = segmenter.segment(scan.volume(), progress, cancellation, map -> {
                if (organs.contains(map.name())) {
                    Path file = artefacts.probabilityOf(map.name());
                    write(map, file, options);
                    written.add(file);
                }
            });
            done = true;
            return result;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            if (!done) {
                for (Path file : written) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static void write(ProbabilityMap map, Path file, WriteOptions options) {
        try {
            ProbabilityMaps.write(map, file, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

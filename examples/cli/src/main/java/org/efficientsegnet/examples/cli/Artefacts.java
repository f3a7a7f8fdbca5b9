// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.mesh.MeshFiles;

/**
 * The files that a result becomes.
 *
 * @param labels the label map
 * @param report the JSON report, null for none
 * @param html the HTML report, null for none
 * @param preview the picture, null for none
 * @param beside what else there is
 */
record Artefacts(Path labels, Path report, Path html, Path preview, Beside beside) {

    /**
     * Other forms of the labels.
     *
     * @param split the folder of masks, null for none
     * @param probabilities the folder of probability maps, null for none
     * @param rtstruct the DICOM RT structure set, null for none
     * @param mesh the surfaces, null for none
     * @param colors the table of names and colours, null for none
     * @param viewer the interactive page, null for none
     */
    record Beside(Path split, Path probabilities, Path rtstruct, Path mesh, Path colors, Path viewer) {}

    /** The files that are asked for by name, the label map first; not those in the folders with a file an organ. */
    List<Path> files() {
        Stream<Path> mesh = Stream.ofNullable(beside.mesh()).flatMap(path -> MeshFiles.files(path).stream());
        return Stream.of(
                        Stream.of(labels, report, html, preview, beside.rtstruct()),
                        mesh,
                        Stream.of(beside.colors(), beside.viewer()))
                .flatMap(files -> files)
                .filter(Objects::nonNull)
                .toList();
    }

    /** All files, those of every organ among them. */
    List<Path> files(OrganNames organs) {
        Stream<Path> masks = beside.split() == null
                ? Stream.empty()
                : organs.masks().stream().map(this::maskOf);
        Stream<Path> probabilities = beside.probabilities() == null
                ? Stream.empty()
                : organs.probabilities().stream().map(this::probabilityOf);
        return Stream.of(files().stream(), masks, probabilities)
                .flatMap(files -> files)
                .toList();
    }

    /** Where the mask of an organ is written. */
    Path maskOf(String organ) {
        return beside.split().resolve(plain(organ) + ".nii.gz");
    }

    /** Where the probability map of an organ is written. */
    Path probabilityOf(String organ) {
        return beside.probabilities().resolve(plain(organ) + "_probability.nii.gz");
    }

    private static String plain(String organ) {
        return organ.replaceAll("[^A-Za-z0-9.-]", "_");
    }

    /** A file that is named twice, of which one would overwrite the other. */
    static Optional<Path> doubled(Stream<Path> files) {
        Set<Path> places = new HashSet<>();
        return files.filter(file -> !places.add(file.toAbsolutePath().normalize()))
                .findFirst();
    }

    /**
     * Takes these paths for folders.
     *
     * @param labelEnding the ending of the label map
     * @return the files of one case in them
     */
    Artefacts ofCase(BatchCase batchCase, String labelEnding) {
        return new Artefacts(
                labels.resolve(batchCase.name() + labelEnding),
                resolve(report, batchCase.name() + ".json"),
                resolve(html, batchCase.name() + ".html"),
                resolve(preview, batchCase.name() + ".png"),
                new Beside(
                        resolve(beside.split(), batchCase.name()),
                        resolve(beside.probabilities(), batchCase.name()),
                        resolve(beside.rtstruct(), batchCase.name() + ".dcm"),
                        resolve(beside.mesh(), batchCase.name() + ".stl"),
                        resolve(beside.colors(), batchCase.name() + ".label"),
                        resolve(beside.viewer(), batchCase.name() + ".viewer.html")));
    }

    private static Path resolve(Path folder, String name) {
        return Optional.ofNullable(folder).map(f -> f.resolve(name)).orElse(null);
    }
}

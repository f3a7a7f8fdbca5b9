// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.efficientsegnet.io.cases.BatchCase;

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
     * @param rtstruct the DICOM RT structure set, null for none
     * @param mesh the surfaces, null for none
     * @param colors the table of names and colours, null for none
     * @param viewer the interactive page, null for none
     */
    record Beside(Path split, Path rtstruct, Path mesh, Path colors, Path viewer) {}

    /** The files that are asked for, the label map first; not those in the folder of masks. */
    List<Path> files() {
        return Stream.of(
                        labels,
                        report,
                        html,
                        preview,
                        beside.rtstruct(),
                        beside.mesh(),
                        beside.colors(),
                        beside.viewer())
                .filter(Objects::nonNull)
                .toList();
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
                        resolve(beside.rtstruct(), batchCase.name() + ".dcm"),
                        resolve(beside.mesh(), batchCase.name() + ".stl"),
                        resolve(beside.colors(), batchCase.name() + ".label"),
                        resolve(beside.viewer(), batchCase.name() + ".viewer.html")));
    }

    private static Path resolve(Path folder, String name) {
        return Optional.ofNullable(folder).map(f -> f.resolve(name)).orElse(null);
    }
}

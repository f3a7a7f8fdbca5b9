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
 */
record Artefacts(Path labels, Path report, Path html, Path preview) {

    /** Those that are asked for, the label map first. */
    List<Path> files() {
        return Stream.of(labels, report, html, preview).filter(Objects::nonNull).toList();
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
                resolve(preview, batchCase.name() + ".png"));
    }

    private static Path resolve(Path folder, String name) {
        return Optional.ofNullable(folder).map(f -> f.resolve(name)).orElse(null);
    }
}

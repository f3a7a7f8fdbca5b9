// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.examples.batch.CaseBatch;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.format.Scan;

/** Writes the results of a batch to folders, a file a case and kind. */
final class ResultFiles implements CaseBatch.Writer {

    private final Artefacts folders;
    private final String labelEnding;
    private final OrganNames organs;

    /**
     * @param folders for each kind of file; kinds without a folder are not written
     * @param labelEnding the ending of the label maps, which chooses their format
     * @param organs that have files of their own
     */
    ResultFiles(Artefacts folders, String labelEnding, OrganNames organs) {
        this.folders = folders;
        this.labelEnding = labelEnding;
        this.organs = organs;
    }

    /** The same when a model's organs are known. */
    ResultFiles withOrgans(OrganNames known) {
        return new ResultFiles(folders, labelEnding, known);
    }

    @Override
    public List<Path> outputsOf(BatchCase batchCase) {
        return artefactsOf(batchCase).files(organs);
    }

    Artefacts artefactsOf(BatchCase batchCase) {
        return folders.ofCase(batchCase, labelEnding);
    }

    ProbabilityFiles probabilitiesOf(BatchCase batchCase) {
        return new ProbabilityFiles(artefactsOf(batchCase), organs.probabilities());
    }

    @Override
    public void write(BatchCase batchCase, Scan scan, Segmentation result, Instant started, Duration reading)
            throws IOException {
        Artefacts artefacts = artefactsOf(batchCase);
        for (Path file : outputsOf(batchCase)) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        new ResultWriter(artefacts).write(scan, result, started, Map.of("reading", reading));
    }
}

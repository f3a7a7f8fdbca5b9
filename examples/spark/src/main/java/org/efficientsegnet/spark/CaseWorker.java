// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Segments cases.
 *
 * @param settings of the batch
 * @param configuration of the file systems
 */
record CaseWorker(BatchSettings settings, Broadcast<SerializableConfiguration> configuration) implements CaseWork {

    @Override
    public TaskReport run(Phase phase, List<ScanCase> cases) {
        try {
            RemoteFiles files = new RemoteFiles(configuration.value().value());
            return new CaseTask(settings, files, phase).run(cases);
        } catch (IOException e) {
            throw new UncheckedIOException(settings.output() + ": " + e.getMessage(), e);
        }
    }
}

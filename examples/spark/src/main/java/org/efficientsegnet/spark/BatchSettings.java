// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.Serializable;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.Precision;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.parallel.Parallelism;

/**
 * Everything about a batch that executors must know.
 *
 * @param run the name of this run, by which its markers are told from those of others
 * @param output the URI of the output folder
 * @param labelEnding of the label maps, which chooses their format
 * @param model where the model lies and what its checksum is
 * @param engine the engine's name, null to choose
 * @param precision of the networks
 * @param threads for one case
 * @param redo whether cases are done again that an earlier run finished
 * @param unevenSpacing as in {@link ReadOptions}
 * @param skipUnreadable as in {@link ReadOptions}
 * @param asked the model and everything asked for that changes results, as states remember it
 */
record BatchSettings(
        String run,
        String output,
        String labelEnding,
        Model model,
        String engine,
        Precision precision,
        int threads,
        boolean redo,
        boolean unevenSpacing,
        boolean skipUnreadable,
        Map<String, String> asked)
        implements Serializable {

    /**
     * A model.
     *
     * @param uri of a bundle, null for the pretrained one
     * @param sha256 its checksum
     */
    record Model(String uri, String sha256) implements Serializable {}

    /** Copies the map. */
    BatchSettings {
        asked = Map.copyOf(asked);
    }

    /** The threads of what surrounds the networks: what the system calls the number of processors is the whole node's. */
    Parallelism parallelism() {
        return Parallelism.of(ForkJoinPool.commonPool(), threads);
    }

    /** How scans are read. */
    ReadOptions reading() {
        return ReadOptions.DEFAULT
                .withParallelism(parallelism())
                .withUnevenSpacing(unevenSpacing)
                .withSkipUnreadable(skipUnreadable);
    }
}

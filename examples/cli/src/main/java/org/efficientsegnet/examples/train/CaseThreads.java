// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.train;

import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.examples.cli.Threads;
import org.efficientsegnet.parallel.Parallelism;
import picocli.CommandLine.Option;

/** How many cases of a data set are worked on at once. */
final class CaseThreads {

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Cases worked on at once, each held in memory. Default: as many as there are processors.")
    private Threads threads = Threads.ALL;

    Parallelism parallelism() {
        return Parallelism.of(ForkJoinPool.commonPool(), threads.count());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.onednn.OneDnnEngine;
import org.efficientsegnet.nn.onednn.OneDnnNetwork;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.volume.Shape;

/**
 * Several callers of one network: runs that queue, each with all threads, against runs side by side with one thread each.
 *
 * <pre>java -Xmx1g -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.Concurrency coarse 96 BF16</pre>
 */
public final class Concurrency {

    private static final int RUNS = 12;

    private Concurrency() {}

    /**
     * Runs it.
     *
     * @param args the network, the size, the precision
     */
    public static void main(String[] args) throws InterruptedException, ExecutionException {
        if (args.length != 3) {
            throw new IllegalArgumentException("three arguments are needed: fine|coarse SIZE PRECISION");
        }
        int processors = Runtime.getRuntime().availableProcessors();
        measure(args, processors, EngineOptions.Concurrency.QUEUE, 1);
        measure(args, processors, EngineOptions.Concurrency.QUEUE, processors);
        measure(args, 1, EngineOptions.Concurrency.SIDE_BY_SIDE, processors);
        measure(args, processors, EngineOptions.Concurrency.SIDE_BY_SIDE, processors);
    }

    private static void measure(String[] args, int threads, EngineOptions.Concurrency concurrency, int callers)
            throws InterruptedException, ExecutionException {
        Shape size = Shape.cube(Integer.parseInt(args[1]));
        EngineOptions options = new EngineOptions(Precision.valueOf(args[2]), threads, concurrency, false);
        ExecutorService pool = Executors.newFixedThreadPool(callers);
        try (OneDnnNetwork network = new OneDnnEngine().load(Workload.model(args[0], size), options)) {
            run(network, size, callers, pool);
            double seconds = run(network, size, RUNS, pool);
            System.out.printf(
                    Locale.ROOT,
                    "%-12s %d callers, %d threads a run: %.3f s a run, %.0f MB a run%n",
                    concurrency,
                    callers,
                    threads,
                    seconds / RUNS,
                    network.workingBytes() / 1e6);
        } finally {
            pool.shutdown();
        }
    }

    /** How long so many runs take, s. */
    private static double run(OneDnnNetwork network, Shape size, int runs, ExecutorService pool)
            throws InterruptedException, ExecutionException {
        float[] input = Workload.input(size);
        List<Future<?>> pending = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
            pending.add(pool.submit(() -> network.run(input, Workload.logits(size), new CancellationToken())));
        }
        for (Future<?> one : pending) {
            one.get();
        }
        return (System.nanoTime() - start) / 1e9;
    }
}

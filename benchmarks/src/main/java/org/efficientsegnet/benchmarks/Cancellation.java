// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.volume.Shape;

/**
 * How long a run takes from being cancelled to its end, alone and beside one and two processes that keep a processor busy
 * each:
 *
 * <pre>java -Xms1g -Xmx1500m -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.Cancellation fine 128
 * onednn-BF16,onednn-FP32 300</pre>
 *
 * <p>Each run is cancelled at a moment of its own, evenly spread over the run; the time goes from the call of {@code
 * cancel} to the exception in the caller's thread.
 */
public final class Cancellation {

    private static final int MOST_BUSY = 2;

    private Cancellation() {}

    /**
     * Prints a table in Markdown: ms from cancel to stop.
     *
     * @param args the network, the size, the engines with commas, the number of cancelled runs
     */
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        if (args.length != 4) {
            throw new IllegalArgumentException("four arguments are needed: fine|coarse SIZE ENGINES RUNS");
        }
        Shape size = Shape.cube(Integer.parseInt(args[1]));
        System.out.println("| " + args[0] + " " + args[1] + ", ms | busy beside | median | 90 % | 99 % | most |");
        System.out.println("|---|---:|---:|---:|---:|---:|");
        for (String engine : args[2].split(",")) {
            try (Network network = Workload.load(Workload.model(args[0], size), engine)) {
                for (int busy = 0; busy <= MOST_BUSY; busy++) {
                    List<Process> others = new ArrayList<>();
                    try {
                        for (int i = 0; i < busy; i++) {
                            others.add(Contention.other("busy"));
                        }
                        print(engine, busy, measure(network, size, Integer.parseInt(args[3])));
                    } finally {
                        others.forEach(Process::destroy);
                    }
                }
            }
        }
    }

    private static void print(String engine, int busy, double[] millis) {
        Arrays.sort(millis);
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %.2f | %.2f | %.2f | %.2f |%n",
                engine,
                busy,
                quantile(millis, 0.5),
                quantile(millis, 0.9),
                quantile(millis, 0.99),
                millis[millis.length - 1]);
    }

    private static double quantile(double[] sorted, double share) {
        return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }

    private static double[] measure(Network network, Shape size, int runs)
            throws InterruptedException, ExecutionException {
        float[] input = Workload.input(size);
        float[] logits = Workload.logits(size);
        network.run(input, logits, new CancellationToken());
        long start = System.nanoTime();
        network.run(input, logits, new CancellationToken());
        long whole = System.nanoTime() - start;
        Random random = new Random(1);
        double[] millis = new double[runs];
        for (int run = 0; run < runs; ) {
            CancellationToken token = new CancellationToken();
            FutureTask<Long> stopped = new FutureTask<>(() -> {
                try {
                    network.run(input, logits, token);
                    return null;
                } catch (SegmentationCancelledException e) {
                    return System.nanoTime();
                }
            });
            Thread caller = new Thread(stopped, "caller");
            caller.start();
            long wait = (long) (whole * 0.9 * random.nextDouble());
            Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
            long cancelled = System.nanoTime();
            token.cancel();
            Long ended = stopped.get();
            // A run that ended before it was cancelled tells nothing.
            if (ended != null) {
                millis[run++] = (ended - cancelled) / 1e6;
            }
        }
        return millis;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.nn.onednn.OneDnnNetwork;
import org.efficientsegnet.volume.Shape;

/**
 * Where the time of the oneDNN engine goes, step by step, against what arithmetic and memory traffic alone would take:
 *
 * <pre>java -Xmx600m -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.StepProfile fine 192
 * onednn-BF16 500 20</pre>
 *
 * <p>The last two arguments are what the machine can do: GFLOP/s in that precision, and GB/s of memory. Time is the
 * least of several runs. Work counts a convolution's plain multiplications and additions, also where the engine needs
 * fewer; traffic is each step's inputs and output, once.
 */
public final class StepProfile {

    private static final int RUNS = 5;

    private StepProfile() {}

    private static final class Sum {
        private double seconds;
        private double arithmetic;
        private double traffic;

        private void add(double time, double work, double bytes) {
            seconds += time;
            arithmetic += work;
            traffic += bytes;
        }

        private String row(String name, double total) {
            return String.format(
                    Locale.ROOT,
                    "| %s | %.1f | %.0f %% | %.1f | %.1f |",
                    name,
                    1e3 * seconds,
                    100 * seconds / total,
                    1e3 * arithmetic,
                    1e3 * traffic);
        }
    }

    /**
     * Prints a table in Markdown: every step that takes a hundredth of the time, then the kinds of steps, ms.
     *
     * @param args network, size, engine with precision, GFLOP/s, GB/s
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 5) {
            throw new IllegalArgumentException("five arguments are needed: fine|coarse SIZE ENGINE GFLOPS GBS");
        }
        Shape size = Shape.cube(Integer.parseInt(args[1]));
        double flops = 1e9 * Double.parseDouble(args[3]);
        double bytes = 1e9 * Double.parseDouble(args[4]);
        try (OneDnnNetwork network = (OneDnnNetwork) Workload.load(Workload.model(args[0], size), args[2])) {
            List<OneDnnNetwork.StepCost> least = new ArrayList<>(network.profile(Workload.input(size)));
            for (int run = 1; run < RUNS; run++) {
                List<OneDnnNetwork.StepCost> costs = network.profile(Workload.input(size));
                for (int i = 0; i < least.size(); i++) {
                    if (costs.get(i).seconds() < least.get(i).seconds()) {
                        least.set(i, costs.get(i));
                    }
                }
            }
            System.out.println(args[0] + " at " + size + ": " + network.describe());
            print(least, flops, bytes);
        }
    }

    private static void print(List<OneDnnNetwork.StepCost> costs, double flops, double bytes) {
        Sum all = new Sum();
        Map<String, Sum> kinds = new TreeMap<>();
        for (OneDnnNetwork.StepCost cost : costs) {
            String kind = cost.step().getClass().getSimpleName();
            for (Sum sum : List.of(all, kinds.computeIfAbsent(kind, key -> new Sum()))) {
                sum.add(cost.seconds(), cost.flops() / flops, cost.bytes() / bytes);
            }
        }
        System.out.println("| step | ms | share | arithmetic alone, ms | traffic alone, ms |");
        System.out.println("|---|---:|---:|---:|---:|");
        for (OneDnnNetwork.StepCost cost : costs) {
            if (cost.seconds() > all.seconds / 100) {
                Sum step = new Sum();
                step.add(cost.seconds(), cost.flops() / flops, cost.bytes() / bytes);
                System.out.println(step.row(cost.step().output(), all.seconds));
            }
        }
        kinds.forEach((kind, sum) -> System.out.println(sum.row("all: " + kind, all.seconds)));
        System.out.println(all.row("everything", all.seconds));
    }
}

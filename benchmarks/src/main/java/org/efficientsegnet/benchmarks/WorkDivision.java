// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.nn.onednn.OneDnnNetwork;
import org.efficientsegnet.volume.Shape;

/**
 * How the work of the oneDNN engine divides among workers that this machine does not have:
 *
 * <pre>java -Xmx1g -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.WorkDivision fine 192 onednn-BF16
 * 2 4 8 16 64</pre>
 *
 * <p>One worker does all tasks, and each is timed, the least of several runs. A team is then reckoned: each worker takes the
 * next task when it has ended the one before, and a job begins when all tasks of the job before have ended. What
 * processors share (memory, cache, clock, heat) is left out, so these are the bounds that the division sets, not times that
 * a machine would need.
 */
public final class WorkDivision {

    private static final int RUNS = 3;

    private WorkDivision() {}

    /**
     * Prints a table in Markdown, then the jobs that cost the largest team most.
     *
     * @param args network, size, engine with precision, numbers of workers
     */
    public static void main(String[] args) throws IOException {
        if (args.length < 4) {
            throw new IllegalArgumentException("at least four arguments are needed: fine|coarse SIZE ENGINE WORKERS…");
        }
        Shape size = Shape.cube(Integer.parseInt(args[1]));
        int[] teams = Arrays.stream(args).skip(3).mapToInt(Integer::parseInt).toArray();
        try (OneDnnNetwork network = (OneDnnNetwork) Workload.load(Workload.model(args[0], size), args[2])) {
            List<double[]> jobs = new ArrayList<>();
            List<String> names = new ArrayList<>();
            for (OneDnnNetwork.JobCost job : network.tasks(Workload.input(size))) {
                names.add(job.value());
                jobs.add(job.seconds().stream().mapToDouble(s -> s).toArray());
            }
            for (int run = 1; run < RUNS; run++) {
                List<OneDnnNetwork.JobCost> again = network.tasks(Workload.input(size));
                for (int i = 0; i < jobs.size(); i++) {
                    for (int task = 0; task < jobs.get(i).length; task++) {
                        jobs.get(i)[task] = Math.min(
                                jobs.get(i)[task], again.get(i).seconds().get(task));
                    }
                }
            }
            print(args[0] + " " + size + " " + args[2], jobs, names, teams);
        }
    }

    private static void print(String what, List<double[]> jobs, List<String> names, int[] teams) {
        double all = jobs.stream().flatMapToDouble(Arrays::stream).sum();
        double longest = jobs.stream().flatMapToDouble(Arrays::stream).max().orElseThrow();
        long tasks = jobs.stream().mapToLong(job -> job.length).sum();
        double path = jobs.stream()
                .mapToDouble(job -> Arrays.stream(job).max().orElse(0))
                .sum();
        System.out.printf(
                Locale.ROOT,
                "%s: %d jobs, %d tasks, %.1f ms of work; the longest task %.2f ms; the longest path %.1f ms%n",
                what,
                jobs.size(),
                tasks,
                1e3 * all,
                1e3 * longest,
                1e3 * path);
        System.out.println("| workers | ms | times as fast as one | of the best possible |");
        System.out.println("|---:|---:|---:|---:|");
        for (int workers : teams) {
            double time =
                    jobs.stream().mapToDouble(job -> makespan(job, workers)).sum();
            System.out.printf(
                    Locale.ROOT,
                    "| %d | %.1f | %.1f | %.0f %% |%n",
                    workers,
                    1e3 * time,
                    all / time,
                    100 * all / time / workers);
        }
        int most = teams[teams.length - 1];
        System.out.println("Lost by " + most + " workers that wait, ms:");
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingDouble(i -> -loss(jobs.get(i), most)));
        for (int i : order.subList(0, Math.min(12, order.size()))) {
            System.out.printf(
                    Locale.ROOT,
                    "%8.3f  %4d tasks  %s%n",
                    1e3 * loss(jobs.get(i), most),
                    jobs.get(i).length,
                    names.get(i));
        }
    }

    private static double loss(double[] job, int workers) {
        return makespan(job, workers) - Arrays.stream(job).sum() / workers;
    }

    private static double makespan(double[] job, int workers) {
        double[] free = new double[workers];
        for (double task : job) {
            int next = 0;
            for (int worker = 1; worker < workers; worker++) {
                next = free[worker] < free[next] ? worker : next;
            }
            free[next] += task;
        }
        return Arrays.stream(free).max().orElse(0);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.volume.Shape;

/**
 * A network beside other work: alone, beside one process that keeps a processor busy, beside two; then beside a process
 * that runs the same network.
 *
 * <pre>java -Xms1g -Xmx1500m -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.Contention fine 192
 * onednn-BF16,onednn-FP32 5</pre>
 *
 * <p>The last argument is the number of runs, after two that warm up. {@code onnxruntime} is an engine here too, with
 * {@code -Defficientsegnet.peers=DIR}. The other processes are started for each measurement and end with it, or with this
 * process, however it ends: they live as long as the pipe between them.
 */
public final class Contention {

    private static final int MOST_BUSY = 2;

    /** What a busy process works at; volatile, so that it does. */
    private static volatile long count;

    private Contention() {}

    /** One pass. */
    private interface Pass {
        void run() throws OrtException;
    }

    /**
     * Prints a table in Markdown: seconds a run, the median, and the slowest run.
     *
     * @param args the network, the size, the engines with commas, the number of runs
     */
    public static void main(String[] args) throws IOException, OrtException {
        if (args.length == 1 && args[0].equals("busy")) {
            keepBusy();
        } else if (args.length == 4 && args[3].equals("until the pipe ends")) {
            start(Contention::awaitEnd);
            with(args, args[2], pass -> {
                while (true) {
                    pass.run();
                }
            });
        } else if (args.length == 4) {
            measure(args);
        } else {
            throw new IllegalArgumentException("four arguments are needed: fine|coarse SIZE ENGINES RUNS");
        }
    }

    private static void measure(String[] args) throws IOException, OrtException {
        int processors = Runtime.getRuntime().availableProcessors();
        System.out.println(
                "| " + args[0] + " " + args[1] + ", s | beside | median | slowest | against alone | fair share |");
        System.out.println("|---|---|---:|---:|---:|---:|");
        for (String engine : args[2].split(",")) {
            double alone = 0;
            for (int busy = 0; busy <= MOST_BUSY; busy++) {
                List<Process> others = new ArrayList<>();
                try {
                    for (int i = 0; i < busy; i++) {
                        others.add(busy());
                    }
                    double[] seconds = seconds(args, engine);
                    alone = busy == 0 ? median(seconds) : alone;
                    String beside = busy == 0 ? "nothing" : busy + " busy";
                    print(engine, beside, seconds, alone, (double) (processors + busy) / processors);
                } finally {
                    others.forEach(Process::destroy);
                }
            }
            Process same = other(args[0], args[1], engine, "until the pipe ends");
            try {
                print(engine, "the same", seconds(args, engine), alone, 2);
            } finally {
                same.destroy();
            }
        }
    }

    private static void print(String engine, String beside, double[] seconds, double alone, double share) {
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %.2f | %.2f | %.2f | %.2f |%n",
                engine,
                beside,
                median(seconds),
                Arrays.stream(seconds).max().orElseThrow(),
                median(seconds) / alone,
                share);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double[] seconds(String[] args, String engine) throws OrtException {
        double[] seconds = new double[Integer.parseInt(args[3])];
        with(args, engine, pass -> {
            pass.run();
            pass.run();
            for (int run = 0; run < seconds.length; run++) {
                long start = System.nanoTime();
                pass.run();
                seconds[run] = (System.nanoTime() - start) / 1e9;
            }
        });
        return seconds;
    }

    private interface Use {
        void of(Pass pass) throws OrtException;
    }

    private static void with(String[] args, String engine, Use use) throws OrtException {
        Shape size = Shape.cube(Integer.parseInt(args[1]));
        if (engine.equals("onnxruntime")) {
            try (OnnxPeer peer = new OnnxPeer(args[0], size)) {
                use.of(peer::run);
            }
        } else {
            float[] input = Workload.input(size);
            float[] logits = Workload.logits(size);
            try (Network network = Workload.load(Workload.model(args[0], size), engine)) {
                use.of(() -> network.run(input, logits, new CancellationToken()));
            }
        }
    }

    /** Starts a process that keeps a processor busy until it is destroyed, or this process ends. */
    static Process busy() throws IOException {
        return other("busy");
    }

    /** Starts this program again; it ends when this process closes the pipe to it, at its own end at the latest. */
    static Process other(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1500m",
                "-cp",
                System.getProperty("java.class.path")));
        String peers = System.getProperty("efficientsegnet.peers");
        if (peers != null) {
            command.add("-Defficientsegnet.peers=" + peers);
        }
        command.add(Contention.class.getName());
        command.addAll(List.of(args));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void keepBusy() {
        start(Contention::awaitEnd);
        while (true) {
            count++;
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    private static void awaitEnd() {
        try {
            while (System.in.read() >= 0) {
                continue;
            }
        } catch (IOException e) {
            // A pipe that breaks has ended too.
        }
        Runtime.getRuntime().halt(0);
    }
}

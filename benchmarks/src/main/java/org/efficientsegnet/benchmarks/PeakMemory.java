// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.util.Locale;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.volume.Shape;

/**
 * The peak of the resident memory of a whole process that runs one network three times, and the time of each pass:
 *
 * <pre>java -Xmx600m -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.PeakMemory fine 192
 * onednn-BF16</pre>
 *
 * <p>The engine may be {@code onnxruntime}.
 */
public final class PeakMemory {

    private static final int PASSES = 3;

    private PeakMemory() {}

    /**
     * Runs it.
     *
     * @param args the network, the size, the engine with its precision
     */
    public static void main(String[] args) throws IOException, OrtException {
        if (args.length != 3) {
            throw new IllegalArgumentException("three arguments are needed: fine|coarse SIZE ENGINE");
        }
        Shape size = Shape.cube(Integer.parseInt(args[1]));
        if (args[2].equals("onnxruntime")) {
            try (OnnxPeer peer = new OnnxPeer(args[0], size)) {
                for (int pass = 0; pass < PASSES; pass++) {
                    long start = System.nanoTime();
                    peer.run();
                    report(start);
                }
            }
        } else {
            float[] input = Workload.input(size);
            float[] logits = Workload.logits(size);
            try (Network network = Workload.load(Workload.model(args[0], size), args[2])) {
                for (int pass = 0; pass < PASSES; pass++) {
                    long start = System.nanoTime();
                    network.run(input, logits, new CancellationToken());
                    report(start);
                }
            }
        }
        System.out.printf(Locale.ROOT, "peak resident memory %.0f MB%n", WholeCase.peakMegabytes());
    }

    private static void report(long start) {
        System.out.printf(Locale.ROOT, "pass %.3f s%n", (System.nanoTime() - start) / 1e9);
    }
}

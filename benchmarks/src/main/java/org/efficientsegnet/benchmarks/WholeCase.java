// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.efficientsegnet.Precision;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.Stage;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * A whole case from file to file, stage by stage, with the peak of the process's resident memory. A program of its own
 * since memory is a matter of the whole process:
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.WholeCase SCAN ENGINE PRECISION COARSE
 * FINE RUNS</pre>
 */
public final class WholeCase {

    private WholeCase() {}

    /**
     * Runs it.
     *
     * @param args the scan, the engine, the precision, the two input sizes, how many times
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 6) {
            throw new IllegalArgumentException("six arguments are needed: SCAN ENGINE PRECISION COARSE FINE RUNS");
        }
        Path scan = Path.of(args[0]);
        long start = System.nanoTime();
        var bundle = new ModelBundles()
                .pretrained()
                .withInputSizes(Shape.cube(Integer.parseInt(args[3])), Shape.cube(Integer.parseInt(args[4])));
        Path out = Files.createTempFile("labels", ".nii.gz");
        try (Segmenter segmenter = Segmenter.builder()
                .model(bundle)
                .engine(args[1])
                .precision(Precision.valueOf(args[2]))
                .build()) {
            System.out.println(segmenter.describe());
            System.out.printf(Locale.ROOT, "model loaded after %.2f s%n", seconds(start));
            for (int run = 0; run < Integer.parseInt(args[5]); run++) {
                long began = System.nanoTime();
                Volume ct = Volumes.read(scan);
                double read = seconds(began);
                Segmentation result = segmenter.segment(ct);
                long writes = System.nanoTime();
                LabelMaps.write(result.labels(), out);
                System.out.printf(
                        Locale.ROOT,
                        "run %d: %.2f s; read %.2f, %s, write %.2f%n",
                        run + 1,
                        seconds(began),
                        read,
                        stages(result),
                        seconds(writes));
            }
        } finally {
            Files.delete(out);
        }
        System.out.printf(Locale.ROOT, "peak resident memory %.0f MB%n", peakMegabytes());
    }

    private static String stages(Segmentation result) {
        StringBuilder text = new StringBuilder();
        for (Stage stage : result.timings().keySet()) {
            text.append(text.isEmpty() ? "" : ", ")
                    .append(stage.label())
                    .append(String.format(
                            Locale.ROOT, " %.2f", result.timings().get(stage).toNanos() / 1e9));
        }
        return text.toString();
    }

    /** The kernel's own count of the process's high-water mark. */
    static double peakMegabytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024 / 1e6;
            }
        }
        return Double.NaN;
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.efficientsegnet.spi.Network;

/** Runs a network on a reference file's input and measures how far it is from what the file expects. */
public final class GoldenCheck {

    /** What a network in 32-bit arithmetic stays below. */
    public static final double FP32_TOLERANCE = 2e-5;

    private GoldenCheck() {}

    /**
     * Runs the check.
     *
     * @param file the reference
     * @param network {@link GoldenFile#model} loaded by the engine in question
     * @throws org.efficientsegnet.SegmentationException if the engine fails
     */
    public static Report run(GoldenFile file, Network network) {
        Map<String, Double> errors = new LinkedHashMap<>();
        network.trace(file.input(), (name, channels, shape, values) -> {
            float[] expected = file.probes().get(name);
            if (expected != null) {
                errors.put(name, relativeL2(expected, values, GoldenFile.stride(name)));
            }
        });
        for (String block : file.probes().keySet()) {
            if (!errors.containsKey(block)) {
                throw new IllegalStateException(
                        "the network " + file.model().name() + " did not show the block " + block);
            }
        }
        List<BlockError> blocks = new ArrayList<>();
        errors.forEach((name, error) -> blocks.add(new BlockError(name, error)));
        return new Report(file.model().name(), blocks);
    }

    /**
     * The Euclidean norm of the difference over that of what is expected.
     *
     * @param expected every {@code stride}-th value
     * @return infinite if a value is not finite or the number of values is another
     */
    static double relativeL2(float[] expected, float[] values, int stride) {
        if ((values.length + stride - 1) / stride != expected.length) {
            return Double.POSITIVE_INFINITY;
        }
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            double d = (double) values[i * stride] - expected[i];
            difference += d * d;
            norm += (double) expected[i] * expected[i];
        }
        double error = difference == 0 ? 0 : Math.sqrt(difference / norm);
        return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
    }

    /**
     * How far a block's output is from the reference.
     *
     * @param block the block's name
     * @param relativeL2 the norm of the difference over that of the reference
     */
    public record BlockError(String block, double relativeL2) {}

    /**
     * What a check found.
     *
     * @param file the reference file's name
     * @param blocks every block that the file has samples of, in the order of computation, {@code output} last
     */
    public record Report(String file, List<BlockError> blocks) {

        /** Copies the list. */
        public Report {
            blocks = List.copyOf(blocks);
        }

        /** The error of the logits. */
        public double outputError() {
            return blocks.get(blocks.size() - 1).relativeL2();
        }

        /** The first block, in the order of computation, whose error is above a bound. */
        public Optional<BlockError> firstDeparting(double tolerance) {
            return blocks.stream()
                    .filter(block -> block.relativeL2() > tolerance)
                    .findFirst();
        }

        /** Whether the logits are within a bound. */
        public boolean passes(double tolerance) {
            return outputError() <= tolerance;
        }

        /** One line that says whether the logits are within a bound, and if not, which block departs first. */
        public String verdict(double tolerance) {
            String output = String.format(Locale.ROOT, "%s: relative L2 error %.2e", file, outputError());
            if (passes(tolerance)) {
                return output;
            }
            // The logits depart here, so there is a first block that does.
            BlockError first = firstDeparting(tolerance).orElseThrow();
            return output
                    + String.format(
                            Locale.ROOT,
                            " is above %.0e; the first block that departs is %s with %.2e",
                            tolerance,
                            first.block(),
                            first.relativeL2());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.GoldenCheck;
import org.efficientsegnet.nn.network.GoldenFile;
import org.efficientsegnet.nn.network.NetworkFamily;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;

/** Runs reference files of networks and tells how far the engine is from them. */
final class VerifyNetwork {

    static final String FP32_TOLERANCE_TEXT = "2e-5";

    /** What PyTorch's bfloat16 autocast stays below on random weights, the hardest case. */
    static final String HALF_TOLERANCE_TEXT = "0.2";

    private final EngineChoice engine;
    private final OutputOptions console;

    VerifyNetwork(EngineChoice engine, OutputOptions console) {
        this.engine = engine;
        this.console = console;
    }

    /**
     * Runs the files, one after the other.
     *
     * @param family the networks' family, null to tell it from the weights
     * @param tolerance for the output, null for the precision's own
     * @return whether all pass
     * @throws IOException if a file cannot be read
     */
    boolean run(List<Path> files, NetworkFamily family, Double tolerance) throws IOException {
        int failures = 0;
        for (Path file : files) {
            GoldenFile golden = family == null ? GoldenFile.read(file) : GoldenFile.read(file, family);
            if (!check(golden, tolerance)) {
                failures++;
            }
        }
        console.say(failures == 0 ? "all pass" : failures + " of " + files.size() + " depart");
        return failures == 0;
    }

    private boolean check(GoldenFile golden, Double tolerance) {
        NetworkEngine runner = chooseEngine(golden.model());
        try (Network network = runner.load(golden.model(), engine.forEngine())) {
            double bound = tolerance != null ? tolerance : defaultTolerance(network.precision());
            GoldenCheck.Report report = GoldenCheck.run(golden, network);
            console.result(String.format(
                    Locale.ROOT,
                    "%s, %s %s, tolerance %.1e",
                    golden.model().name(),
                    runner.name(),
                    network.precision().name().toLowerCase(Locale.ROOT),
                    bound));
            for (GoldenCheck.BlockError block : report.blocks()) {
                console.result(String.format(Locale.ROOT, "  %-20s %.2e", block.block(), block.relativeL2()));
            }
            console.result("  " + (report.passes(bound) ? "passes: " : "DEPARTS: ") + report.verdict(bound));
            return report.passes(bound);
        }
    }

    private static double defaultTolerance(Precision precision) {
        return Double.parseDouble(precision == Precision.FP32 ? FP32_TOLERANCE_TEXT : HALF_TOLERANCE_TEXT);
    }

    /** The named engine, or the best one that can run the network. */
    private NetworkEngine chooseEngine(NetworkModel model) {
        List<String> reasons = new ArrayList<>();
        for (NetworkEngine candidate : Engines.all()) {
            if (engine.engine() != null && !candidate.name().equals(engine.engine())) {
                continue;
            }
            String reason = candidate.status().available()
                    ? candidate.refuses(model, engine.forEngine())
                    : candidate.status().detail();
            if (reason == null) {
                return candidate;
            }
            reasons.add(candidate.name() + ": " + reason);
        }
        throw new SegmentationException(
                reasons.isEmpty()
                        ? "there is no engine \"" + engine.engine() + "\"; 'info' lists those that there are"
                        : "no engine can run " + model.name() + "; " + String.join("; ", reasons));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.efficientsegnet.Precision;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.examples.evaluate.Comparison;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;

/** Runs a whole case and compares its label map with the one that is expected. */
final class VerifyCase {

    private final Environment environment;
    private final EngineChoice engine;
    private final OutputOptions console;

    VerifyCase(Environment environment, EngineChoice engine, OutputOptions console) {
        this.environment = environment;
        this.engine = engine;
        this.console = console;
    }

    /**
     * Runs the case.
     *
     * @param leastDice the least Dice coefficient of an organ that passes, by the precision of the networks
     * @return whether all organs pass
     * @throws IOException if a file cannot be read
     */
    boolean run(Path scan, Path labels, ToDoubleFunction<Precision> leastDice) throws IOException {
        LabelMap expected = LabelMaps.read(labels);
        Volume volume = Volumes.read(scan);
        Segmentation result;
        try (Progress progress = Progress.ofScan(environment.terminal() && !console.isQuiet());
                Segmenter segmenter = environment.segmenters().load(engine)) {
            result = segmenter.segment(volume, progress.listener(), environment.cancellation());
        }
        List<Integer> organs =
                result.organs().stream().map(OrganStatistics::label).toList();
        List<Double> dice = Comparison.dice(expected, result.labels(), organs);
        console.result(String.format(
                Locale.ROOT,
                "model %s %s, %s %s",
                result.model().name(),
                result.model().version(),
                result.engine(),
                result.precision().name().toLowerCase(Locale.ROOT)));
        double least = leastDice.applyAsDouble(result.precision());
        boolean passes = true;
        for (int i = 0; i < organs.size(); i++) {
            double value = dice.get(i);
            // Not a number: neither map has the organ, so they agree.
            boolean agrees = Double.isNaN(value) || value >= least;
            passes &= agrees;
            console.result(String.format(
                    Locale.ROOT,
                    "  %-12s Dice %s%s",
                    result.organs().get(i).name(),
                    Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.4f", value),
                    agrees ? "" : ", below " + least));
        }
        console.say(passes ? "passes" : "DEPARTS");
        return passes;
    }
}

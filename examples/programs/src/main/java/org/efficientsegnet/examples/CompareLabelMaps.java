// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.metrics.Evaluation;
import org.efficientsegnet.metrics.LabelScore;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;

/** The metrics alone: how well two label maps agree. Needs no network. */
public final class CompareLabelMaps {

    private static final double TOLERANCE_MM = 1;

    private CompareLabelMaps() {}

    /** Takes the label map that is taken as true, and another one on the same grid. */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: CompareLabelMaps REFERENCE PREDICTION");
            System.exit(2);
        }
        LabelMap reference = LabelMaps.read(Path.of(args[0]));
        LabelMap prediction = LabelMaps.read(Path.of(args[1]));
        for (LabelScore score : Evaluation.compare(reference, prediction, TOLERANCE_MM, Parallelism.common())) {
            System.out.printf(
                    "%s: Dice %.4f, surface Dice %.4f at %.0f mm, 95%% Hausdorff distance %.2f mm%n",
                    score.name(), score.dice(), score.surfaceDice(), TOLERANCE_MM, score.hd95());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.efficientsegnet.metrics.LabelScore;

/**
 * The means of one label over several cases. Cases in which neither map has the label count nowhere; those in which one
 * lacks it count 0 for Dice and surface Dice and are left out of the distances, which are infinite there.
 *
 * @param label the label
 * @param name its name
 * @param cases how many cases have the label in at least one map
 * @param dice mean Dice
 * @param surfaceDice mean surface Dice
 * @param assd mean average symmetric surface distance, mm
 * @param hd95 mean 95% Hausdorff distance, mm
 */
public record Means(int label, String name, long cases, double dice, double surfaceDice, double assd, double hd95) {

    /** The means of every label that occurs, in label order. */
    public static List<Means> of(List<Comparison> comparisons) {
        Map<Integer, List<LabelScore>> byLabel = new TreeMap<>();
        for (Comparison comparison : comparisons) {
            for (LabelScore score : comparison.scores()) {
                byLabel.computeIfAbsent(score.label(), label -> new ArrayList<>())
                        .add(score);
            }
        }
        return byLabel.values().stream().map(Means::ofLabel).toList();
    }

    private static Means ofLabel(List<LabelScore> scores) {
        LabelScore first = scores.get(0);
        long cases = scores.stream().filter(s -> !Double.isNaN(s.dice())).count();
        return new Means(
                first.label(),
                first.name(),
                cases,
                mean(scores, LabelScore::dice),
                mean(scores, LabelScore::surfaceDice),
                mean(scores, LabelScore::assd),
                mean(scores, LabelScore::hd95));
    }

    private static double mean(List<LabelScore> scores, ToDoubleFunction<LabelScore> value) {
        return scores.stream()
                .mapToDouble(value)
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }
}

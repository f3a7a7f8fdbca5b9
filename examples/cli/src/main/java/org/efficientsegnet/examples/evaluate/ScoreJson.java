// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.efficientsegnet.metrics.LabelScore;

/** Scores as JSON for programs. What is not a finite number is null, since JSON has no other. */
public final class ScoreJson {

    private ScoreJson() {}

    /** The cases with the scores of each label, and the means. */
    public static String of(List<Comparison> comparisons, double toleranceMm) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("tolerance_mm", toleranceMm);
        ArrayNode cases = root.putArray("cases");
        for (Comparison comparison : comparisons) {
            ObjectNode node = cases.addObject();
            node.put("case", comparison.pair().name());
            node.put("reference", comparison.pair().reference().toString());
            node.put("prediction", comparison.pair().prediction().toString());
            ArrayNode labels = node.putArray("labels");
            comparison.scores().forEach(score -> put(labels.addObject(), score));
        }
        ArrayNode means = root.putArray("means");
        for (Means mean : Means.of(comparisons)) {
            ObjectNode node = means.addObject();
            node.put("label", mean.label());
            node.put("name", mean.name());
            node.put("cases", mean.cases());
            put(node, "dsc", mean.dice());
            put(node, "nsd", mean.surfaceDice());
            put(node, "assd_mm", mean.assd());
            put(node, "hd95_mm", mean.hd95());
        }
        return root.toPrettyString();
    }

    private static void put(ObjectNode node, LabelScore score) {
        node.put("label", score.label());
        node.put("name", score.name());
        put(node, "dsc", score.dice());
        put(node, "nsd", score.surfaceDice());
        put(node, "assd_mm", score.assd());
        put(node, "reference_to_prediction_mm", score.averageFromReference());
        put(node, "prediction_to_reference_mm", score.averageFromPrediction());
        put(node, "hd95_mm", score.hd95());
        put(node, "reference_ml", score.referenceMl());
        put(node, "prediction_ml", score.predictionMl());
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.volume.Shape;

/**
 * The input sizes that weights were trained at, which belong to them, and what was measured at these and others. In
 * {@code model.json} both are optional: {@code trained_size} in each network, which is {@code input_size} if it is
 * absent, and the list {@code measured_sizes}.
 *
 * @param coarse what the coarse network was trained at
 * @param fine what the fine network was trained at
 * @param measured what was measured, in the order of the file
 */
record InputSizes(Shape coarse, Shape fine, List<Measured> measured) {

    private static final int MOST_MEASURED = 100;

    /**
     * The accuracy at a pair of sizes.
     *
     * @param coarse the coarse network's input
     * @param fine the fine network's input
     * @param dice the mean Dice coefficient of each label
     */
    record Measured(Shape coarse, Shape fine, Map<String, Double> dice) {
        @Override
        public String toString() {
            return coarse + " / " + fine + ": "
                    + dice.entrySet().stream()
                            .map(e -> String.format(Locale.ROOT, "%s %.3f", e.getKey(), e.getValue()))
                            .collect(Collectors.joining(", "));
        }
    }

    /** What {@code model.json} says of sizes. */
    static InputSizes parse(ConfigurationFields fields, List<String> labels, Shape coarse, Shape fine)
            throws MalformedFileException {
        List<Measured> measured = new ArrayList<>();
        for (ConfigurationFields entry : fields.objectList("measured_sizes", MOST_MEASURED)) {
            ConfigurationFields dice = entry.object("dice");
            Map<String, Double> values = new LinkedHashMap<>();
            for (String label : labels) {
                if (dice.has(label)) {
                    values.put(label, dice.number(label, 0, 1));
                }
            }
            measured.add(new Measured(
                    NetworkConfiguration.size(entry, "coarse"), NetworkConfiguration.size(entry, "fine"), values));
        }
        return new InputSizes(
                trained(fields.object("coarse"), coarse), trained(fields.object("fine"), fine), List.copyOf(measured));
    }

    private static Shape trained(ConfigurationFields network, Shape input) throws MalformedFileException {
        return network.has("trained_size") ? NetworkConfiguration.size(network, "trained_size") : input;
    }

    /** What to know of these sizes before running the networks at others; empty at their own. */
    List<String> remarks(Shape coarseNow, Shape fineNow) {
        List<String> changed = new ArrayList<>();
        if (!coarseNow.equals(coarse)) {
            changed.add("coarse input " + coarseNow + " instead of " + coarse);
        }
        if (!fineNow.equals(fine)) {
            changed.add("fine input " + fineNow + " instead of " + fine);
        }
        if (changed.isEmpty()) {
            return List.of();
        }
        String text = String.join(" and ", changed)
                + ", which the weights were trained at: input sizes belong to the weights, expect less accurate labels";
        if (!measured.isEmpty()) {
            text += "; mean Dice measured at coarse / fine sizes: "
                    + measured.stream().map(Measured::toString).collect(Collectors.joining("; "));
        }
        return List.of(text);
    }

    /** The list for {@code model.json}. */
    List<Map<String, Object>> toList() {
        List<Map<String, Object>> list = new ArrayList<>();
        for (Measured one : measured) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("coarse", NetworkConfiguration.list(one.coarse()));
            entry.put("fine", NetworkConfiguration.list(one.fine()));
            entry.put("dice", one.dice());
            list.add(entry);
        }
        return list;
    }
}

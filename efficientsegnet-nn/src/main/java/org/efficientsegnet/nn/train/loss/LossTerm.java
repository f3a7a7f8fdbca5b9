// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.loss;

import java.util.ArrayList;
import java.util.List;

/**
 * What training makes small, in words that need no engine: a loss is the sum of one or two of these. Each channel is a
 * problem of its own with a sigmoid.
 *
 * <p>Notation: z a logit, t its target, p = sigmoid(z), p_t = p where t is 1 and 1 - p where it is 0. Voxels and
 * channels whose label is not known are in no sum and no mean. {@link Losses} writes them down as SameDiff graphs,
 * which are the definition.
 */
public enum LossTerm {
    /** 1 - (2·Σpt + 1e-8) / (Σp² + Σt² + 1e-8), sums over known voxels, mean over samples and channels that are known. */
    DICE("dice"),
    /** Binary cross entropy, mean over what is known. */
    CROSS_ENTROPY("bce"),
    /** α_t·(1 - p_t)^γ·(-log p_t), mean over what is known. */
    FOCAL("focal"),
    /** The focal loss as the published code computes it: Σ α_t·(1 - p_t)^γ · mean(-log p_t) / max(Σt, 1). */
    PUBLISHED_FOCAL("focal-published"),
    /** The mean cross entropy of the worst voxels of each sample and channel, mean over those that are known. */
    TOP_K("top-k");

    /** The loss of the published method as its paper gives it (section 2.2): dice and focal. */
    public static final String DEFAULT = "dice+focal";

    /** The weight of an organ's voxels in the focal losses; that of the others is 1 minus this. */
    public static final double FOCAL_ALPHA = 0.5;

    /** How much easy voxels are weighed down in the focal losses. */
    public static final double FOCAL_GAMMA = 2;

    /** In the focal losses p is kept within this and 1 minus this; beyond there is no gradient. */
    public static final double LEAST_PROBABILITY = 1e-4;

    /** The share of the voxels that count in {@link #TOP_K}. */
    public static final double TOP_K_FRACTION = 0.1;

    /** What keeps the quotient of {@link #DICE} from 0/0. */
    public static final double DICE_SMALL = 1e-8;

    private static final List<String> NAMES = List.of(
            "dice",
            "bce",
            "focal",
            "focal-published",
            "top-k",
            DEFAULT,
            "dice+focal-published",
            "dice+bce",
            "dice+top-k");

    private final String label;

    LossTerm(String label) {
        this.label = label;
    }

    /** As in the names of losses. */
    public String label() {
        return label;
    }

    /** The names that {@link #parse} knows. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * The terms of a loss, such as {@code dice+focal}.
     *
     * @throws IllegalArgumentException if there is none of that name; the message lists them
     */
    public static List<LossTerm> parse(String name) {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException(
                    "there is no loss named \"" + name + "\"; there are " + String.join(", ", NAMES));
        }
        List<LossTerm> terms = new ArrayList<>();
        for (String part : name.split("\\+")) {
            for (LossTerm term : values()) {
                if (term.label.equals(part)) {
                    terms.add(term);
                }
            }
        }
        return List.copyOf(terms);
    }
}

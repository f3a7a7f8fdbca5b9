// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.loss;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The losses. Each channel is a problem of its own with a sigmoid, so that organs may overlap.
 *
 * <p>Notation: z a logit, t its target, p = sigmoid(z), p_t = p where t is 1 and 1 - p where it is 0.
 */
public final class Losses {

    private static final double SMALL = LossTerm.DICE_SMALL;
    private static final double LEAST_PROBABILITY = LossTerm.LEAST_PROBABILITY;

    /** Less than one voxel of any input is known. */
    private static final double LEAST_SHARE = 1e-12;

    private Losses() {}

    /**
     * A loss of a name with the usual constants; see {@link LossTerm}.
     *
     * @throws IllegalArgumentException if there is none of that name; the message lists them
     */
    public static Loss byName(String name) {
        return of(LossTerm.parse(name));
    }

    /**
     * The sum of some terms with the usual constants.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Loss of(List<LossTerm> terms) {
        return terms.stream()
                .map(Losses::of)
                .reduce(Loss::plus)
                .orElseThrow(() -> new IllegalArgumentException("a loss needs at least one term"));
    }

    private static Loss of(LossTerm term) {
        return switch (term) {
            case DICE -> dice();
            case CROSS_ENTROPY -> bce();
            case FOCAL -> focal(LossTerm.FOCAL_ALPHA, LossTerm.FOCAL_GAMMA);
            case PUBLISHED_FOCAL -> publishedFocal(LossTerm.FOCAL_ALPHA, LossTerm.FOCAL_GAMMA);
            case TOP_K -> topK(LossTerm.TOP_K_FRACTION);
        };
    }

    /**
     * 1 - (2·Σpt + 1e-8) / (Σp² + Σt² + 1e-8), sums over the voxels, mean over samples and channels (Milletari et al.,
     * V-Net, 2016, section 3).
     */
    public static Loss dice() {
        return (graph, logits, targets, known) -> {
            SDVariable p = only(graph.nn().sigmoid(logits), known);
            SDVariable both = voxelSum(p.mul(targets));
            SDVariable each =
                    voxelSum(graph.math().square(p)).add(voxelSum(graph.math().square(targets)));
            SDVariable dice = both.mul(2).add(SMALL).div(each.add(SMALL));
            return known == null ? dice.mean().rsub(1) : meanOfKnownRows(graph, dice.rsub(1), voxelSum(known));
        };
    }

    /** Binary cross entropy of the logits, softplus(z) - t·z, mean over everything. */
    public static Loss bce() {
        return (graph, logits, targets, known) -> mean(graph, crossEntropy(graph, logits, targets), known);
    }

    /**
     * α_t·(1 - p_t)^γ·(-log p_t), mean over everything (Lin et al., Focal Loss for Dense Object Detection, 2017,
     * equation 5). As in the published code, p is kept within 1e-4 and 1 - 1e-4; beyond there is no gradient.
     *
     * @param alpha weight of the organ's voxels, 1 - alpha that of the others
     * @param gamma how much easy voxels are weighed down
     */
    public static Loss focal(double alpha, double gamma) {
        return (graph, logits, targets, known) -> {
            Focal focal = Focal.of(graph, logits, targets, alpha, gamma);
            return mean(graph, focal.weight().mul(focal.crossEntropy()), known);
        };
    }

    /**
     * The focal loss as the published code computes it: the weights multiply the mean of the cross entropy, and the sum
     * is divided by the number of organ voxels, Σ α_t·(1 - p_t)^γ · mean(-log p_t) / max(Σt, 1). The voxel-wise form is
     * the one that the paper describes.
     *
     * @param alpha weight of the organ's voxels, 1 - alpha that of the others
     * @param gamma how much easy voxels are weighed down
     */
    public static Loss publishedFocal(double alpha, double gamma) {
        return (graph, logits, targets, known) -> {
            Focal focal = Focal.of(graph, logits, targets, alpha, gamma);
            SDVariable weights = sum(only(focal.weight(), known));
            SDVariable organVoxels = graph.clipByValue(sum(targets), 1, Double.MAX_VALUE);
            return weights.mul(mean(graph, focal.crossEntropy(), known)).div(organVoxels);
        };
    }

    /**
     * The mean cross entropy of the worst voxels of each sample and channel. Voxels as bad as the last of them count as
     * well.
     *
     * @param fraction of all voxels that count, above 0 and at most 1; where fewer are known, those
     */
    public static Loss topK(double fraction) {
        if (!(fraction > 0 && fraction <= 1)) {
            throw new IllegalArgumentException("the fraction of voxels is above 0 and at most 1, not " + fraction);
        }
        return (graph, logits, targets, known) -> {
            SDVariable entropy = crossEntropy(graph, logits, targets);
            long[] shape = knownShape(logits, targets);
            int voxels = Math.toIntExact(shape[2] * shape[3] * shape[4]);
            int k = Math.max(1, (int) (voxels * fraction));
            SDVariable rows = entropy.reshape(shape[0] * shape[1], voxels);
            if (known != null) {
                SDVariable mask = known.reshape(shape[0] * shape[1], voxels);
                // An entropy is above 0, so that what is not known comes after everything else.
                SDVariable ranked = rows.mul(mask).add(mask.sub(1));
                SDVariable least = NthLargest.of(graph, ranked, k - 1).reshape(shape[0] * shape[1], 1);
                SDVariable worst =
                        graph.gte(ranked, least).castTo(logits.dataType()).mul(mask);
                SDVariable count = worst.sum(1);
                SDVariable means = rows.mul(worst).sum(1).div(graph.clipByValue(count, 1, Double.MAX_VALUE));
                return meanOfKnownRows(graph, means, count);
            }
            SDVariable threshold = NthLargest.of(graph, rows, k - 1).reshape(shape[0] * shape[1], 1);
            // A comparison has no gradient, so that none flows through the choice of the voxels.
            SDVariable chosen = graph.gte(rows, threshold).castTo(logits.dataType());
            return rows.mul(chosen).sum(1).div(chosen.sum(1)).mean();
        };
    }

    /** SameDiff knows the shape of placeholders, variables and constants, but not that of results. */
    private static long[] knownShape(SDVariable logits, SDVariable targets) {
        long[] shape = targets.getShape() != null ? targets.getShape() : logits.getShape();
        if (shape == null) {
            throw new IllegalArgumentException("top-k needs logits or targets whose shape is known: " + logits.name()
                    + " and " + targets.name() + " are results of operations");
        }
        return shape;
    }

    /** Axis by axis: one sum over all voxels in 32 bits would add small numbers to a large one. */
    private static SDVariable voxelSum(SDVariable x) {
        return x.sum(4).sum(3).sum(2);
    }

    private static SDVariable sum(SDVariable x) {
        return voxelSum(x).sum();
    }

    private static SDVariable mean(SDVariable x) {
        return x.mean(4).mean(3).mean();
    }

    /** The mean over what is known; 0 if nothing is. */
    private static SDVariable mean(SameDiff graph, SDVariable x, SDVariable known) {
        return known == null ? mean(x) : mean(x.mul(known)).div(graph.clipByValue(mean(known), LEAST_SHARE, 1));
    }

    private static SDVariable only(SDVariable x, SDVariable known) {
        return known == null ? x : x.mul(known);
    }

    /** The mean of those rows of which any voxel is known; 0 if there are none. */
    private static SDVariable meanOfKnownRows(SameDiff graph, SDVariable rows, SDVariable knownVoxels) {
        SDVariable any = graph.clipByValue(knownVoxels, 0, 1);
        return rows.mul(any).sum().div(graph.clipByValue(any.sum(), 1, Double.MAX_VALUE));
    }

    /**
     * softplus(z) - t·z, with softplus(z) = max(z, 0) + log(1 + exp(-|z|)), which does not overflow. The gradients of abs
     * and relu are both 0 at 0, where that of softplus is 1/2; and a logit is exactly 0 wherever no feature is active.
     */
    private static SDVariable crossEntropy(SameDiff graph, SDVariable logits, SDVariable targets) {
        SDVariable positive = graph.gte(logits, 0).castTo(logits.dataType());
        SDVariable magnitude = logits.mul(positive.mul(2).sub(1));
        SDVariable softplus =
                logits.mul(positive).add(graph.math().log1p(graph.math().exp(magnitude.neg())));
        return softplus.sub(targets.mul(logits));
    }

    /** α_t·(1 - p_t)^γ and -log p_t of each voxel. */
    private record Focal(SDVariable weight, SDVariable crossEntropy) {
        static Focal of(SameDiff graph, SDVariable logits, SDVariable targets, double alpha, double gamma) {
            // p_t is the sigmoid of the logit with the target's sign: 1 - p_t loses no digits that way.
            SDVariable signed = logits.mul(targets.mul(2).sub(1));
            SDVariable right = clipped(graph, graph.nn().sigmoid(signed));
            SDVariable wrong = clipped(graph, graph.nn().sigmoid(signed.neg()));
            SDVariable easy =
                    gamma == 2 ? graph.math().square(wrong) : graph.math().pow(wrong, gamma);
            SDVariable balance = targets.mul(2 * alpha - 1).add(1 - alpha);
            return new Focal(easy.mul(balance), graph.math().log(right).neg());
        }

        private static SDVariable clipped(SameDiff graph, SDVariable p) {
            return graph.clipByValue(p, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY);
        }
    }
}

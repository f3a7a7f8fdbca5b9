// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.loss.LossTerm;

/**
 * The losses of {@link LossTerm} and their gradients by the logits, in 64-bit arithmetic. A sample's part of the loss of
 * a batch: means are taken over the whole batch, whose labels say how much of it is known.
 *
 * <p>Voxels are cut into parts, a channel's each, which may be measured at the same time; then {@link #value} adds what
 * was measured, in the order of the parts, and the parts may be differentiated at the same time.
 */
final class TrainingLoss {

    /** Voxels of a part. */
    static final int PART_VOXELS = 1 << 15;

    private static final double LEAST = LossTerm.LEAST_PROBABILITY;

    private final List<LossTerm> terms;
    private final int channels;
    private final int voxels;
    private final List<Part> parts = new ArrayList<>();
    private final Sums[] sums;
    /** Cross entropies, channel after channel, if the worst ones are looked for. */
    private final float[] entropies;

    private TrainingRunState run;

    // What the gradient needs besides the logits: of each channel, or of all.
    private final Sums[] ofChannel;
    private final double[] worstEntropy;
    private final double[] worstCount;
    private Sums whole;

    /**
     * Voxels of a channel.
     *
     * @param number of the part
     * @param channel whose logits
     * @param from the first voxel
     * @param size how many
     */
    record Part(int number, int channel, int from, int size) {}

    /** Sums over voxels: of the product of probability and target, of their squares, and of what focal losses need. */
    private static final class Sums {
        private double overlap;
        private double squares;
        private double targets;
        private double entropy;
        private double focal;
        private double focalWeight;
        private double focalEntropy;

        void add(Sums other) {
            overlap += other.overlap;
            squares += other.squares;
            targets += other.targets;
            entropy += other.entropy;
            focal += other.focal;
            focalWeight += other.focalWeight;
            focalEntropy += other.focalEntropy;
        }
    }

    /**
     * A loss before its first run.
     *
     * @param terms what is added up
     * @param channels of the logits
     * @param voxels of a sample
     */
    TrainingLoss(List<LossTerm> terms, int channels, int voxels) {
        this.terms = List.copyOf(terms);
        this.channels = channels;
        this.voxels = voxels;
        for (int channel = 0; channel < channels; channel++) {
            for (Slab slab : Slab.of(voxels, PART_VOXELS)) {
                parts.add(new Part(parts.size(), channel, slab.from(), slab.size()));
            }
        }
        sums = new Sums[parts.size()];
        ofChannel = new Sums[channels];
        worstEntropy = new double[channels];
        worstCount = new double[channels];
        entropies = has(LossTerm.TOP_K) ? new float[Math.multiplyExact(channels, voxels)] : null;
    }

    private boolean has(LossTerm term) {
        return terms.contains(term);
    }

    /** What may be done at the same time. */
    List<Part> parts() {
        return parts;
    }

    /** Where a part's logits are among those of the sample, channel after channel. */
    long offset(Part part) {
        return (long) part.channel() * voxels + part.from();
    }

    /** Begins a run; its state says which labels there are. */
    void begin(TrainingRunState state) {
        run = state;
    }

    private boolean isKnown(int channel) {
        boolean[] known = run.known();
        return known.length == 0 || known[channel];
    }

    /**
     * Measures a part.
     *
     * @param logits become the smaller one of p and 1 - p, negative if that is p: no digits are lost near 0 and 1, and
     *     the exponential is not needed twice
     */
    void measure(Part part, float[] logits) {
        Sums sum = new Sums();
        sums[part.number()] = sum;
        if (!isKnown(part.channel())) {
            return;
        }
        boolean focal = has(LossTerm.FOCAL) || has(LossTerm.PUBLISHED_FOCAL);
        boolean entropy = has(LossTerm.CROSS_ENTROPY) || has(LossTerm.TOP_K);
        byte[] labels = run.labels();
        int own = part.channel() + 1;
        for (int i = 0; i < part.size(); i++) {
            int label = labels[part.from() + i] & 0xff;
            if (label == Batch.UNKNOWN) {
                continue;
            }
            boolean target = label == own;
            double z = logits[i];
            double small = Math.exp(-Math.abs(z));
            double less = small / (1 + small);
            double p = z >= 0 ? 1 - less : less;
            logits[i] = (float) (z >= 0 ? less : -less);
            sum.squares += p * p;
            if (target) {
                sum.overlap += p;
                sum.targets++;
            }
            if (entropy) {
                double value = Math.max(target ? -z : z, 0) + Math.log(1 + small);
                sum.entropy += value;
                if (entropies != null) {
                    entropies[part.channel() * voxels + part.from() + i] = (float) value;
                }
            }
            if (focal) {
                double wrong = (z >= 0) == target ? less : 1 - less;
                double weight = alpha(target) * square(clipped(wrong));
                double value = -Math.log(clipped(1 - wrong));
                sum.focal += weight * value;
                sum.focalWeight += weight;
                sum.focalEntropy += value;
            }
        }
    }

    private static double alpha(boolean target) {
        return target ? LossTerm.FOCAL_ALPHA : 1 - LossTerm.FOCAL_ALPHA;
    }

    private static double square(double x) {
        return x * x;
    }

    private static double clipped(double p) {
        return Math.min(Math.max(p, LEAST), 1 - LEAST);
    }

    private static boolean isWithin(double p) {
        return p >= LEAST && p <= 1 - LEAST;
    }

    /** What the sample adds to the loss of its batch; when every part has been measured. */
    double value() {
        whole = new Sums();
        for (int channel = 0; channel < channels; channel++) {
            ofChannel[channel] = new Sums();
        }
        for (Part part : parts) {
            ofChannel[part.channel()].add(sums[part.number()]);
        }
        double loss = 0;
        for (int channel = 0; channel < channels; channel++) {
            Sums sum = ofChannel[channel];
            whole.add(sum);
            if (has(LossTerm.DICE) && run.knownRows() > 0 && run.isRowKnown(channel)) {
                double dice =
                        (2 * sum.overlap + LossTerm.DICE_SMALL) / (sum.squares + sum.targets + LossTerm.DICE_SMALL);
                loss += (1 - dice) / run.knownRows();
            }
            if (has(LossTerm.TOP_K) && run.isRowKnown(channel)) {
                loss += worst(channel) / run.knownRows();
            }
        }
        if (run.knownVoxels() > 0) {
            if (has(LossTerm.CROSS_ENTROPY)) {
                loss += whole.entropy / run.knownVoxels();
            }
            if (has(LossTerm.FOCAL)) {
                loss += whole.focal / run.knownVoxels();
            }
            if (has(LossTerm.PUBLISHED_FOCAL)) {
                loss += whole.focalWeight * (whole.focalEntropy / run.knownVoxels()) / Math.max(whole.targets, 1);
            }
        }
        return loss;
    }

    /** The mean of a channel's worst cross entropies; remembers which these are. */
    private double worst(int channel) {
        int rank = Math.max(1, (int) (voxels * LossTerm.TOP_K_FRACTION));
        byte[] labels = run.labels();
        int begin = channel * voxels;
        float least = Ranking.largest(rank, voxels, i -> labels[i] == (byte) Batch.UNKNOWN ? -1 : entropies[begin + i]);
        worstEntropy[channel] = Math.max(least, 0);
        double sum = 0;
        long count = 0;
        for (int i = 0; i < voxels; i++) {
            if (labels[i] != (byte) Batch.UNKNOWN && entropies[begin + i] >= worstEntropy[channel]) {
                sum += entropies[begin + i];
                count++;
            }
        }
        worstCount[channel] = count;
        return sum / count;
    }

    /**
     * Gives the gradient of the scaled loss by a part's logits; after {@link #value}.
     *
     * @param logits what {@link #measure} made of them; become the gradient
     */
    void differentiate(Part part, float[] logits) {
        int channel = part.channel();
        byte[] labels = run.labels();
        boolean known = isKnown(channel);
        Sums sum = ofChannel[channel];
        double scale = run.scale();
        boolean dice = has(LossTerm.DICE);
        boolean focal = has(LossTerm.FOCAL);
        boolean published = has(LossTerm.PUBLISHED_FOCAL);
        boolean worst = has(LossTerm.TOP_K);
        double denominator = sum.squares + sum.targets + LossTerm.DICE_SMALL;
        double ofTarget = dice ? -2 / denominator / run.knownRows() : 0;
        double ofProbability =
                dice ? 2 * (2 * sum.overlap + LossTerm.DICE_SMALL) / (denominator * denominator) / run.knownRows() : 0;
        double ofEntropy = has(LossTerm.CROSS_ENTROPY) ? 1.0 / run.knownVoxels() : 0;
        double ofWorst = worst ? 1 / worstCount[channel] / run.knownRows() : 0;
        double organ = Math.max(whole.targets, 1);
        double ofWeight = published ? whole.focalEntropy / run.knownVoxels() / organ : 0;
        double ofFocalEntropy = published ? whole.focalWeight / run.knownVoxels() / organ : 0;
        double ofFocal = focal ? 1.0 / run.knownVoxels() : 0;
        for (int i = 0; i < part.size(); i++) {
            int label = labels[part.from() + i] & 0xff;
            if (!known || label == Batch.UNKNOWN) {
                logits[i] = 0;
                continue;
            }
            boolean target = label == channel + 1;
            // The sign, also of a zero.
            boolean above = Float.floatToRawIntBits(logits[i]) >= 0;
            double less = Math.abs(logits[i]);
            double slope = less * (1 - less);
            double p = above ? 1 - less : less;
            double gradient = slope * (ofProbability * p + (target ? ofTarget : 0)) + ofEntropy * (target ? p - 1 : p);
            if (worst && entropies[channel * voxels + part.from() + i] >= worstEntropy[channel]) {
                gradient += ofWorst * (target ? p - 1 : p);
            }
            if (focal || published) {
                double wrong = above == target ? less : 1 - less;
                double clippedWrong = clipped(wrong);
                double right = clipped(1 - wrong);
                double entropy = -Math.log(right);
                // By the logit with the target's sign: the higher, the less is wrong.
                double weightSlope = isWithin(wrong) ? -2 * clippedWrong * slope * alpha(target) : 0;
                double entropySlope = isWithin(1 - wrong) ? -slope / right : 0;
                double weight = alpha(target) * square(clippedWrong);
                double signed = ofFocal * (weightSlope * entropy + weight * entropySlope)
                        + ofWeight * weightSlope
                        + ofFocalEntropy * entropySlope;
                gradient += target ? signed : -signed;
            }
            logits[i] = (float) (scale * gradient);
        }
    }
}

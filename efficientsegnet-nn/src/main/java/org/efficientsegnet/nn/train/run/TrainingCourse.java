// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.efficientsegnet.nn.train.data.Seeds;
import org.efficientsegnet.volume.Shape;

/**
 * The course of a training: everything about its steps and parts that is settled before it begins. Steps, parts and
 * samples are numbered from 0 through the whole training. Immutable.
 *
 * @param options how the network is trained
 * @param samplesPerEpoch how many samples an epoch has; rounded up to whole steps
 * @param size of an input when all earlier sizes are done, z, y, x
 */
public record TrainingCourse(TrainingOptions options, int samplesPerEpoch, Shape size) {

    private static final long DROPOUT = 0x64726f70;
    private static final long SIZES = 0x73697a65;

    /** @throws IllegalArgumentException if the earlier sizes take all epochs, or the network cannot take a size */
    public TrainingCourse {
        Objects.requireNonNull(size, "size");
        if (samplesPerEpoch < 1) {
            throw new IllegalArgumentException("samplesPerEpoch: " + samplesPerEpoch + " is below 1");
        }
        int step = options.batch() * options.accumulate();
        samplesPerEpoch = Math.multiplyExact((samplesPerEpoch + step - 1) / step, step);
        options.spec().requireInputSize(size);
        for (SizeStage stage : options.earlierSizes()) {
            options.spec().requireInputSize(stage.size());
        }
    }

    /** How many steps an epoch has. */
    public int stepsPerEpoch() {
        return samplesPerEpoch / (options.batch() * options.accumulate());
    }

    /** How many steps the training has at most. */
    public int steps() {
        return Math.multiplyExact(stepsPerEpoch(), options.epochs());
    }

    /** The size that an epoch, from 0, is for: the largest that is drawn in it, and that of its validation. */
    public Shape stageSize(int epoch) {
        int end = 0;
        for (SizeStage stage : options.earlierSizes()) {
            end += stage.epochs();
            if (epoch < end) {
                return stage.size();
            }
        }
        return size;
    }

    /** Whether inputs have another size from this epoch on. */
    public boolean beginsStage(int epoch) {
        int end = 0;
        for (SizeStage stage : options.earlierSizes()) {
            end += stage.epochs();
            if (epoch == end) {
                return true;
            }
        }
        return false;
    }

    /** Whether inputs have their last size in this epoch. */
    public boolean isLastStage(int epoch) {
        return epoch
                >= options.earlierSizes().stream().mapToInt(SizeStage::epochs).sum();
    }

    /**
     * The size of a part's inputs. Where sizes are mixed, every second part on average has one of those that were
     * trained on before.
     */
    public Shape size(long part) {
        List<Shape> sizes = sizesUpTo(epochOfPart(part));
        Shape own = sizes.get(sizes.size() - 1);
        if (!options.mixSizes() || sizes.size() == 1) {
            return own;
        }
        SplittableRandom random = new SplittableRandom(Seeds.mix(options.seed() ^ SIZES, part));
        return random.nextBoolean() ? own : sizes.get(random.nextInt(sizes.size() - 1));
    }

    /** The sizes that parts of this number's stage have. */
    List<Shape> sizesFrom(long part) {
        List<Shape> sizes = sizesUpTo(epochOfPart(part));
        return options.mixSizes() ? sizes : List.of(sizes.get(sizes.size() - 1));
    }

    private int epochOfPart(long part) {
        return Math.toIntExact(part / options.accumulate() / stepsPerEpoch());
    }

    private List<Shape> sizesUpTo(int epoch) {
        List<Shape> sizes = new ArrayList<>();
        int begin = 0;
        for (SizeStage stage : options.earlierSizes()) {
            if (epoch < begin) {
                return sizes;
            }
            sizes.add(stage.size());
            begin += stage.epochs();
        }
        if (epoch >= begin) {
            sizes.add(size);
        }
        return sizes;
    }

    /** Decides which channels are dropped in a part. */
    public long dropoutSeed(long part) {
        return Seeds.mix(options.seed() ^ DROPOUT, part);
    }
}

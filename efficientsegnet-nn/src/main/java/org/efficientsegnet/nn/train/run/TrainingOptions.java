package org.efficientsegnet.nn.train.run;

import java.util.Objects;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.Arithmetic;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.loss.Losses;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;

/**
 * How one network is trained.
 *
 * @param spec the network
 * @param loss name of the loss; see {@link Losses#byName}
 * @param dropout share of channels that Dropout3d drops
 * @param batch samples that go through the network at once
 * @param accumulate batches whose gradients are averaged before a step
 * @param epochs how often the cases are gone through
 * @param samplesPerEpoch samples of an epoch; 0 for each case once, hard ones several times
 * @param optimizer how weights follow gradients
 * @param arithmetic the numbers that the network is computed in
 * @param lossScale factor of the loss before it is differentiated
 * @param augment how samples are varied
 * @param seed decides on everything that is random
 * @param validateEvery epochs between validations
 * @param patience the run stops after so many validations in a row that found no better result; 0 for never
 * @param checkpointEvery steps between checkpoints; there is one after every epoch anyway
 * @param loaderThreads how many samples are made at once beside the step
 */
public record TrainingOptions(
        NetworkSpec spec,
        String loss,
        double dropout,
        int batch,
        int accumulate,
        int epochs,
        int samplesPerEpoch,
        OptimizerOptions optimizer,
        Arithmetic arithmetic,
        LossScale lossScale,
        AugmentOptions augment,
        long seed,
        int validateEvery,
        int patience,
        int checkpointEvery,
        int loaderThreads) {

    /** As the published code trains: 200 epochs, dice and focal, dropout 0.2, Adam with step decay. */
    public static TrainingOptions published(NetworkSpec spec) {
        return new TrainingOptions(
                spec,
                Losses.DEFAULT,
                0.2,
                1,
                1,
                200,
                0,
                OptimizerOptions.DEFAULT,
                Arithmetic.FLOAT32,
                LossScale.NONE,
                AugmentOptions.PUBLISHED,
                0,
                5,
                0,
                100,
                1);
    }

    /** @throws IllegalArgumentException if a value makes no sense; the message names it */
    public TrainingOptions {
        Objects.requireNonNull(spec, "spec");
        Losses.byName(loss);
        Objects.requireNonNull(optimizer, "optimizer");
        Objects.requireNonNull(arithmetic, "arithmetic");
        Objects.requireNonNull(lossScale, "lossScale");
        Objects.requireNonNull(augment, "augment");
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout: " + dropout + " is not at least 0 and below 1");
        }
        requireLeast("batch", batch, 1);
        requireLeast("accumulate", accumulate, 1);
        requireLeast("epochs", epochs, 1);
        requireLeast("samplesPerEpoch", samplesPerEpoch, 0);
        requireLeast("validateEvery", validateEvery, 1);
        requireLeast("patience", patience, 0);
        requireLeast("checkpointEvery", checkpointEvery, 1);
        requireLeast("loaderThreads", loaderThreads, 1);
    }

    private static void requireLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " is below " + least);
        }
    }
}

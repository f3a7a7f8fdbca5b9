// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.util.List;
import java.util.Objects;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;

/**
 * How one network is trained.
 *
 * @param spec the network
 * @param loss name of the loss; see {@link LossTerm#parse}
 * @param dropout share of channels that Dropout3d drops
 * @param batch samples that go through the network at once
 * @param accumulate batches whose gradients are averaged before a step
 * @param epochs how often the cases are gone through
 * @param samplesPerEpoch samples of an epoch; 0 for each case once, hard ones several times
 * @param optimizer how weights follow gradients
 * @param precision of the network's arithmetic; weights, moments and the loss are kept in 32 bits
 * @param lossScale factor of the loss before it is differentiated
 * @param augment how samples are varied
 * @param seed decides on everything that is random
 * @param validateEvery epochs between validations
 * @param patience the run stops after so many validations in a row that found no better result; 0 for never
 * @param checkpointEvery steps between checkpoints; there is one after every epoch anyway
 * @param loaderThreads how many samples are made at once beside the step
 * @param earlierSizes other input sizes that the training begins with, in their order
 * @param mixSizes whether the sizes that were trained on before are drawn among the others
 * @param recompute whether what is cheap is computed a second time on the way back, instead of being kept; the weights
 *     are the same
 * @param engine name of the engine that differentiates, or {@link GradientEngines#AUTO}
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
        Precision precision,
        LossScale lossScale,
        AugmentOptions augment,
        long seed,
        int validateEvery,
        int patience,
        int checkpointEvery,
        int loaderThreads,
        List<SizeStage> earlierSizes,
        boolean mixSizes,
        boolean recompute,
        String engine) {

    /** As the published code trains: 200 epochs, dice and focal, dropout 0.2, Adam with step decay. */
    public static TrainingOptions published(NetworkSpec spec) {
        return new TrainingOptions(
                spec,
                LossTerm.DEFAULT,
                0.2,
                1,
                1,
                200,
                0,
                OptimizerOptions.DEFAULT,
                Precision.AUTO,
                LossScale.NONE,
                AugmentOptions.PUBLISHED,
                0,
                5,
                0,
                100,
                1,
                List.of(),
                false,
                false,
                GradientEngines.AUTO);
    }

    /**
     * For a network that was trained before and shall learn from few cases: smaller steps that become smaller still, a
     * moving average of the weights, clipping, no L2 term, no dropout, and samples that are moved and turned.
     */
    public static TrainingOptions fineTuning(NetworkSpec spec) {
        TrainingOptions published = published(spec);
        return new TrainingOptions(
                spec,
                LossTerm.DEFAULT,
                0,
                1,
                1,
                100,
                0,
                OptimizerOptions.FINE_TUNING,
                Precision.AUTO,
                LossScale.NONE,
                AugmentOptions.MODERATE,
                published.seed,
                published.validateEvery,
                published.patience,
                published.checkpointEvery,
                published.loaderThreads,
                List.of(),
                false,
                false,
                GradientEngines.AUTO);
    }

    /** @throws IllegalArgumentException if a value makes no sense; the message names it */
    public TrainingOptions {
        Objects.requireNonNull(spec, "spec");
        LossTerm.parse(loss);
        Objects.requireNonNull(optimizer, "optimizer");
        GradientRequest.requireTrainable(precision);
        Objects.requireNonNull(engine, "engine");
        earlierSizes = List.copyOf(earlierSizes);
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
        int earlier = earlierSizes.stream().mapToInt(SizeStage::epochs).sum();
        if (earlier >= epochs) {
            throw new IllegalArgumentException("earlierSizes: they take " + earlier + " epochs, of which there are "
                    + epochs + "; leave some for the last size");
        }
    }

    private static void requireLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + ": " + value + " is below " + least);
        }
    }

    /** The factor of the loss that training in a precision begins with: large in FP16, where small gradients vanish. */
    public static LossScale lossScale(Precision precision) {
        return precision == Precision.FP16 ? LossScale.DYNAMIC : LossScale.NONE;
    }

    /**
     * What the weights of a run depend on, in words: everything but how long it is, how often it is looked at and where
     * it is computed. As written by earlier versions, but for that, where there is nothing that these did not know.
     */
    String fingerprint() {
        StringBuilder text = new StringBuilder("TrainingOptions[spec=").append(spec);
        text.append(", loss=").append(loss).append(", dropout=").append(dropout);
        text.append(", batch=").append(batch).append(", accumulate=").append(accumulate);
        text.append(", samplesPerEpoch=")
                .append(samplesPerEpoch)
                .append(", optimizer=")
                .append(optimizer);
        text.append(", arithmetic=").append(arithmeticOf(precision));
        text.append(", lossScale=").append(lossScale).append(", augment=").append(augment);
        text.append(", seed=").append(seed).append(']');
        if (!earlierSizes.isEmpty()) {
            text.append(" sizes ").append(earlierSizes).append(mixSizes ? " mixed" : "");
        }
        return text.toString();
    }

    private static String arithmeticOf(Precision precision) {
        return switch (precision) {
            case AUTO, FP32 -> "FLOAT32";
            case FP16 -> "FLOAT16";
            case BF16 -> "BFLOAT16";
            case INT8 -> throw new IllegalStateException("the constructor has refused it");
        };
    }
}

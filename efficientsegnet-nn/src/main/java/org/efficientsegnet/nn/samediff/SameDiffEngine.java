// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.samediff;

import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.NativeLogging;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;

/**
 * Runs networks as SameDiff graphs on ND4J's CPU backend, in 32-bit arithmetic. Slower and hungrier than the engines
 * that run a plan, but it runs every network that can be described, and it is what the others are compared with.
 *
 * <p>Needs ND4J with its natives on the class path; without them {@link #status} says so. The natives of ND4J without
 * oneDNN convolve 30 to 50 times slower; {@link #status} tells which ones there are. {@link NativeLogging}
 * keeps ND4J's notices at its start off the console.
 *
 * <p>Memory lies outside the Java heap: 3.0 GB for EfficientSegNet at 192³, 1.9 GB for the coarse network at 160³, kept
 * from run to run unless the options say otherwise. JavaCPP lets the whole process take twice the largest heap; where
 * that is too little, the error names the properties to raise.
 *
 * <p>Thread-safe. The number of threads is one setting of ND4J for the whole process: a run sets it to its network's.
 */
public final class SameDiffEngine implements NetworkEngine {

    /** The engine's name. */
    public static final String NAME = "samediff";

    private static final int RANK = 10;

    /** For {@link java.util.ServiceLoader}. */
    public SameDiffEngine() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Status status() {
        return Installation.find()
                .map(installation -> new Status(true, RANK, installation.description()))
                .orElseGet(() -> new Status(
                        false,
                        RANK,
                        "ND4J or its natives for " + Installation.platform() + " are not on the class path; add"
                                + " org.efficientsegnet:efficientsegnet-training (type pom), which brings them"));
    }

    @Override
    public String refuses(NetworkModel model, EngineOptions options) {
        if (!(model instanceof WeightedNetwork network)) {
            return "the engine " + NAME + " does not know networks of the type "
                    + model.getClass().getName();
        }
        if (options.device() != null) {
            return "the engine " + NAME + " runs where ND4J does and has no device " + options.device() + " to choose";
        }
        if (options.precision() != Precision.AUTO && options.precision() != Precision.FP32) {
            return "the engine " + NAME + " computes in FP32 alone, not in " + options.precision();
        }
        if (options.concurrency() == EngineOptions.Concurrency.SIDE_BY_SIDE) {
            return "the engine " + NAME + " runs one input at a time; let runs queue or load the network twice";
        }
        return network.problem().orElse(null);
    }

    @Override
    public Network load(NetworkModel model, EngineOptions options) {
        requireAbleToRun(model, options);
        NativeLogging.quiet();
        String natives = status().detail();
        try {
            return new SameDiffNetwork((WeightedNetwork) model, options, natives);
        } catch (LinkageError | RuntimeException e) {
            throw new SegmentationException(
                    "the engine " + NAME + " cannot load " + model.name() + " (" + natives + "): " + e, e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.NativeLogging;
import org.efficientsegnet.nn.plan.OptionalLibraries;
import org.efficientsegnet.spi.NetworkEngine;

/**
 * Differentiates networks with SameDiff, on whatever ND4J backend is on the class path. It is the definition that other
 * engines are held to. Stateless and thread-safe.
 */
public final class SameDiffGradients implements GradientEngine {

    /** The engine's name. */
    public static final String NAME = "samediff";

    private static final int RANK = 10;

    /** For {@link java.util.ServiceLoader}. */
    public SameDiffGradients() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public NetworkEngine.Status status() {
        NativeLogging.quiet();
        if (OptionalLibraries.haveSameDiff()) {
            return new NetworkEngine.Status(true, RANK, "SameDiff on ND4J");
        }
        return new NetworkEngine.Status(
                false,
                RANK,
                "ND4J is not on the class path; add org.nd4j:nd4j-native and the same with the classifier of this"
                        + " platform, such as linux-x86_64-onednn");
    }

    @Override
    public String refuses(GradientRequest request) {
        if (request.recompute()) {
            return "SameDiff keeps all that it computes; train without recomputation, or on another engine";
        }
        return request.precision() == Precision.BF16
                ? "SameDiff has no gradient of a rectifier in BF16; choose FP32 or AUTO"
                : null;
    }

    @Override
    public GradientFunction open(GradientRequest request) {
        return new GradientGraph(request);
    }
}

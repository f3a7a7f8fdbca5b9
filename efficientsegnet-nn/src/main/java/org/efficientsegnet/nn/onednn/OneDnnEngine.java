// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.NativeLogging;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.team.WorkerPool;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;

/**
 * Runs networks on CPUs with oneDNN: a plan of fused steps, channels last, in BF16 where the CPU multiplies it in
 * hardware and in FP32 anywhere else. The fastest engine on CPUs, and the one with the smallest memory.
 *
 * <p>Needs {@code org.bytedeco:dnnl} with its natives and {@code org.bytedeco:opencl}, which those are linked with. ND4J
 * is only needed for models that bring no plan: their graph is then built and compiled on {@link #load}.
 *
 * <p>Stateless and thread-safe.
 */
public final class OneDnnEngine implements NetworkEngine {

    /** The engine's name. */
    public static final String NAME = "onednn";

    private static final int RANK = 50;

    /** For {@link java.util.ServiceLoader}. */
    public OneDnnEngine() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Status status() {
        NativeLogging.quiet();
        try {
            Loader.load(dnnl.class);
            return new Status(
                    true,
                    RANK,
                    "oneDNN " + dnnl.DNNL_VERSION_MAJOR + "." + dnnl.DNNL_VERSION_MINOR + "." + dnnl.DNNL_VERSION_PATCH
                            + " on " + OneDnn.instructionSet());
        } catch (LinkageError | RuntimeException e) {
            return new Status(
                    false,
                    RANK,
                    "the natives of oneDNN cannot be loaded (" + e + "); add org.bytedeco:dnnl and org.bytedeco:opencl"
                            + " with the classifier of this platform to the class path");
        }
    }

    @Override
    public String refuses(NetworkModel model, EngineOptions options) {
        if (!(model instanceof WeightedNetwork network)) {
            return "the engine " + NAME + " does not know networks of the type "
                    + model.getClass().getName();
        }
        if (options.device() != null) {
            return "the engine " + NAME + " runs on the CPU and has no device " + options.device() + " to choose";
        }
        if (options.precision() == Precision.FP16) {
            return "the engine " + NAME + " computes in BF16, FP32 and INT8; FP16 is slow on CPUs";
        }
        if (options.precision() == Precision.BF16 && !OneDnn.hasBfloat16()) {
            return "this CPU (" + OneDnn.instructionSet() + ") has neither AVX512_BF16 nor AMX, so BF16 would be slower"
                    + " than FP32; choose FP32 or AUTO";
        }
        if (options.precision() == Precision.INT8) {
            if (!OneDnn.hasBytes()) {
                return "this CPU (" + OneDnn.instructionSet()
                        + ") has no VNNI, so INT8 would be slow and could overflow;" + " choose AUTO";
            }
            if (network.calibration().isEmpty()) {
                return network.name() + " was not calibrated, so what its feature maps hold does not fit into 8 bits;"
                        + " convert it with --calibrate SCANS, or choose AUTO";
            }
        }
        return network.problem().or(() -> PlanCompilation.problemWith(network)).orElse(null);
    }

    @Override
    public OneDnnNetwork load(NetworkModel model, EngineOptions options) {
        return load(model, options, WorkerPool.shared());
    }

    /** As {@link #load(NetworkModel, EngineOptions)}, with workers of a pool. */
    OneDnnNetwork load(NetworkModel model, EngineOptions options, WorkerPool pool) {
        requireAbleToRun(model, options);
        WeightedNetwork network = (WeightedNetwork) model;
        Plan plan = PlanCompilation.planOf(network);
        return new OneDnnNetwork(
                network.name(),
                plan,
                network.inputSize(),
                network.weights(),
                network.calibration(),
                precision(options.precision()),
                options,
                pool);
    }

    @Override
    public boolean loadsInParallel() {
        return true;
    }

    private static Precision precision(Precision wished) {
        if (wished != Precision.AUTO) {
            return wished;
        }
        return OneDnn.hasBfloat16() ? Precision.BF16 : Precision.FP32;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;

/**
 * Runs networks on an NVIDIA GPU of compute capability 7.5 or more, in FP16 or BF16 with 32-bit sums, by kernels of its
 * own: the plan that the CPU engine runs, channels last, on tensor cores. Needs the driver for CUDA 13, neither cuDNN
 * nor the CUDA toolkit, and the jar of this module with the classifier {@code linux-x86_64-cuda}.
 *
 * <p>The options choose among several GPUs by number, or the system property {@value #DEVICE_PROPERTY} where they do
 * not; its value {@code host} runs the same kernels as plain loops on the CPU, which is slow and meant for finding out
 * whether a GPU computes what it should.
 *
 * <p>Stateless and thread-safe.
 */
public final class CudaEngine implements NetworkEngine {

    /** The engine's name. */
    public static final String NAME = "cuda";

    /** Chooses the device: a number, or {@code host}. */
    public static final String DEVICE_PROPERTY = "efficientsegnet.cuda.device";

    /** Below the CPU engines, so that it runs only where it is asked for: its kernels have not run on a GPU yet. */
    private static final int RANK = 5;

    /** Loops on the host are for checks; nobody gets them without asking for this engine. */
    private static final int HOST_RANK = 0;

    /** What the driver makes on Linux, and that of the host makes under WSL. */
    private static final List<Path> DRIVER = List.of(Path.of("/dev/nvidiactl"), Path.of("/dev/dxg"));

    private static final int LEAST_CAPABILITY = 75;
    private static final int BF16_CAPABILITY = 80;

    private final String device;
    private final List<Path> driver;

    /** For {@link java.util.ServiceLoader}: the device that the system property names, else the first GPU. */
    public CudaEngine() {
        this(System.getProperty(DEVICE_PROPERTY, "0"));
    }

    /**
     * On a device of one's choice.
     *
     * @param device number of a GPU, or {@code host}
     */
    public CudaEngine(String device) {
        this(device, DRIVER);
    }

    /** @param driver of which at least one exists where there is a driver; tests have devices without one */
    CudaEngine(String device, List<Path> driver) {
        this.device = device;
        this.driver = List.copyOf(driver);
    }

    /** A device that can be used: its number, its compute capability times ten, and what it is. */
    private record Found(int index, int capability, String name) {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Status status() {
        try {
            Found found = find(device);
            return new Status(true, found.index() == Device.HOST ? HOST_RANK : RANK, found.name());
        } catch (SegmentationException e) {
            return new Status(false, RANK, e.getMessage());
        } catch (LinkageError | RuntimeException e) {
            return new Status(
                    false,
                    RANK,
                    "the library of kernels cannot be loaded (" + e.getMessage()
                            + "); add org.efficientsegnet:efficientsegnet-cuda with the classifier linux-x86_64-cuda to"
                            + " the class path");
        }
    }

    private Found find(String device) {
        if (device.equals("host")) {
            Device.open(Device.HOST, 1).close();
            return new Found(Device.HOST, BF16_CAPABILITY, "the kernels as loops on the host, for checks");
        }
        int index;
        try {
            index = Integer.parseInt(device);
        } catch (NumberFormatException e) {
            throw new SegmentationException(
                    "the property " + DEVICE_PROPERTY + " is \"" + device + "\", neither a number nor host", e);
        }
        requireDriver();
        List<Device.Properties> all = Device.all();
        if (index < 0 || index >= all.size()) {
            throw new SegmentationException("there is no GPU " + index + "; there are "
                    + (all.isEmpty()
                            ? "none"
                            : all.stream().map(Device.Properties::toString).collect(Collectors.joining("; "))));
        }
        Device.Properties chosen = all.get(index);
        if (chosen.capability() < LEAST_CAPABILITY) {
            throw new SegmentationException(chosen + " is too old; compute capability 7.5 is the least");
        }
        requireCode(chosen);
        String others = all.size() == 1 ? "" : "; one of " + all.size();
        return new Found(index, chosen.capability(), chosen + others);
    }

    /** A library for one GPU has no code for older ones. */
    private static void requireCode(Device.Properties gpu) {
        try {
            Device.requireSupported(gpu.index());
        } catch (SegmentationException e) {
            throw new SegmentationException(
                    gpu + " cannot run the library of kernels at hand, which was built for compute capability "
                            + Device.architectures() + " and what is newer than the last; build it with"
                            + " -Dcuda.architectures=" + gpu.capability() + " or -Prelease (" + e.getMessage() + ")",
                    e);
        }
    }

    /** Where there is no driver, that is said at once, without unpacking and loading the library first. */
    private void requireDriver() {
        if (driver.stream().noneMatch(Files::exists)) {
            throw new SegmentationException("there is no NVIDIA driver: none of "
                    + driver.stream().map(Path::toString).collect(Collectors.joining(", ")) + " exists");
        }
    }

    private String deviceOf(EngineOptions options) {
        return options.device() == null ? device : options.device().toString();
    }

    @Override
    public String refuses(NetworkModel model, EngineOptions options) {
        if (!(model instanceof WeightedNetwork network)) {
            return "the engine " + NAME + " does not know networks of the type "
                    + model.getClass().getName();
        }
        try {
            find(deviceOf(options));
        } catch (SegmentationException e) {
            return e.getMessage();
        }
        if (options.precision() == Precision.FP32 || options.precision() == Precision.INT8) {
            return "the engine " + NAME
                    + " computes in FP16 and BF16, with sums in 32 bits; for " + options.precision()
                    + " take a CPU engine";
        }
        return network.problem().or(() -> PlanCompilation.problemWith(network)).orElse(null);
    }

    @Override
    public Network load(NetworkModel model, EngineOptions options) {
        requireAbleToRun(model, options);
        Found found = find(deviceOf(options));
        if (options.precision() == Precision.BF16 && found.capability() < BF16_CAPABILITY) {
            throw new SegmentationException(found.name() + " has no BF16; choose FP16 or AUTO");
        }
        WeightedNetwork network = (WeightedNetwork) model;
        Plan plan = PlanCompilation.planOf(network);
        Precision precision = options.precision() == Precision.AUTO ? Precision.FP16 : options.precision();
        return new CudaNetwork(
                network.name(),
                found.name(),
                found.index(),
                plan,
                network.inputSize(),
                network.weights(),
                precision,
                options);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.plan.Closing;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.RunPool;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkPass;
import org.efficientsegnet.spi.PlacedScan;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * A plan that runs on one GPU. Concurrent runs queue for the one program there is, or take one each with its own stream
 * and working memory, as the options say; so do scans for the memory that they are placed in. A run is one CUDA graph, so
 * that it can be cancelled before it begins and not in the few milliseconds that it takes.
 *
 * <p>Owns device memory; {@link #close} waits for runs on their way and frees it. Thread-safe.
 */
final class CudaNetwork implements Network {

    private static final int TYPE_FP16 = 0;
    private static final int TYPE_BF16 = 1;

    private final String name;
    private final String where;
    private final int deviceIndex;
    private final Plan plan;
    private final PlanShapes shapes;
    private final Shape inputSize;
    private final Precision precision;
    private final Device device;
    private final PackedWeights weights;
    private final ProgramBuilder.Lowered lowered;
    private final RunPool<Program> programs;
    private final RunPool<ScanMemory> scans;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Packs and uploads the weights; working memory is taken by the first run.
     *
     * @param where the device, for {@link #describe}
     * @param deviceIndex of a GPU, or {@link Device#HOST}
     * @param precision FP16 or BF16
     * @throws SegmentationException if the plan does not serve the input size or the device fails
     */
    CudaNetwork(
            String name,
            String where,
            int deviceIndex,
            Plan plan,
            Shape inputSize,
            Weights weights,
            Precision precision,
            EngineOptions options) {
        this.name = name;
        this.where = where;
        this.deviceIndex = deviceIndex;
        this.plan = plan;
        this.shapes = PlanShapes.of(plan, inputSize);
        this.inputSize = inputSize;
        this.precision = precision;
        this.device = Device.open(deviceIndex, options.threads());
        PackedWeights packed = null;
        try {
            packed = new PackedWeights(device, type(), plan, weights);
            this.lowered = ProgramBuilder.build(plan, shapes, type(), packed);
        } catch (RuntimeException | Error e) {
            if (packed != null) {
                packed.close();
            }
            device.close();
            throw e;
        }
        this.weights = packed;
        this.programs = new RunPool<>(
                name, options, () -> new Program(plan, lowered, type(), Device.open(deviceIndex, options.threads())));
        this.scans = new RunPool<>(name, options, () -> new ScanMemory(Device.open(deviceIndex, options.threads())));
    }

    private int type() {
        return precision == Precision.FP16 ? TYPE_FP16 : TYPE_BF16;
    }

    @Override
    public void run(float[] input, float[] logits, RunControl control) {
        shapes.requireLength(name, "input", input, plan.input());
        shapes.requireLength(name, "logits", logits, plan.logits().output());
        programs.with(program -> {
            control.check(name);
            program.run(input, logits);
            return null;
        });
        control.check(name);
        control.progress(1);
    }

    @Override
    public void trace(float[] input, BlockObserver observer) {
        shapes.requireLength(name, "input", input, plan.input());
        programs.with(program -> {
            program.trace(input, shapes, observer);
            return null;
        });
    }

    @Override
    public Optional<PlacedScan> place(Volume volume) {
        return Optional.of(new CudaScan(volume, scans));
    }

    /** The way of a part of a scan, which lies on this network's device, through the network. */
    NetworkPass pass(CudaScan scan, Layout part) {
        return new CudaPass(name, scan, part, inputSize, programs);
    }

    /** Number of the GPU, or {@link Device#HOST}. */
    int deviceIndex() {
        return deviceIndex;
    }

    @Override
    public Shape inputSize() {
        return inputSize;
    }

    @Override
    public int classes() {
        return plan.logits().channels();
    }

    @Override
    public Precision precision() {
        return precision;
    }

    /** How much device memory one run works in, known before the first one. */
    long workingBytes() {
        return lowered.memory().bytes();
    }

    /** How much memory the masks of a region and their components need beside it: none if they fit into it. */
    long maskBytes(Shape region) {
        return lowered.scratch().place(CudaPass.blockSizes(region)).isPresent() ? 0 : CudaPass.blockBytes(region);
    }

    /** How much device memory the weights take. */
    long weightBytes() {
        return weights.bytes();
    }

    /**
     * What a run has to move and compute at least, step by step: feature maps that a step reads and writes, each once,
     * and the operations of its convolutions. Steps that launch nothing, being done while others read, are left out.
     */
    String table() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT, "%-14s %-46s %4s %12s %9s %8s%n", "step", "output", "c", "z*y*x", "MB", "GFLOP"));
        long bytes = 0;
        double flops = 0;
        for (ProgramBuilder.LoweredStep stage : lowered.stages()) {
            long moved = traffic(stage);
            if (moved == 0) {
                continue;
            }
            bytes += moved;
            flops += shapes.flops(stage.step());
            PlanShapes.FeatureShape size = shapes.of(stage.step().output());
            table.append(String.format(
                    Locale.ROOT,
                    "%-14s %-46s %4d %12s %9.1f %8.2f%n",
                    stage.step().getClass().getSimpleName(),
                    stage.step().output(),
                    size.channels(),
                    size.shape(),
                    moved / 1e6,
                    shapes.flops(stage.step()) / 1e9));
        }
        return table.append(String.format(
                        Locale.ROOT,
                        "sum: %.1f MB, %.1f GFLOP; working memory %.1f MB, weights %.1f MB%n",
                        bytes / 1e6,
                        flops / 1e9,
                        workingBytes() / 1e6,
                        weightBytes() / 1e6))
                .toString();
    }

    /** Bytes of feature maps that a step moves; 0 if it is done while others read. */
    private long traffic(ProgramBuilder.LoweredStep stage) {
        Step step = stage.step();
        if (stage.output().affine() != Operand.NONE) {
            return 0;
        }
        long bytes = shapes.of(step.output()).elements() * (step instanceof Step.Logits ? Float.BYTES : Short.BYTES);
        for (String input : step.inputs()) {
            bytes += shapes.of(input).elements() * Short.BYTES;
        }
        return bytes;
    }

    @Override
    public String describe() {
        return String.format(
                Locale.ROOT,
                "%s, %s, %d steps, working memory %.1f MB, weights %.1f MB",
                where,
                precision,
                plan.steps().size(),
                workingBytes() / 1e6,
                weightBytes() / 1e6);
    }

    @Override
    public void releaseMemory() {
        programs.releaseIdle();
        scans.releaseIdle();
    }

    @Override
    public void close() {
        Closing.all(List.of(scans::close, programs::close, this::freeOnce));
    }

    private void freeOnce() {
        if (closed.compareAndSet(false, true)) {
            Closing.all(List.of(weights::close, device::close));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.samediff;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.FloatPointer;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.NetworkCounts;
import org.efficientsegnet.nn.network.NetworkCounts.BlockCount;
import org.efficientsegnet.nn.network.NetworkGraph;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Shape;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * A graph and the one thread that runs it. ND4J keeps native state for every thread that calls it, so all runs go
 * through this thread, whichever thread asks; they queue there.
 */
final class SameDiffNetwork implements Network {

    private static final long POLL_MS = 50;

    private final WeightedNetwork model;
    private final EngineOptions options;
    private final String installation;
    private final Map<String, BlockCount> blocks;
    private final SameDiff graph;
    private final INDArray input;
    private final RunMemory memory = new RunMemory();
    private final ThreadPoolExecutor thread;
    private volatile long heldBytes;

    SameDiffNetwork(WeightedNetwork model, EngineOptions options, String installation) {
        this.model = model;
        this.options = options;
        this.installation = installation;
        Shape size = model.inputSize();
        this.blocks = NetworkCounts.of(model.spec(), size).blocks().stream()
                .collect(Collectors.toMap(BlockCount::name, block -> block));
        this.graph = NetworkGraph.build(model.spec(), size, model.weights());
        this.input = Nd4j.createUninitializedDetached(DataType.FLOAT, 1, 1, size.z(), size.y(), size.x());
        this.thread = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread worker = new Thread(task, "efficientsegnet-samediff");
            worker.setDaemon(true);
            return worker;
        });
    }

    @Override
    public void run(float[] input, float[] logits, RunControl control) {
        requireLength("input", input, 1);
        requireLength("logits", logits, model.classes());
        control.check(model.name());
        onThread(control, abandoned -> {
            INDArray output = execute(input, new Steps(abandoned, control));
            copy(output, logits);
        });
        control.progress(1);
    }

    @Override
    public void trace(float[] input, BlockObserver observer) {
        requireLength("input", input, 1);
        RunControl never = RunControl.of(new CancellationToken());
        onThread(never, abandoned -> {
            INDArray output = execute(input, new Steps(abandoned, never) {
                @Override
                public void activationAvailable(
                        SameDiff graph, At at, MultiDataSet batch, SameDiffOp op, String name, INDArray activation) {
                    BlockCount block = blocks.get(name);
                    if (block != null) {
                        observer.block(name, block.channels(), block.shape(), channelsFirst(activation));
                    }
                }
            });
            float[] logits = new float[(int) output.length()];
            copy(output, logits);
            observer.block(NetworkGraph.OUTPUT, model.classes(), model.inputSize(), logits);
        });
    }

    private void requireLength(String name, float[] array, int channels) {
        long expected = channels * model.inputSize().voxels();
        if (array.length != expected) {
            throw new IllegalArgumentException(name + ": " + model.name() + " takes " + channels + " channels of "
                    + model.inputSize() + ", which are " + expected + " values, not " + array.length);
        }
    }

    private interface Work {
        void run(CancellationToken abandoned);
    }

    /**
     * Runs work on the network's thread and waits for its end. An interrupt or the caller's control takes it out of the
     * queue; once it began it breaks off at its next step, and since it writes into the caller's arrays, this call
     * waits for that.
     */
    private void onThread(RunControl control, Work work) {
        CancellationToken abandoned = new CancellationToken();
        AtomicBoolean claimed = new AtomicBoolean();
        Future<?> future = submit(() -> {
            if (claimed.compareAndSet(false, true)) {
                try {
                    work.run(abandoned);
                } finally {
                    memory.endRun();
                    if (options.releaseMemory()) {
                        memory.close();
                    }
                    heldBytes = memory.bytes();
                }
            }
        });
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    future.get(POLL_MS, TimeUnit.MILLISECONDS);
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                    abandoned.cancel();
                } catch (TimeoutException e) {
                    if (control.isCancelled()) {
                        abandoned.cancel();
                    }
                } catch (ExecutionException e) {
                    throw failure(e.getCause());
                }
                if (abandoned.isCancelled() && claimed.compareAndSet(false, true)) {
                    throw new SegmentationCancelledException("stopped before: " + model.name());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Future<?> submit(Runnable task) {
        try {
            return thread.submit(task);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException("the network " + model.name() + " is closed", e);
        }
    }

    private RuntimeException failure(Throwable cause) {
        if (cause instanceof SegmentationException exception) {
            return exception;
        }
        if (cause instanceof OutOfMemoryError) {
            return new SegmentationException(
                    model.name() + " at " + model.inputSize() + " needs more memory outside the Java heap than is left;"
                            + " close other programs, or, if the JVM's own limit was met, raise"
                            + " -Dorg.bytedeco.javacpp.maxbytes and -Dorg.bytedeco.javacpp.maxphysicalbytes",
                    cause);
        }
        return new SegmentationException(model.name() + " failed on the engine samediff: " + cause, cause);
    }

    /** Is asked before every operation whether to go on. */
    private static class Steps extends BaseListener {
        private final CancellationToken abandoned;
        private final RunControl control;

        Steps(CancellationToken abandoned, RunControl control) {
            this.abandoned = abandoned;
            this.control = control;
        }

        @Override
        public boolean isActive(Operation operation) {
            return true;
        }

        @Override
        public void preOpExecution(SameDiff graph, At at, SameDiffOp op, OpContext context) {
            abandoned.check(op.getName());
            control.check(op.getName());
        }
    }

    private INDArray execute(float[] values, Listener listener) {
        Nd4j.getEnvironment().setMaxMasterThreads(options.threads());
        Nd4j.getEnvironment().setMaxThreads(options.threads());
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(options.threads());
        Nd4j.factory().blas().setMaxThreads(options.threads());
        new FloatPointer(input.data().pointer()).put(values, 0, values.length);
        // A session remembers every array it ever freed, so each run gets its own.
        InferenceSession session = new InferenceSession(graph);
        session.setMmgr(memory);
        return session.output(
                        List.of(NetworkGraph.OUTPUT),
                        Map.of(NetworkGraph.INPUT, input),
                        null,
                        Set.of(),
                        List.of(listener),
                        At.defaultAt(Operation.INFERENCE))
                .get(NetworkGraph.OUTPUT);
    }

    private static void copy(INDArray array, float[] values) {
        if (array.ordering() != 'c') {
            try (INDArray ordered = array.dup('c')) {
                copy(ordered, values);
            }
            return;
        }
        new FloatPointer(array.data().pointer()).get(values, 0, values.length);
    }

    /** From n, z, y, x, c, with n = 1. */
    private static float[] channelsFirst(INDArray array) {
        int channels = (int) array.size(4);
        float[] last = new float[(int) array.length()];
        copy(array, last);
        int voxels = last.length / channels;
        float[] first = new float[last.length];
        for (int c = 0; c < channels; c++) {
            for (int v = 0; v < voxels; v++) {
                first[c * voxels + v] = last[v * channels + c];
            }
        }
        return first;
    }

    @Override
    public Shape inputSize() {
        return model.inputSize();
    }

    @Override
    public int classes() {
        return model.classes();
    }

    @Override
    public Precision precision() {
        return Precision.FP32;
    }

    @Override
    public String describe() {
        return SameDiffEngine.NAME + ": " + installation + "; FP32, " + options.threads()
                + " threads, one run at a time, " + heldBytes / 1_000_000 + " MB held for the next run";
    }

    /** Waits for the runs that are on their way. */
    @Override
    public synchronized void releaseMemory() {
        if (!thread.isShutdown()) {
            onThread(RunControl.of(new CancellationToken()), abandoned -> memory.close());
        }
    }

    /** Lets the runs that were asked for end, then frees the graph, its weights and the thread. */
    @Override
    public synchronized void close() {
        if (thread.isShutdown()) {
            return;
        }
        Future<?> freed = thread.submit(() -> {
            memory.close();
            graph.variables().stream()
                    .filter(variable -> variable.isConstant() || variable.getVariableType() == VariableType.VARIABLE)
                    .map(SDVariable::getArr)
                    .filter(INDArray::closeable)
                    .forEach(INDArray::close);
            input.close();
        });
        thread.shutdown();
        boolean interrupted = false;
        while (!freed.isDone()) {
            try {
                freed.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw failure(e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package org.efficientsegnet.cuda;

import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.spi.Network;

/**
 * A lowered plan with a device, its stream and its working memory. On a GPU the launches of a run are recorded once and
 * replayed as one CUDA graph. For one thread at a time; whoever made it closes it.
 */
final class Program implements AutoCloseable {

    private final Plan plan;
    private final int type;
    private final Device device;
    private final ProgramBuilder.Lowered lowered;

    private Device.Memory arena;
    private Device.Memory staging;
    private long graph;

    /**
     * @param plan the plan
     * @param lowered the same, as calls
     * @param type the library's number of the 16-bit format
     * @param device closed with the program
     */
    Program(Plan plan, ProgramBuilder.Lowered lowered, int type, Device device) {
        this.plan = plan;
        this.lowered = lowered;
        this.type = type;
        this.device = device;
    }

    /** How much device memory a run works in. */
    long bytes() {
        return lowered.memory().bytes();
    }

    /** Runs on one input. */
    void run(float[] input, float[] logits) {
        acquire();
        send(input);
        if (device.isHost()) {
            launchAll();
        } else {
            Device.check(CudaLibrary.esn_graph_launch(device.context(), graph));
        }
        fetch(address(lowered.logits()), logits);
    }

    /** Runs step by step and shows every block's output. */
    void trace(float[] input, PlanShapes shapes, Network.BlockObserver observer) {
        acquire();
        send(input);
        launch(lowered.arrival());
        for (ProgramBuilder.Stage stage : lowered.stages()) {
            launch(stage.calls());
            String name = stage.step().output();
            if (stage.step() instanceof Step.Logits || plan.blocks().contains(name)) {
                PlanShapes.Maps size = shapes.of(name);
                float[] values = new float[Math.toIntExact(size.elements())];
                fetch(stage, values);
                observer.block(name, size.channels(), size.shape(), values);
            }
        }
    }

    private void fetch(ProgramBuilder.Stage stage, float[] values) {
        if (stage.step() instanceof Step.Logits) {
            fetch(address(lowered.logits()), values);
            return;
        }
        long bytes = (long) Float.BYTES * values.length;
        try (Device.Memory widened = device.allocate(bytes);
                Device.Memory host = device.allocatePinned(bytes)) {
            Device.check(CudaLibrary.esn_to_float(
                    device.context(),
                    type,
                    stage.output().operand(this::address),
                    stage.output().extents(),
                    widened.address()));
            Device.check(CudaLibrary.esn_download(device.context(), host.address(), widened.address(), bytes));
            device.synchronize();
            with(host, values.length, pointer -> pointer.get(values));
        }
    }

    private long address(int buffer) {
        return arena.address() + lowered.memory().offsets().get(buffer);
    }

    private void launchAll() {
        launch(lowered.arrival());
        lowered.stages().forEach(stage -> launch(stage.calls()));
    }

    private void launch(List<Call> calls) {
        for (Call call : calls) {
            Device.check(call.launch(device.context(), this::address));
        }
    }

    private void send(float[] input) {
        with(staging, input.length, pointer -> pointer.put(input));
        Device.check(CudaLibrary.esn_upload(
                device.context(), address(lowered.input()), staging.address(), (long) Float.BYTES * input.length));
    }

    private void fetch(long from, float[] values) {
        Device.check(CudaLibrary.esn_download(
                device.context(), staging.address(), from, (long) Float.BYTES * values.length));
        device.synchronize();
        with(staging, values.length, pointer -> pointer.get(values));
    }

    /** Lets JavaCPP's copies reach memory that the library allocated. */
    private static void with(Device.Memory memory, long floats, Consumer<FloatPointer> use) {
        use.accept(new Reach(memory.address(), floats).floats());
    }

    private static final class Reach extends Pointer {
        private Reach(long address, long floats) {
            this.address = address;
            this.limit = floats * Float.BYTES;
            this.capacity = this.limit;
        }

        private FloatPointer floats() {
            return new FloatPointer(this);
        }
    }

    /** Takes working memory if there is none, and on a GPU records the launches that read and write it. */
    private void acquire() {
        if (arena != null) {
            return;
        }
        try {
            arena = device.allocate(lowered.memory().bytes());
            staging = device.allocatePinned(Float.BYTES * stagingFloats());
            launch(lowered.preparation());
            if (!device.isHost()) {
                record();
            }
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    /** The input and the logits, whose extents are the same, pass through one block. */
    private long stagingFloats() {
        Maps logits = lowered.stages().get(lowered.stages().size() - 1).output();
        return logits.voxels() * Math.max(logits.size().channels(), plan.inputChannels());
    }

    private void record() {
        Device.check(CudaLibrary.esn_capture_begin(device.context()));
        RuntimeException failure = null;
        try {
            launchAll();
        } catch (RuntimeException e) {
            failure = e;
        }
        // Ended in any case: a stream that goes on recording could not be used again.
        long[] recorded = new long[1];
        int status = CudaLibrary.esn_capture_end(device.context(), recorded);
        if (failure != null) {
            if (status == 0) {
                CudaLibrary.esn_graph_destroy(device.context(), recorded[0]);
            }
            throw failure;
        }
        Device.check(status);
        graph = recorded[0];
    }

    /** Gives working memory back; the next run takes it again. */
    void release() {
        try {
            if (graph != 0) {
                long destroyed = graph;
                graph = 0;
                Device.check(CudaLibrary.esn_graph_destroy(device.context(), destroyed));
            }
        } finally {
            Device.Memory[] both = {arena, staging};
            arena = null;
            staging = null;
            for (Device.Memory memory : both) {
                if (memory != null) {
                    memory.close();
                }
            }
        }
    }

    @Override
    public void close() {
        try {
            release();
        } finally {
            device.close();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.util.List;
import java.util.Optional;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.nn.plan.Closing;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.RunPool;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.spi.Network;

/**
 * A lowered plan with a device, its stream and its working memory. On a GPU the launches of a run are recorded once and
 * replayed as one CUDA graph. For one thread at a time; whoever made it closes it.
 */
final class Program implements RunPool.Resource {

    private final Plan plan;
    private final int type;
    private final Device device;
    private final ProgramBuilder.Lowered lowered;

    private final Staging staging;
    private final GrowingMemory room;

    /** Where the buffers of the run at hand lie, and where those of the recorded graph do; 0 for nowhere. */
    private long arena;

    private long recorded;
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
        this.staging = new Staging(device);
        this.room = new GrowingMemory(device);
    }

    /** What the program runs on. */
    Device device() {
        return device;
    }

    /** Runs on one input. */
    void run(float[] input, float[] logits) {
        run(input, room, logits);
    }

    /** The same in a room of somebody else's. */
    void run(float[] input, GrowingMemory place, float[] logits) {
        occupy(place);
        staging.send(input, input());
        infer();
        staging.fetch(logits(), logits);
    }

    /**
     * Lays the buffers into a room, which is the program's alone until the run has ended; nothing in it outlasts the run.
     * On a GPU the launches are recorded if they were not yet, or for another place.
     */
    void occupy(GrowingMemory room) {
        arena = room.of(lowered.memory().bytes());
        if (!device.isHost() && recorded != arena) {
            forgetGraph();
            record();
            recorded = arena;
        }
    }

    /** Where a run finds its input, 32-bit, C order z, y, x. */
    long input() {
        return address(lowered.input());
    }

    /** Where a run leaves the logits, 32-bit, class after class. */
    long logits() {
        return address(lowered.logits());
    }

    /**
     * Places blocks in the working memory that is free when a run has ended, beside the logits.
     *
     * @param sizes of the blocks, bytes, the largest first
     * @return where they are, nothing if they do not all fit
     */
    Optional<List<Long>> scratch(List<Long> sizes) {
        return lowered.scratch()
                .place(sizes)
                .map(offsets -> offsets.stream().map(offset -> arena + offset).toList());
    }

    /** Runs on the input that is on the device already and leaves the logits there. */
    void infer() {
        if (device.isHost()) {
            launchAll();
        } else {
            Device.check(CudaLibrary.esn_graph_launch(device.context(), graph));
        }
        device.synchronize();
        requireFinite();
    }

    private void requireFinite() {
        byte[] strange = new byte[Integer.BYTES];
        staging.fetch(address(lowered.strange()), strange);
        for (byte b : strange) {
            if (b != 0) {
                throw new SegmentationException("the step " + plan.logits().output()
                        + " gives logits that are not finite: weights or input are beyond what 16-bit numbers hold");
            }
        }
    }

    /** Runs step by step and shows every block's output. */
    void trace(float[] input, PlanShapes shapes, Network.BlockObserver observer) {
        occupy(room);
        staging.send(input, input());
        launch(lowered.arrival());
        for (ProgramBuilder.LoweredStep stage : lowered.stages()) {
            launch(stage.calls());
            String name = stage.step().output();
            if (stage.step() instanceof Step.Logits || plan.blocks().contains(name)) {
                PlanShapes.FeatureShape size = shapes.of(name);
                float[] values = new float[Math.toIntExact(size.elements())];
                fetch(stage, values);
                observer.block(name, size.channels(), size.shape(), values);
            }
        }
    }

    private void fetch(ProgramBuilder.LoweredStep stage, float[] values) {
        if (stage.step() instanceof Step.Logits) {
            device.synchronize();
            staging.fetch(logits(), values);
            return;
        }
        try (Device.Memory widened = device.allocate((long) Float.BYTES * values.length)) {
            Device.check(CudaLibrary.esn_to_float(
                    device.context(),
                    type,
                    stage.output().operand(this::address),
                    stage.output().extents(),
                    widened.address()));
            device.synchronize();
            staging.fetch(widened.address(), values);
        }
    }

    private long address(int buffer) {
        return arena + lowered.memory().offsets().get(buffer);
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

    private void record() {
        Device.check(CudaLibrary.esn_capture_begin(device.context()));
        long[] recorded = new long[1];
        boolean whole = false;
        int status = 0;
        try {
            launchAll();
            whole = true;
        } finally {
            // Ended in any case, after errors too: a stream that goes on recording could not be used again.
            status = CudaLibrary.esn_capture_end(device.context(), recorded);
            if (!whole && status == 0) {
                CudaLibrary.esn_graph_destroy(device.context(), recorded[0]);
            }
        }
        Device.check(status);
        graph = recorded[0];
    }

    private void forgetGraph() {
        if (graph != 0) {
            long destroyed = graph;
            graph = 0;
            recorded = 0;
            Device.check(CudaLibrary.esn_graph_destroy(device.context(), destroyed));
        }
    }

    /**
     * The graph stays: the next run's memory most often lies where this one's did. So does the small block of pinned
     * memory: to free it the driver waits for whatever runs on the device.
     */
    @Override
    public void release() {
        room.release();
    }

    @Override
    public void close() {
        Closing.all(List.of(this::forgetGraph, this::release, staging::close, device::close));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.List;
import java.util.function.ObjLongConsumer;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.onednn.NativeObjects;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.plan.MemoryPlan;
import org.efficientsegnet.nn.team.WorkerTeam;

/**
 * A network, its loss and its gradient as phases of tasks over one block of memory. The block is taken by the first run
 * and kept until it is released. Owns both; not thread-safe.
 */
final class TrainingProgram implements AutoCloseable {

    private final NativeObjects natives;
    private final Workers workers;
    private final List<Phase> phases;
    private final List<Region> regions;
    private final MemoryPlan memory;
    private Pointer block;

    /** What each worker has for itself. */
    static final class Workers {
        private final stream[] streams;
        private final Region[] scratch;

        Workers(NativeObjects natives, int count) {
            streams = new stream[count];
            scratch = new Region[count];
            for (int worker = 0; worker < count; worker++) {
                streams[worker] = natives.keep(new stream(OneDnn.CPU));
            }
        }

        void scratch(int worker, Region region) {
            scratch[worker] = region;
        }

        stream stream(int worker) {
            return streams[worker];
        }

        long scratchAddress(int worker) {
            return scratch[worker].address();
        }
    }

    TrainingProgram(
            NativeObjects natives, Workers workers, List<Phase> phases, List<Region> regions, MemoryPlan memory) {
        this.natives = natives;
        this.workers = workers;
        this.phases = List.copyOf(phases);
        this.regions = List.copyOf(regions);
        this.memory = memory;
    }

    /** How much memory a run works in. */
    long bytes() {
        return memory.bytes();
    }

    /** Runs every phase. */
    void run(WorkerTeam team) {
        run(team, (phase, nanos) -> {});
    }

    /** Runs every phase and tells how long it took, ns. */
    void run(WorkerTeam team, ObjLongConsumer<Phase> times) {
        takeMemory();
        if (team.size() > workers.streams.length) {
            throw new IllegalArgumentException("the program is for " + workers.streams.length + " workers");
        }
        for (Phase phase : phases) {
            long begun = System.nanoTime();
            phase.before().forEach(Runnable::run);
            List<Phase.Task> tasks = phase.tasks();
            team.run(
                    tasks.size(),
                    tasks.size(),
                    (task, worker) -> tasks.get(task).run(worker));
            times.accept(phase, System.nanoTime() - begun);
        }
    }

    /** Fills all memory; results must not depend on what was there. */
    void fill(int value) {
        takeMemory();
        Pointer.memset(block, value, memory.bytes());
    }

    private void takeMemory() {
        if (block != null) {
            return;
        }
        Pointer taken = Pointer.malloc(memory.bytes() + MemoryPlan.ALIGNMENT);
        if (taken == null || taken.isNull()) {
            throw new SegmentationException("the system refused " + memory.bytes() / 1_000_000
                    + " MB of memory for a step of training; free some, or choose BF16 or a smaller input");
        }
        block = taken;
        long begin = (taken.address() + MemoryPlan.ALIGNMENT - 1) / MemoryPlan.ALIGNMENT * MemoryPlan.ALIGNMENT;
        for (int i = 0; i < regions.size(); i++) {
            regions.get(i).lieAt(begin + memory.offsets().get(i));
        }
    }

    /** Frees the block until the next run. */
    void releaseMemory() {
        if (block != null) {
            Pointer.free(block);
            block = null;
        }
    }

    @Override
    public void close() {
        releaseMemory();
        natives.close();
    }
}

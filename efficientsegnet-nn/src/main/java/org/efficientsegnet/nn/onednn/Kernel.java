// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;

/**
 * A primitive for memory that differs from call to call, so that few native objects serve all tasks. Each worker has its
 * own, made when it first needs them. Calls by different workers may be at work at once.
 */
final class Kernel {

    private final primitive primitive;
    private final String implementation;
    private final long scratchBytes;
    private final List<Argument> arguments;
    private final Bound[] bounds;

    /**
     * What a primitive computes on.
     *
     * @param role {@code DNNL_ARG_…}
     * @param layout how it lies in memory
     * @param fixed where it lies for all calls; null if each call says so
     */
    record Argument(int role, memory.desc layout, memory fixed) {

        /** Lies where each call says. */
        Argument(int role, memory.desc layout) {
            this(role, layout, null);
        }

        /** Lies where it lies. */
        Argument(int role, memory fixed) {
            this(role, null, fixed);
        }
    }

    /** One worker's arguments, and those of them that move. */
    private record Bound(IntMemoryMap arguments, memory[] moving) {}

    /**
     * @param primitive what runs
     * @param implementation what oneDNN chose
     * @param scratchBytes how much scratch memory it needs; if any, it is the last of the arguments
     * @param arguments in the order in which calls name those that move
     * @param workers how many there are
     */
    Kernel(primitive primitive, String implementation, long scratchBytes, List<Argument> arguments, int workers) {
        this.primitive = primitive;
        this.implementation = implementation;
        this.scratchBytes = scratchBytes;
        this.arguments = List.copyOf(arguments);
        this.bounds = new Bound[workers];
    }

    String implementation() {
        return implementation;
    }

    long scratchBytes() {
        return scratchBytes;
    }

    /** A call with the arguments that move at these places. */
    Call at(Place... places) {
        return new At(this, places);
    }

    private record At(Kernel kernel, Place[] places) implements Call {
        @Override
        public void run(Worker worker) {
            kernel.execute(worker, places);
        }

        @Override
        public String implementation() {
            return kernel.implementation();
        }
    }

    private void execute(Worker worker, Place[] places) {
        Bound bound = bounds[worker.number()];
        if (bound == null) {
            bound = bind(worker);
            bounds[worker.number()] = bound;
        }
        for (int i = 0; i < places.length; i++) {
            worker.move(bound.moving()[i], places[i]);
        }
        primitive.execute(worker.stream(), bound.arguments());
    }

    private Bound bind(Worker worker) {
        return NativeObjects.scoped(() -> {
            IntMemoryMap map = worker.keep(new IntMemoryMap());
            memory[] moving = arguments.stream()
                    .filter(argument -> argument.fixed() == null)
                    .map(argument -> worker.memory(argument.layout()))
                    .toArray(memory[]::new);
            int next = 0;
            for (Argument argument : arguments) {
                map.put(argument.role(), argument.fixed() == null ? moving[next++] : argument.fixed());
            }
            return new Bound(map, moving);
        });
    }
}

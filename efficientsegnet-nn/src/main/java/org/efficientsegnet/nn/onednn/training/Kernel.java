// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;
import org.efficientsegnet.nn.onednn.NativeObjects;
import org.efficientsegnet.nn.onednn.OneDnn;

/**
 * A primitive whose arguments may lie elsewhere in every call. Each worker has memory objects of its own, so that all of
 * them can run it at the same time.
 */
final class Kernel {

    private final primitive primitive;
    private final String implementation;
    private final long scratchBytes;
    private final memory.desc[] layouts;
    private final Slot[] slots;

    /** An address that can be changed, for oneDNN to read. */
    private static final class Address extends Pointer {
        Address at(long where) {
            address = where;
            return this;
        }
    }

    private static final class Slot {
        private final memory[] memories;
        private final Address address = new Address();
        private final IntMemoryMap arguments;

        Slot(memory[] memories, IntMemoryMap arguments) {
            this.memories = memories;
            this.arguments = arguments;
        }
    }

    /**
     * Makes the memory objects.
     *
     * @param natives own them
     * @param scratch the role of scratch memory, which comes after the others, if the primitive needs any
     * @param roles of the arguments, {@code DNNL_ARG_…}
     * @param layouts of the arguments
     */
    Kernel(
            NativeObjects natives,
            int workers,
            primitive_desc_base description,
            primitive primitive,
            int scratch,
            int[] roles,
            memory.desc[] layouts) {
        this.primitive = natives.keep(primitive);
        this.implementation = description.impl_info_str().getString();
        this.layouts = layouts.clone();
        for (memory.desc layout : layouts) {
            natives.keep(layout);
        }
        memory.desc scratchLayout = description.scratchpad_desc();
        this.scratchBytes = scratchLayout.get_size();
        int count = roles.length + (scratchBytes > 0 ? 1 : 0);
        this.slots = new Slot[workers];
        for (int worker = 0; worker < workers; worker++) {
            memory[] memories = new memory[count];
            IntMemoryMap map = natives.keep(new IntMemoryMap());
            for (int i = 0; i < count; i++) {
                memory.desc layout = i < roles.length ? layouts[i] : scratchLayout;
                memories[i] = natives.keep(new memory(layout, OneDnn.CPU, new Pointer()));
                map.put(i < roles.length ? roles[i] : scratch, memories[i]);
            }
            slots[worker] = new Slot(memories, map);
        }
    }

    /** What oneDNN chose. */
    String implementation() {
        return implementation;
    }

    /** The layout of an argument. */
    memory.desc layout(int argument) {
        return layouts[argument];
    }

    /** How much scratch memory a worker needs that runs it. */
    long scratchBytes() {
        return scratchBytes;
    }

    /**
     * Computes.
     *
     * @param worker the calling one
     * @param stream the worker's
     * @param scratch address of the worker's scratch memory
     * @param places of the arguments, in the order of their roles
     */
    void run(int worker, stream stream, long scratch, Place[] places) {
        Slot slot = slots[worker];
        for (int i = 0; i < places.length; i++) {
            slot.memories[i].set_data_handle(slot.address.at(places[i].address(worker)));
        }
        if (scratchBytes > 0) {
            slot.memories[places.length].set_data_handle(slot.address.at(scratch));
        }
        primitive.execute(stream, slot.arguments);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tensors that wait for the storages that their elements lie in. */
final class TensorSlots {

    private final String file;
    private final List<Slot> slots = new ArrayList<>();

    /** @param file for messages */
    TensorSlots(String file) {
        this.file = file;
    }

    /** A tensor that is still to be filled. */
    static final class Slot {
        private final PickleMachine.View view;
        private Tensor tensor;

        private Slot(PickleMachine.View view) {
            this.view = view;
        }

        /** The tensor, once it is filled. */
        Tensor tensor() {
            return tensor;
        }
    }

    /** A slot for a tensor. */
    Slot of(PickleMachine.View view) {
        Slot slot = new Slot(view);
        slots.add(slot);
        return slot;
    }

    /**
     * Fills them all.
     *
     * @param storages all that the pickle speaks of, by key
     * @throws MalformedFileException if a storage is missing, or the tensors take much more than the file
     */
    void fill(TorchCheckpoint.StorageSource source, Map<String, PickleMachine.Storage> storages, long fileSize)
            throws IOException {
        Map<String, List<Slot>> users = new LinkedHashMap<>();
        long bytes = 0;
        for (Slot slot : slots) {
            PickleMachine.Storage storage = slot.view.storage();
            users.computeIfAbsent(storage.key(), key -> new ArrayList<>()).add(slot);
            bytes += (long) count(slot.view.shape()) * storage.dtype().bytes();
        }
        // Each storage lies within the file, but tensors may share one.
        if (bytes > 4 * fileSize) {
            throw malformed("pickle", "its tensors take " + bytes + " bytes, shared from a file of " + fileSize);
        }
        source.read(storages, users.keySet(), (storage, elements) -> {
            for (Slot slot : users.get(storage.key())) {
                slot.tensor = gather(slot.view, elements);
            }
        });
        for (Slot slot : slots) {
            if (slot.tensor == null) {
                throw malformed("storage " + slot.view.storage().key(), "the file does not hold it");
            }
        }
    }

    private static Tensor gather(PickleMachine.View view, float[] elements) {
        int[] shape = view.shape();
        int count = count(shape);
        int offset = (int) view.offset();
        if (contiguous(view)) {
            boolean whole = offset == 0 && count == elements.length;
            return new Tensor(shape, whole ? elements : Arrays.copyOfRange(elements, offset, offset + count));
        }
        float[] values = new float[count];
        int[] index = new int[shape.length];
        long[] stride = view.stride();
        int last = shape.length - 1;
        for (int at = 0, from = offset; at < count; ) {
            for (int i = 0; i < shape[last]; i++) {
                values[at++] = elements[from + (int) stride[last] * i];
            }
            for (int axis = last - 1; axis >= 0; axis--) {
                from += (int) stride[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                from -= (int) stride[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        return new Tensor(shape, values);
    }

    private static boolean contiguous(PickleMachine.View view) {
        long expected = 1;
        for (int axis = view.shape().length - 1; axis >= 0; axis--) {
            if (view.shape()[axis] != 1 && view.stride()[axis] != expected) {
                return count(view.shape()) == 0;
            }
            expected *= view.shape()[axis];
        }
        return true;
    }

    private static int count(int[] shape) {
        int count = 1;
        for (int extent : shape) {
            count *= extent;
        }
        return count;
    }

    private MalformedFileException malformed(String field, String reason) {
        return new MalformedFileException(file, field, reason, PickleOpcodes.DAMAGED);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Picks weights and numbers out of what the pickle says. */
final class TorchCheckpointReader {

    private static final String PREFIX = "module.";
    private static final String STATE = "state_dict";
    private static final String DAMAGED = PickleOpcodes.DAMAGED;

    private final String file;
    private final Map<Object, Object> root;
    private final Map<String, PickleMachine.Storage> storages;
    private final TensorSlots slots;

    TorchCheckpointReader(String file, PickleMachine.Result pickle) throws MalformedFileException {
        this.file = file;
        this.root = dict("pickle", pickle.value());
        this.storages = pickle.storages();
        this.slots = new TensorSlots(file);
    }

    TorchCheckpoint read(TorchCheckpoint.StorageSource source, long fileSize) throws IOException {
        long stored = 0;
        for (PickleMachine.Storage storage : storages.values()) {
            stored += storage.bytes();
        }
        if (stored > fileSize) {
            throw malformed("pickle", "it speaks of " + stored + " bytes in a file of " + fileSize, DAMAGED);
        }
        boolean wrapped = root.containsKey(STATE);
        Map<Object, Object> state = wrapped ? dict(STATE, root.get(STATE)) : root;
        Map<String, TensorSlots.Slot> weightSlots = new LinkedHashMap<>();
        for (Map.Entry<Object, Object> entry : state.entrySet()) {
            if (!(entry.getKey() instanceof String name) || !(entry.getValue() instanceof PickleMachine.View view)) {
                throw malformed(
                        wrapped ? STATE : "pickle",
                        "the entry " + entry.getKey() + " is not a tensor",
                        wrapped ? PickleOpcodes.REMEDY : "give {'state_dict': …} or a bare state dict");
            }
            while (name.startsWith(PREFIX)) {
                name = name.substring(PREFIX.length());
            }
            if (weightSlots.putIfAbsent(name, slots.of(view)) != null) {
                throw malformed(STATE, "two tensors are named " + name + " once " + PREFIX + " is off", DAMAGED);
            }
        }
        if (weightSlots.isEmpty()) {
            throw malformed(wrapped ? STATE : "pickle", "it holds no tensors", "give another file");
        }
        slots.fill(source, storages, fileSize);
        return new TorchCheckpoint(
                Weights.of(filled(weightSlots)),
                wrapped && root.get("epoch") instanceof Long n ? OptionalLong.of(n) : OptionalLong.empty(),
                wrapped && root.get("lr") instanceof Double rate ? OptionalDouble.of(rate) : OptionalDouble.empty());
    }

    private static Map<String, Tensor> filled(Map<String, TensorSlots.Slot> slots) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        slots.forEach((name, slot) -> tensors.put(name, slot.tensor()));
        return tensors;
    }

    private Map<Object, Object> dict(String field, Object value) throws MalformedFileException {
        if (value instanceof PickleMachine.Dict dict) {
            return dict.items;
        }
        throw malformed(field, "it is not a dictionary", PickleOpcodes.REMEDY);
    }

    private MalformedFileException malformed(String field, String reason, String remedy) {
        return new MalformedFileException(file, field, reason, remedy);
    }
}

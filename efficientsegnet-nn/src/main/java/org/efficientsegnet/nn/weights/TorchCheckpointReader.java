// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Picks weights, optimizer and numbers out of what the pickle says. */
final class TorchCheckpointReader {

    private static final String PREFIX = "module.";
    private static final String STATE = "state_dict";
    private static final String OPTIMIZER = "optimizer_dict";
    private static final String DAMAGED = PickleOpcodes.DAMAGED;

    private final String file;
    private final Map<Object, Object> root;
    private final Map<String, PickleMachine.Storage> storages;
    private final boolean withOptimizer;
    private final TensorSlots slots;

    TorchCheckpointReader(String file, PickleMachine.Result pickle, boolean withOptimizer)
            throws MalformedFileException {
        this.file = file;
        this.root = dict("pickle", pickle.value());
        this.storages = pickle.storages();
        this.withOptimizer = withOptimizer;
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
        boolean optimizerWanted = withOptimizer && wrapped && root.containsKey(OPTIMIZER);
        OptimizerSlots optimizer =
                optimizerWanted ? optimizer(dict(OPTIMIZER, root.get(OPTIMIZER)), weightSlots) : null;
        slots.fill(source, storages, fileSize);
        return new TorchCheckpoint(
                Weights.of(filled(weightSlots)),
                wrapped && root.get("epoch") instanceof Long n ? OptionalLong.of(n) : OptionalLong.empty(),
                wrapped && root.get("lr") instanceof Double rate ? OptionalDouble.of(rate) : OptionalDouble.empty(),
                optimizer == null ? null : optimizer.filled());
    }

    private static Map<String, Tensor> filled(Map<String, TensorSlots.Slot> slots) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        slots.forEach((name, slot) -> tensors.put(name, slot.tensor()));
        return tensors;
    }

    private record OptimizerSlots(List<Map<String, Object>> options, Map<String, Map<String, Object>> state) {
        TorchCheckpoint.OptimizerState filled() {
            Map<String, Map<String, Tensor>> tensors = new LinkedHashMap<>();
            state.forEach((name, values) -> {
                Map<String, Tensor> ofOne = new LinkedHashMap<>();
                values.forEach((key, value) ->
                        ofOne.put(key, value instanceof TensorSlots.Slot slot ? slot.tensor() : (Tensor) value));
                tensors.put(name, ofOne);
            });
            return new TorchCheckpoint.OptimizerState(options, tensors);
        }
    }

    private OptimizerSlots optimizer(Map<Object, Object> dict, Map<String, TensorSlots.Slot> weights)
            throws MalformedFileException {
        List<Map<String, Object>> options = new ArrayList<>();
        List<Object> parameters = new ArrayList<>();
        for (Object group : list(OPTIMIZER + ".param_groups", dict.get("param_groups"))) {
            Map<String, Object> values = new LinkedHashMap<>();
            for (Map.Entry<Object, Object> entry :
                    dict(OPTIMIZER + ".param_groups", group).entrySet()) {
                if ("params".equals(entry.getKey())) {
                    parameters.addAll(list(OPTIMIZER + ".params", entry.getValue()));
                } else if (entry.getKey() instanceof String key && entry.getValue() != PickleMachine.Name.NONE) {
                    values.put(key, option(OPTIMIZER + "." + key, entry.getValue()));
                }
            }
            options.add(values);
        }
        if (parameters.size() != weights.size()) {
            throw malformed(
                    OPTIMIZER,
                    "it is for " + parameters.size() + " parameters, the state dict has " + weights.size(),
                    "read the weights alone");
        }
        // The parameters are numbered in the order of the state dict.
        Map<Object, Object> states = dict(OPTIMIZER + ".state", dict.get("state"));
        Map<String, Map<String, Object>> state = new LinkedHashMap<>();
        int index = 0;
        for (String name : weights.keySet()) {
            Object ofOne = states.get(parameters.get(index++));
            if (ofOne == null) {
                continue;
            }
            Map<String, Object> values = new LinkedHashMap<>();
            for (Map.Entry<Object, Object> entry :
                    dict(OPTIMIZER + ".state", ofOne).entrySet()) {
                if (entry.getKey() instanceof String key) {
                    values.put(key, stateValue(name + "." + key, entry.getValue()));
                }
            }
            state.put(name, values);
        }
        return new OptimizerSlots(List.copyOf(options), state);
    }

    private Object stateValue(String field, Object value) throws MalformedFileException {
        if (value instanceof PickleMachine.View view) {
            return slots.of(view);
        }
        if (value instanceof Number number) {
            return new Tensor(new int[0], new float[] {number.floatValue()});
        }
        throw malformed(OPTIMIZER, field + " is neither a tensor nor a number", "read the weights alone");
    }

    private Object option(String field, Object value) throws MalformedFileException {
        if (value instanceof Number || value instanceof Boolean || value instanceof String) {
            return value;
        }
        List<Object> options = new ArrayList<>();
        for (Object item : list(field, value)) {
            if (!(item instanceof Number || item instanceof Boolean)) {
                throw malformed(field, "it is no list of numbers", "read the weights alone");
            }
            options.add(item);
        }
        return List.copyOf(options);
    }

    private Map<Object, Object> dict(String field, Object value) throws MalformedFileException {
        if (value instanceof PickleMachine.Dict dict) {
            return dict.items;
        }
        throw malformed(field, "it is not a dictionary", PickleOpcodes.REMEDY);
    }

    private List<?> list(String field, Object value) throws MalformedFileException {
        if (value instanceof Object[] tuple) {
            return Arrays.asList(tuple);
        }
        if (value instanceof List<?> list) {
            return list;
        }
        throw malformed(field, "it is not a list", PickleOpcodes.REMEDY);
    }

    private MalformedFileException malformed(String field, String reason, String remedy) {
        return new MalformedFileException(file, field, reason, remedy);
    }
}

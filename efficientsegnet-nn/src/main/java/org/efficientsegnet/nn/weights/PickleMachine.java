// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the pickles that {@code torch.save} writes for dictionaries of tensors, numbers and strings, and executes
 * nothing: a pickle is a program for a stack machine, and this machine has the instructions that such a dictionary
 * needs and no others. Names of Python objects are looked up in a list of its own; tensors become descriptions of
 * where their elements lie.
 *
 * <p>Values are {@link Dict}, {@link ArrayList} (list), {@code Object[]} (tuple), {@link String}, {@link Long},
 * {@link Double}, {@link Boolean}, {@link Name} (None and what a global stands for), {@link Storage} and {@link View}.
 * A hostile pickle can build containers that contain themselves: whoever reads the result must not recurse freely.
 *
 * <p>Opcodes as in Python's Lib/pickletools.py, protocol 2.
 */
final class PickleMachine {

    /** A dictionary; an own type, so that equality and hashing never look into it. */
    static final class Dict {
        final Map<Object, Object> items = new LinkedHashMap<>();
    }

    /** Named values. */
    enum Name {
        NONE,
        ORDERED_DICT,
        REBUILD_TENSOR,
        REBUILD_TENSOR_V2,
        REBUILD_PARAMETER
    }

    /**
     * A run of elements that several tensors may share.
     *
     * @param dtype their type
     * @param key names the run within the file
     * @param elements how many
     */
    record Storage(DType dtype, String key, long elements) {
        /** The bytes it takes in the file. */
        long bytes() {
            return elements * dtype.bytes();
        }
    }

    /**
     * A tensor's elements within a storage; checked to lie inside it.
     *
     * @param storage where
     * @param offset the first one
     * @param shape extents
     * @param stride distances, in elements
     */
    record View(Storage storage, long offset, int[] shape, long[] stride) {}

    /**
     * A pickle's value.
     *
     * @param value see the class
     * @param storages every storage that was described, by key
     */
    record Result(Object value, Map<String, Storage> storages) {}

    private static final int MOST_AXES = 16;

    private static final Map<String, Object> GLOBALS = Map.ofEntries(
            Map.entry("collections OrderedDict", Name.ORDERED_DICT),
            Map.entry("torch._utils _rebuild_tensor", Name.REBUILD_TENSOR),
            Map.entry("torch._utils _rebuild_tensor_v2", Name.REBUILD_TENSOR_V2),
            Map.entry("torch._utils _rebuild_parameter", Name.REBUILD_PARAMETER),
            Map.entry("torch FloatStorage", DType.F32),
            Map.entry("torch DoubleStorage", DType.F64),
            Map.entry("torch HalfStorage", DType.F16),
            Map.entry("torch BFloat16Storage", DType.BF16),
            Map.entry("torch LongStorage", DType.I64),
            Map.entry("torch IntStorage", DType.I32),
            Map.entry("torch ShortStorage", DType.I16),
            Map.entry("torch CharStorage", DType.I8),
            Map.entry("torch ByteStorage", DType.U8),
            Map.entry("torch BoolStorage", DType.BOOL));

    private final PickleInput in;
    private final PickleStack stack;
    private final Map<String, Storage> storages = new LinkedHashMap<>();

    private PickleMachine(String file, InputStream in) {
        this.in = new PickleInput(file, in);
        this.stack = new PickleStack(this.in);
    }

    /**
     * Reads one pickle, up to its STOP and not a byte further.
     *
     * @param file for messages
     * @throws MalformedFileException if it holds anything but what a dictionary of tensors needs
     */
    static Result load(String file, InputStream in) throws IOException {
        PickleMachine machine = new PickleMachine(file, in);
        return new Result(machine.run(), machine.storages);
    }

    private Object run() throws IOException {
        if (in.next() != PickleOpcodes.PROTO || in.next() != 2) {
            throw refused("it does not begin as a pickle of protocol 2", "save it with torch.save's own defaults");
        }
        while (true) {
            int opcode = in.opcode();
            switch (opcode) {
                case PickleOpcodes.STOP -> {
                    Object result = stack.pop();
                    if (!stack.isEmpty()) {
                        throw refused("it stops with values left over", PickleOpcodes.DAMAGED);
                    }
                    return result;
                }
                case PickleOpcodes.MARK -> stack.mark();
                case PickleOpcodes.NONE -> stack.push(Name.NONE);
                case PickleOpcodes.NEWTRUE -> stack.push(true);
                case PickleOpcodes.NEWFALSE -> stack.push(false);
                case PickleOpcodes.BININT -> stack.push((long) in.int32());
                case PickleOpcodes.BININT1 -> stack.push((long) in.next());
                case PickleOpcodes.BININT2 -> stack.push((long) (in.next() | in.next() << 8));
                case PickleOpcodes.LONG1 -> stack.push(in.integer(in.next()));
                case PickleOpcodes.BINFLOAT ->
                    stack.push(ByteBuffer.wrap(in.bytes(8)).getDouble());
                case PickleOpcodes.BINUNICODE -> stack.push(in.string(in.int32()));
                case PickleOpcodes.EMPTY_DICT -> stack.push(new Dict());
                case PickleOpcodes.EMPTY_LIST -> stack.push(new ArrayList<>());
                case PickleOpcodes.EMPTY_TUPLE -> stack.push(new Object[0]);
                case PickleOpcodes.TUPLE -> stack.push(stack.popToMark());
                case PickleOpcodes.TUPLE1 -> stack.push(stack.popTuple(1));
                case PickleOpcodes.TUPLE2 -> stack.push(stack.popTuple(2));
                case PickleOpcodes.TUPLE3 -> stack.push(stack.popTuple(3));
                case PickleOpcodes.BINPUT -> stack.memoize(in.next());
                case PickleOpcodes.LONG_BINPUT -> stack.memoize(in.int32());
                case PickleOpcodes.BINGET -> stack.push(stack.recall(in.next()));
                case PickleOpcodes.LONG_BINGET -> stack.push(stack.recall(in.int32()));
                case PickleOpcodes.GLOBAL -> stack.push(global(in.line() + " " + in.line()));
                case PickleOpcodes.BINPERSID -> stack.push(storage(stack.pop()));
                case PickleOpcodes.REDUCE -> reduce();
                case PickleOpcodes.BUILD -> build();
                case PickleOpcodes.APPEND -> append(stack.popTuple(1));
                case PickleOpcodes.APPENDS -> append(stack.popToMark());
                case PickleOpcodes.SETITEM -> setItems(stack.popTuple(2));
                case PickleOpcodes.SETITEMS -> setItems(stack.popToMark());
                default ->
                    throw refused(
                            "the opcode " + PickleOpcodes.name(opcode)
                                    + " is not one that a dictionary of tensors needs",
                            PickleOpcodes.REMEDY);
            }
        }
    }

    private void append(Object[] items) throws MalformedFileException {
        @SuppressWarnings("unchecked")
        List<Object> list = stack.top(ArrayList.class, "list");
        list.addAll(Arrays.asList(items));
    }

    private void setItems(Object[] items) throws MalformedFileException {
        Dict dict = stack.top(Dict.class, "dictionary");
        if (items.length % 2 != 0) {
            throw refused("a dictionary's last key lacks a value", PickleOpcodes.DAMAGED);
        }
        for (int i = 0; i < items.length; i += 2) {
            Object key = items[i];
            if (!(key instanceof String || key instanceof Long)) {
                throw refused("a dictionary's key is neither a string nor an integer", PickleOpcodes.REMEDY);
            }
            if (dict.items.put(key, items[i + 1]) != null) {
                throw refused("a dictionary has the key " + key + " twice", PickleOpcodes.DAMAGED);
            }
        }
    }

    private Object global(String name) throws MalformedFileException {
        Object value = GLOBALS.get(name);
        if (value == null) {
            throw refused(
                    "the global " + name.replace(' ', '.') + " is not one that a dictionary of tensors needs",
                    PickleOpcodes.REMEDY);
        }
        return value;
    }

    private void reduce() throws MalformedFileException {
        Object[] call = stack.popTuple(2);
        if (!(call[0] instanceof Name name) || !(call[1] instanceof Object[] arguments)) {
            throw refused("REDUCE of something that is no function with arguments", PickleOpcodes.DAMAGED);
        }
        switch (name) {
            case ORDERED_DICT -> {
                require(arguments.length == 0, "collections.OrderedDict with arguments");
                stack.push(new Dict());
            }
            case REBUILD_TENSOR -> {
                require(arguments.length == 4, "torch._utils._rebuild_tensor with " + arguments.length + " arguments");
                stack.push(view(arguments));
            }
            case REBUILD_TENSOR_V2 -> {
                require(
                        arguments.length == 6 || arguments.length == 7,
                        "torch._utils._rebuild_tensor_v2 with " + arguments.length + " arguments");
                stack.push(view(arguments));
            }
            case REBUILD_PARAMETER -> {
                require(
                        arguments.length == 3 && arguments[0] instanceof View,
                        "torch._utils._rebuild_parameter without a tensor");
                stack.push(arguments[0]);
            }
            case NONE -> throw refused("REDUCE of None", PickleOpcodes.DAMAGED);
        }
    }

    /** Attributes, of which an OrderedDict of tensors has {@code _metadata}; they say nothing about the tensors. */
    private void build() throws MalformedFileException {
        Object state = stack.pop();
        stack.top(Dict.class, "dictionary");
        require(state instanceof Dict, "BUILD with something that is no dictionary");
    }

    private Storage storage(Object id) throws MalformedFileException {
        require(
                id instanceof Object[] parts
                        && (parts.length == 5 || parts.length == 6 && parts[5] == Name.NONE)
                        && "storage".equals(parts[0])
                        && parts[1] instanceof DType
                        && parts[2] instanceof String
                        && parts[4] instanceof Long,
                "a persistent id that does not describe a storage");
        Object[] parts = (Object[]) id;
        DType dtype = (DType) parts[1];
        long elements = (Long) parts[4];
        require(elements >= 0 && elements <= Elements.MOST, "storage " + parts[2] + " of " + elements + " elements");
        Storage storage = new Storage(dtype, (String) parts[2], elements);
        Storage same = storages.putIfAbsent(storage.key(), storage);
        require(same == null || same.equals(storage), "storage " + storage.key() + ", described in two ways");
        return storage;
    }

    private View view(Object[] arguments) throws MalformedFileException {
        require(arguments[0] instanceof Storage, "a tensor without a storage");
        Storage storage = (Storage) arguments[0];
        String where = "a tensor on storage " + storage.key();
        require(arguments[1] instanceof Long, where + " without an offset");
        long offset = (Long) arguments[1];
        long[] extents = numbers(arguments[2], where + ": its extents");
        long[] stride = numbers(arguments[3], where + ": its strides");
        require(
                extents.length == stride.length,
                where + " has " + extents.length + " extents and " + stride.length + " strides");
        int[] shape = new int[extents.length];
        long count = 1;
        for (int axis = 0; axis < shape.length; axis++) {
            require(extents[axis] <= Elements.MOST, where + " has an extent of " + extents[axis]);
            shape[axis] = (int) extents[axis];
            count *= extents[axis];
            require(count <= Elements.MOST, where + " has more elements than an array can hold");
        }
        // Expanded and overlapping tensors are never parameters, and could make much of little.
        require(count <= storage.elements(), where + " has " + count + " elements, its storage " + storage.elements());
        require(offset >= 0 && offset <= storage.elements(), where + " begins at element " + offset);
        if (count > 0) {
            long last = offset;
            for (int axis = 0; axis < shape.length; axis++) {
                require(
                        shape[axis] == 1 || stride[axis] <= storage.elements() / (shape[axis] - 1),
                        where + " reaches beyond it with stride " + stride[axis]);
                last += shape[axis] == 1 ? 0 : stride[axis] * (shape[axis] - 1);
            }
            require(last < storage.elements(), where + " reaches to element " + last + " of " + storage.elements());
        }
        return new View(storage, offset, shape, stride);
    }

    private long[] numbers(Object tuple, String what) throws MalformedFileException {
        require(tuple instanceof Object[] items && items.length <= MOST_AXES, what + " are no tuple of a few numbers");
        Object[] items = (Object[]) tuple;
        long[] numbers = new long[items.length];
        for (int i = 0; i < numbers.length; i++) {
            require(items[i] instanceof Long n && n >= 0, what + " are not whole numbers");
            numbers[i] = (Long) items[i];
        }
        return numbers;
    }

    private void require(boolean condition, String otherwise) throws MalformedFileException {
        in.require(condition, otherwise);
    }

    private MalformedFileException refused(String reason, String remedy) {
        return in.refused(reason, remedy);
    }
}

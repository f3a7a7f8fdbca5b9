package org.efficientsegnet.nn.weights;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.zip.ZipException;

/**
 * A checkpoint as {@code torch.save} writes it, read without Python and without executing anything of it: the pickle
 * inside is a program, and the machine that reads it here knows only the instructions and names that a dictionary of
 * tensors needs. Whatever else a file holds makes it refused by name.
 *
 * <p>Two layouts are known: that of the published networks, {@code {'epoch', 'state_dict', 'optimizer_dict', 'lr'}},
 * and a bare state dict. Names lose the {@code module.} that {@code DataParallel} puts before them. Both file formats
 * are read: the zip archive of PyTorch 1.6 and later, and the plain stream before it, in which the published networks
 * were saved. Integer tensors become floats; what floats cannot hold is rounded.
 *
 * <p>While reading, memory holds the tensors that are kept and one storage. Immutable and thread-safe.
 */
public final class TorchCheckpoint {

    private static final String PREFIX = "module.";
    private static final String STATE = "state_dict";
    private static final String OPTIMIZER = "optimizer_dict";
    private static final String DAMAGED = PickleOpcodes.DAMAGED;

    private final Weights weights;
    private final OptionalLong epoch;
    private final OptionalDouble learningRate;
    private final OptimizerState optimizer;

    private TorchCheckpoint(
            Weights weights, OptionalLong epoch, OptionalDouble learningRate, OptimizerState optimizer) {
        this.weights = weights;
        this.epoch = epoch;
        this.learningRate = learningRate;
        this.optimizer = optimizer;
    }

    /**
     * What an optimizer keeps between steps.
     *
     * @param options of each group of parameters: learning rate, decay and the like; numbers and truth values, lists
     *     of them, no None
     * @param tensors by the parameter's name, then by what it is: Adam has {@code step}, {@code exp_avg} and
     *     {@code exp_avg_sq}; single numbers are tensors without axes
     */
    public record OptimizerState(List<Map<String, Object>> options, Map<String, Map<String, Tensor>> tensors) {}

    /**
     * Reads a checkpoint's weights; the optimizer's state is passed over.
     *
     * @throws MalformedFileException if it is no checkpoint, a damaged one, or holds more than tensors and numbers
     */
    public static TorchCheckpoint read(Path file) throws IOException {
        return read(file, false);
    }

    /**
     * Reads a checkpoint with the optimizer's state, if it has one.
     *
     * @throws MalformedFileException if it is no checkpoint, a damaged one, or holds more than tensors and numbers
     */
    public static TorchCheckpoint readWithOptimizer(Path file) throws IOException {
        return read(file, true);
    }

    private static TorchCheckpoint read(Path path, boolean withOptimizer) throws IOException {
        String file = path.getFileName().toString();
        byte[] start;
        try (InputStream in = Files.newInputStream(path)) {
            start = in.readNBytes(512);
        }
        if (TorchArchive.isOne(start)) {
            try (TorchArchive archive = new TorchArchive(file, path)) {
                return new Reader(file, archive.pickle(), withOptimizer).read(archive::storages, Files.size(path));
            } catch (ZipException | EOFException e) {
                throw new MalformedFileException(file, "zip entries", "the archive is damaged", DAMAGED, e);
            }
        }
        if (TorchStream.isOne(start)) {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(path), Elements.CHUNK)) {
                TorchStream stream = new TorchStream(file, in);
                return new Reader(file, stream.pickle(), withOptimizer).read(stream::storages, Files.size(path));
            }
        }
        throw new MalformedFileException(file, "first bytes", kind(start), "give a file that torch.save wrote");
    }

    private static String kind(byte[] start) {
        if (start.length > 262 && new String(start, 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
            return "it is a tar archive, as PyTorch wrote before 0.2";
        }
        if (start.length > 0 && (start[0] & 0xff) == PickleOpcodes.PROTO) {
            return "it is a pickle, but not one that torch.save wrote";
        }
        return "it is not a PyTorch checkpoint";
    }

    /** The state dict, without {@code module.} before the names, in its order. */
    public Weights weights() {
        return weights;
    }

    /** The number of the epoch, if it was stored. */
    public OptionalLong epoch() {
        return epoch;
    }

    /** The learning rate, if it was stored. */
    public OptionalDouble learningRate() {
        return learningRate;
    }

    /** The optimizer's state, if it was stored and asked for. */
    public Optional<OptimizerState> optimizer() {
        return Optional.ofNullable(optimizer);
    }

    /** Takes the elements of a storage. */
    @FunctionalInterface
    interface StorageUser {
        /**
         * @param storage which
         * @param elements its elements; the user's from now on
         */
        void use(PickleMachine.Storage storage, float[] elements);
    }

    /** Shows storages one after the other. */
    @FunctionalInterface
    interface StorageSource {
        /**
         * @param storages all that the pickle speaks of, by key
         * @param wanted keys of those to be shown; others are passed over
         * @param user is shown each of the wanted once
         */
        void read(Map<String, PickleMachine.Storage> storages, Set<String> wanted, StorageUser user) throws IOException;
    }

    /** Picks the tensors out of what the pickle says, and fills them. */
    private static final class Reader {

        private final String file;
        private final Map<Object, Object> root;
        private final Map<String, PickleMachine.Storage> storages;
        private final boolean withOptimizer;

        /** A tensor that is still to be filled. */
        private static final class Slot {
            final PickleMachine.View view;
            Tensor tensor;

            Slot(PickleMachine.View view) {
                this.view = view;
            }
        }

        private final List<Slot> slots = new ArrayList<>();

        Reader(String file, PickleMachine.Result pickle, boolean withOptimizer) throws MalformedFileException {
            this.file = file;
            this.root = dict("pickle", pickle.value());
            this.storages = pickle.storages();
            this.withOptimizer = withOptimizer;
        }

        TorchCheckpoint read(StorageSource source, long fileSize) throws IOException {
            long stored = 0;
            for (PickleMachine.Storage storage : storages.values()) {
                stored += storage.bytes();
            }
            if (stored > fileSize) {
                throw malformed("pickle", "it speaks of " + stored + " bytes in a file of " + fileSize, DAMAGED);
            }
            boolean wrapped = root.containsKey(STATE);
            Map<Object, Object> state = wrapped ? dict(STATE, root.get(STATE)) : root;
            Map<String, Slot> weightSlots = new LinkedHashMap<>();
            for (Map.Entry<Object, Object> entry : state.entrySet()) {
                if (!(entry.getKey() instanceof String name)
                        || !(entry.getValue() instanceof PickleMachine.View view)) {
                    throw malformed(
                            wrapped ? STATE : "pickle",
                            "the entry " + entry.getKey() + " is not a tensor",
                            wrapped ? PickleOpcodes.REMEDY : "give {'state_dict': …} or a bare state dict");
                }
                while (name.startsWith(PREFIX)) {
                    name = name.substring(PREFIX.length());
                }
                if (weightSlots.putIfAbsent(name, slot(view)) != null) {
                    throw malformed(STATE, "two tensors are named " + name + " once " + PREFIX + " is off", DAMAGED);
                }
            }
            if (weightSlots.isEmpty()) {
                throw malformed(wrapped ? STATE : "pickle", "it holds no tensors", "give another file");
            }
            boolean optimizerWanted = withOptimizer && wrapped && root.containsKey(OPTIMIZER);
            OptimizerSlots optimizer =
                    optimizerWanted ? optimizer(dict(OPTIMIZER, root.get(OPTIMIZER)), weightSlots) : null;
            fill(source, fileSize);
            return new TorchCheckpoint(
                    Weights.of(filled(weightSlots)),
                    wrapped && root.get("epoch") instanceof Long n ? OptionalLong.of(n) : OptionalLong.empty(),
                    wrapped && root.get("lr") instanceof Double rate ? OptionalDouble.of(rate) : OptionalDouble.empty(),
                    optimizer == null ? null : optimizer.filled());
        }

        private Slot slot(PickleMachine.View view) {
            Slot slot = new Slot(view);
            slots.add(slot);
            return slot;
        }

        private static Map<String, Tensor> filled(Map<String, Slot> slots) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            slots.forEach((name, slot) -> tensors.put(name, slot.tensor));
            return tensors;
        }

        // Filling.

        private void fill(StorageSource source, long fileSize) throws IOException {
            Map<String, List<Slot>> users = new LinkedHashMap<>();
            long bytes = 0;
            for (Slot slot : slots) {
                PickleMachine.Storage storage = slot.view.storage();
                users.computeIfAbsent(storage.key(), key -> new ArrayList<>()).add(slot);
                bytes += (long) count(slot.view.shape()) * storage.dtype().bytes();
            }
            // Each storage lies within the file, but tensors may share one.
            if (bytes > 4 * fileSize) {
                throw malformed(
                        "pickle", "its tensors take " + bytes + " bytes, shared from a file of " + fileSize, DAMAGED);
            }
            source.read(storages, users.keySet(), (storage, elements) -> {
                for (Slot slot : users.get(storage.key())) {
                    slot.tensor = gather(slot.view, elements);
                }
            });
            for (Slot slot : slots) {
                if (slot.tensor == null) {
                    throw malformed("storage " + slot.view.storage().key(), "the file does not hold it", DAMAGED);
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

        // Optimizer.

        private record OptimizerSlots(List<Map<String, Object>> options, Map<String, Map<String, Object>> state) {
            OptimizerState filled() {
                Map<String, Map<String, Tensor>> tensors = new LinkedHashMap<>();
                state.forEach((name, values) -> {
                    Map<String, Tensor> ofOne = new LinkedHashMap<>();
                    values.forEach(
                            (key, value) -> ofOne.put(key, value instanceof Slot slot ? slot.tensor : (Tensor) value));
                    tensors.put(name, ofOne);
                });
                return new OptimizerState(options, tensors);
            }
        }

        private OptimizerSlots optimizer(Map<Object, Object> dict, Map<String, Slot> weights)
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
                return slot(view);
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

        // Kinds of values.

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

    /** Reads the elements of a storage, wherever they come from. */
    static float[] elements(String file, PickleMachine.Storage storage, InputStream in) throws IOException {
        int size = storage.dtype().bytes();
        int count = (int) storage.elements();
        float[] elements = new float[count];
        byte[] chunk = new byte[(int) Math.min(Elements.CHUNK, (long) count * size)];
        for (int at = 0; at < count; at += Elements.CHUNK / size) {
            int n = Math.min(Elements.CHUNK / size, count - at);
            if (in.readNBytes(chunk, 0, n * size) < n * size) {
                throw new MalformedFileException(file, "storage " + storage.key(), "the file ends within it", DAMAGED);
            }
            Elements.decodeToFloats(storage.dtype(), chunk, n * size, elements, at, n);
        }
        return elements;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Array;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.efficientsegnet.files.AtomicOutput;

/**
 * The content of a safetensors file: named arrays in C order and a map of strings. The file is eight bytes with the
 * length of a JSON header, little-endian; the header, which gives each array's type, shape and place; then the arrays.
 *
 * <p>The 16-bit formats are widened to 32 bits while they are read, chunk by chunk, so that reading takes the memory of
 * the result alone. Arrays are held, not copied: whoever reads them must not change them. Kept so, it is immutable and
 * thread-safe.
 *
 * <p>A file is refused with a {@link MalformedFileException} if its header is longer than 8 MiB, names an array twice,
 * or if its arrays overlap, leave holes, or do not end where the file ends.
 */
public final class Safetensors {

    /**
     * An array as it is held.
     *
     * @param dtype how it is stored
     * @param shape its extents
     * @param values float[] for F16, BF16 and F32, double[] for F64, byte[], short[], int[] or long[] for integers
     */
    record Entry(DType dtype, int[] shape, Object values) {}

    private final Map<String, String> metadata;
    private final Map<String, Entry> entries;

    Safetensors(Map<String, String> metadata, Map<String, Entry> entries) {
        this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        this.entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /**
     * Reads a file.
     *
     * @throws MalformedFileException if it is not a safetensors file, or a damaged one
     */
    public static Safetensors read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return SafetensorsReader.read(file.getFileName().toString(), in, Files.size(file));
        }
    }

    /**
     * Reads from a stream, to its end.
     *
     * @param name of the file, for messages
     * @param in not closed
     * @param length what the stream gives; memory is taken in trust of it, so it must not be a mere claim of whoever
     *     sent the stream
     * @throws MalformedFileException if it is not a safetensors file, or a damaged one, or has another length
     */
    public static Safetensors read(String name, InputStream in, long length) throws IOException {
        return SafetensorsReader.read(name, in, length);
    }

    /**
     * Reads from memory.
     *
     * @param name of the file, for messages
     * @throws MalformedFileException if it is not a safetensors file, or a damaged one
     */
    public static Safetensors read(String name, byte[] bytes) throws IOException {
        return SafetensorsReader.read(name, new ByteArrayInputStream(bytes), bytes.length);
    }

    /** A builder without any array. */
    public static Builder builder() {
        return new Builder();
    }

    /** The strings of the header; cannot be changed. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** The arrays' names, in the order in which they are stored. */
    public List<String> names() {
        return List.copyOf(entries.keySet());
    }

    /** Whether there is an array of that name. */
    public boolean contains(String name) {
        return entries.containsKey(name);
    }

    /** @throws NoSuchElementException if there is no array of that name */
    public DType dtype(String name) {
        return entry(name).dtype();
    }

    /**
     * The extents, the last axis is contiguous; empty for a scalar.
     *
     * @throws NoSuchElementException if there is no array of that name
     */
    public int[] shape(String name) {
        return entry(name).shape().clone();
    }

    /**
     * A floating-point array as 32-bit floats; without a copy unless it is stored as F64, which is rounded.
     *
     * @throws NoSuchElementException if there is no array of that name
     * @throws IllegalArgumentException if it holds integers
     */
    public Tensor tensor(String name) {
        Entry entry = entry(name);
        if (entry.values() instanceof double[] doubles) {
            float[] values = new float[doubles.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) doubles[i];
            }
            return new Tensor(entry.shape(), values);
        }
        if (entry.values() instanceof float[] values) {
            return new Tensor(entry.shape(), values);
        }
        throw new IllegalArgumentException(name + " holds " + entry.dtype() + ", not floating-point numbers");
    }

    /**
     * An array of any type as doubles; integers beyond 2^53 are rounded.
     *
     * @throws NoSuchElementException if there is no array of that name
     */
    public double[] doubles(String name) {
        Entry entry = entry(name);
        if (entry.values() instanceof double[] values) {
            return values.clone();
        }
        double[] doubles = new double[Array.getLength(entry.values())];
        if (entry.values() instanceof float[] values) {
            for (int i = 0; i < doubles.length; i++) {
                doubles[i] = values[i];
            }
        } else {
            for (int i = 0; i < doubles.length; i++) {
                doubles[i] = integer(entry, i);
            }
        }
        return doubles;
    }

    /**
     * An array of integers.
     *
     * @throws NoSuchElementException if there is no array of that name
     * @throws IllegalArgumentException if it holds floating-point numbers
     * @throws ArithmeticException if a number above 2^63 - 1 is among those of a U64 array
     */
    public long[] integers(String name) {
        Entry entry = entry(name);
        requireIntegers(name, entry);
        long[] integers = new long[Array.getLength(entry.values())];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = integer(entry, i);
            if (entry.dtype() == DType.U64 && integers[i] < 0) {
                throw new ArithmeticException(
                        name + " holds " + Long.toUnsignedString(integers[i]) + ", more than a long can");
            }
        }
        return integers;
    }

    /**
     * An array of U8, I8 or BOOL as it is stored, without a copy.
     *
     * @throws NoSuchElementException if there is no array of that name
     * @throws IllegalArgumentException if it is of another type
     */
    public byte[] bytes(String name) {
        Entry entry = entry(name);
        if (entry.values() instanceof byte[] values) {
            return values;
        }
        throw new IllegalArgumentException(name + " holds " + entry.dtype() + ", not single bytes");
    }

    /**
     * An array of I16 or U16 as it is stored, without a copy.
     *
     * @throws NoSuchElementException if there is no array of that name
     * @throws IllegalArgumentException if it is of another type
     */
    public short[] shorts(String name) {
        Entry entry = entry(name);
        if (entry.values() instanceof short[] values) {
            return values;
        }
        throw new IllegalArgumentException(name + " holds " + entry.dtype() + ", not 16-bit integers");
    }

    /** Every floating-point array. */
    public Weights weights() {
        return weights("");
    }

    /** Every floating-point array whose name begins with a prefix, under the name without it. */
    public Weights weights(String prefix) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        entries.forEach((name, entry) -> {
            if (name.startsWith(prefix) && entry.dtype().floating()) {
                tensors.put(name.substring(prefix.length()), tensor(name));
            }
        });
        return Weights.of(tensors);
    }

    /** Writes a file, which appears whole or not at all. */
    public void write(Path file) throws IOException {
        AtomicOutput.write(file, this::writeTo);
    }

    /**
     * Writes the file's bytes; equal content in equal order gives equal bytes.
     *
     * @param out not closed
     */
    public void writeTo(OutputStream out) throws IOException {
        SafetensorsWriter.write(metadata, entries, out);
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new NoSuchElementException("there is no array named " + name);
        }
        return entry;
    }

    private static void requireIntegers(String name, Entry entry) {
        if (entry.dtype().floating()) {
            throw new IllegalArgumentException(name + " holds " + entry.dtype() + ", not integers");
        }
    }

    private static long integer(Entry entry, int i) {
        return switch (entry.dtype()) {
            case I8 -> ((byte[]) entry.values())[i];
            case U8, BOOL -> ((byte[]) entry.values())[i] & 0xff;
            case I16 -> ((short[]) entry.values())[i];
            case U16 -> ((short[]) entry.values())[i] & 0xffff;
            case I32 -> ((int[]) entry.values())[i];
            case U32 -> ((int[]) entry.values())[i] & 0xffff_ffffL;
            case I64, U64 -> ((long[]) entry.values())[i];
            case F16, BF16, F32, F64 -> throw new AssertionError(entry.dtype());
        };
    }

    /** Puts a file together. Not thread-safe. Arrays are held, not copied. */
    public static final class Builder {

        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final Map<String, Entry> entries = new LinkedHashMap<>();

        private Builder() {}

        /** Adds a string to the header. */
        public Builder metadata(String key, String value) {
            metadata.put(key, value);
            return this;
        }

        /**
         * Adds floating-point numbers.
         *
         * @param dtype how to store them: F16, BF16 (each rounded to the nearest) or F32
         * @throws IllegalArgumentException if the name is taken or the type is another
         */
        public Builder add(String name, DType dtype, Tensor tensor) {
            if (!dtype.floating() || dtype == DType.F64) {
                throw new IllegalArgumentException(name + ": floats are stored as F16, BF16 or F32, not as " + dtype);
            }
            return put(name, new Entry(dtype, tensor.shape(), tensor.values()));
        }

        /** Adds tensors under their names, with something before each. */
        public Builder addAll(String prefix, DType dtype, Weights weights) {
            weights.tensors().forEach((name, tensor) -> add(prefix + name, dtype, tensor));
            return this;
        }

        /** Adds double-precision numbers. */
        public Builder add(String name, int[] shape, double[] values) {
            return put(name, new Entry(DType.F64, checked(name, shape, values.length), values));
        }

        /**
         * Adds single bytes.
         *
         * @param dtype U8, I8 or BOOL
         */
        public Builder add(String name, DType dtype, int[] shape, byte[] values) {
            if (dtype != DType.U8 && dtype != DType.I8 && dtype != DType.BOOL) {
                throw new IllegalArgumentException(name + ": bytes are stored as U8, I8 or BOOL, not as " + dtype);
            }
            return put(name, new Entry(dtype, checked(name, shape, values.length), values));
        }

        /** Adds 16-bit integers, stored as I16. */
        public Builder add(String name, int[] shape, short[] values) {
            return put(name, new Entry(DType.I16, checked(name, shape, values.length), values));
        }

        /** Adds 32-bit integers, stored as I32. */
        public Builder add(String name, int[] shape, int[] values) {
            return put(name, new Entry(DType.I32, checked(name, shape, values.length), values));
        }

        /** Adds 64-bit integers, stored as I64. */
        public Builder add(String name, int[] shape, long[] values) {
            return put(name, new Entry(DType.I64, checked(name, shape, values.length), values));
        }

        /** What has been added so far. */
        public Safetensors build() {
            return new Safetensors(metadata, entries);
        }

        private Builder put(String name, Entry entry) {
            if (name.equals(SafetensorsReader.METADATA)) {
                throw new IllegalArgumentException(name + " is the name of the header's strings, not of an array");
            }
            if (entries.putIfAbsent(name, entry) != null) {
                throw new IllegalArgumentException("there are two arrays named " + name);
            }
            return this;
        }

        private static int[] checked(String name, int[] shape, int length) {
            long elements = 1;
            for (int extent : shape) {
                elements = extent < 0 ? -1 : Math.multiplyExact(elements, extent);
            }
            if (elements != length) {
                throw new IllegalArgumentException(
                        name + ": the shape " + Arrays.toString(shape) + " does not hold " + length + " values");
            }
            return shape.clone();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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

    private static final String DAMAGED = PickleOpcodes.DAMAGED;

    private final Weights weights;
    private final OptionalLong epoch;
    private final OptionalDouble learningRate;

    TorchCheckpoint(Weights weights, OptionalLong epoch, OptionalDouble learningRate) {
        this.weights = weights;
        this.epoch = epoch;
        this.learningRate = learningRate;
    }

    /**
     * Reads a checkpoint's weights; the optimizer's state is passed over.
     *
     * @throws MalformedFileException if it is no checkpoint, a damaged one, or holds more than tensors and numbers
     */
    public static TorchCheckpoint read(Path path) throws IOException {
        String file = path.getFileName().toString();
        byte[] start;
        try (InputStream in = Files.newInputStream(path)) {
            start = in.readNBytes(512);
        }
        if (TorchArchive.isOne(start)) {
            try (TorchArchive archive = new TorchArchive(file, path)) {
                return new TorchCheckpointReader(file, archive.pickle()).read(archive::storages, Files.size(path));
            } catch (ZipException | EOFException e) {
                throw new MalformedFileException(file, "zip entries", "the archive is damaged", DAMAGED, e);
            }
        }
        if (TorchStream.isOne(start)) {
            try (InputStream in = new BufferedInputStream(Files.newInputStream(path), Elements.CHUNK)) {
                TorchStream stream = new TorchStream(file, in);
                return new TorchCheckpointReader(file, stream.pickle()).read(stream::storages, Files.size(path));
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

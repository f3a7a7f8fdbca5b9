// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The stream that {@code torch.save} wrote before PyTorch 1.6: five pickles (a magic number, a version, the machine's
 * habits, the value, the keys of the storages), then each storage as its number of elements and the elements.
 */
final class TorchStream {

    /** The pickle of the number 0x1950a86a20f9469cfc6c. */
    private static final byte[] MAGIC = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e");

    private static final long VERSION = 1001;
    private static final String DAMAGED = PickleOpcodes.DAMAGED;

    private final String file;
    private final InputStream in;

    /** Whether a file begins as such a stream does. */
    static boolean isOne(byte[] start) {
        return start.length >= MAGIC.length && Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** @param in from the file's first byte, buffered; stays the caller's */
    TorchStream(String file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    /** What the fourth pickle says. */
    PickleMachine.Result pickle() throws IOException {
        in.skipNBytes(MAGIC.length);
        if (!(PickleMachine.load(file, in).value() instanceof Long version) || version != VERSION) {
            throw malformed("version", "it is not " + VERSION);
        }
        if (!(PickleMachine.load(file, in).value() instanceof PickleMachine.Dict habits)
                || !Boolean.TRUE.equals(habits.items.get("little_endian"))) {
            throw new MalformedFileException(
                    file, "byte order", "it is not little", "save it again on a little-endian machine");
        }
        return PickleMachine.load(file, in);
    }

    /** Shows the wanted storages; to be called once, after {@link #pickle}. */
    void storages(Map<String, PickleMachine.Storage> storages, Set<String> wanted, TorchCheckpoint.StorageUser user)
            throws IOException {
        if (!(PickleMachine.load(file, in).value() instanceof List<?> keys)) {
            throw malformed("storage keys", "they are no list");
        }
        Set<Object> seen = new HashSet<>();
        for (Object key : keys) {
            PickleMachine.Storage storage = key instanceof String ? storages.get(key) : null;
            if (storage == null || !seen.add(key)) {
                throw malformed("storage keys", "the pickle does not speak of each of them once");
            }
            long elements = ByteBuffer.wrap(read(Long.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong();
            if (elements != storage.elements()) {
                throw malformed(
                        "storage " + key, "it has " + elements + " elements, the pickle says " + storage.elements());
            }
            if (wanted.contains(key)) {
                user.use(storage, TorchCheckpoint.elements(file, storage, in));
            } else {
                skip(storage);
            }
        }
        if (in.read() >= 0) {
            throw malformed("end", "bytes follow the last storage");
        }
    }

    private byte[] read(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw malformed("end", "the file ends between storages");
        }
        return bytes;
    }

    private void skip(PickleMachine.Storage storage) throws IOException {
        try {
            in.skipNBytes(storage.bytes());
        } catch (EOFException e) {
            throw malformed("storage " + storage.key(), "the file ends within it");
        }
    }

    private MalformedFileException malformed(String field, String reason) {
        return new MalformedFileException(file, field, reason, DAMAGED);
    }
}

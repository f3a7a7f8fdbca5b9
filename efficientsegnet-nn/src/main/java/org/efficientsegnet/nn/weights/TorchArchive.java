// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * The zip archive that {@code torch.save} writes since PyTorch 1.6: {@code NAME/data.pkl} and a file
 * {@code NAME/data/KEY} for each storage, none of them compressed. Owns the open file; whoever opened it closes it.
 */
final class TorchArchive implements AutoCloseable {

    private static final int MOST_ENTRIES = 1 << 16;
    private static final String PICKLE = "data.pkl";
    private static final String DAMAGED = PickleOpcodes.DAMAGED;

    private final String file;
    private final ZipFile zip;
    private final Map<String, ZipEntry> entries = new HashMap<>();
    private final String folder;

    /** Whether a file begins as a zip archive does. */
    static boolean isOne(byte[] start) {
        return start.length >= 4 && start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4;
    }

    TorchArchive(String file, Path path) throws IOException {
        this.file = file;
        try {
            this.zip = new ZipFile(path.toFile(), StandardCharsets.UTF_8);
        } catch (ZipException e) {
            throw new MalformedFileException(file, "zip directory", e.getMessage(), DAMAGED, e);
        }
        try {
            listEntries(Files.size(path));
            this.folder = findFolder();
            checkByteOrder();
        } catch (IllegalArgumentException e) {
            zip.close();
            throw new MalformedFileException(file, "zip directory", "a text in it is not UTF-8", DAMAGED, e);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private void listEntries(long fileSize) throws MalformedFileException {
        if (zip.size() > MOST_ENTRIES) {
            throw malformed("zip directory", zip.size() + " entries are more than the limit of " + MOST_ENTRIES);
        }
        long total = 0;
        for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
            ZipEntry entry = all.nextElement();
            String name = entry.getName();
            if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
                throw malformed("entry " + name, "it is compressed, which torch.save never does");
            }
            total += entry.getSize();
            if (entry.getSize() < 0 || total > fileSize) {
                throw malformed("entry " + name, "the entries hold more than the file of " + fileSize + " bytes");
            }
            if (entries.putIfAbsent(name, entry) != null) {
                throw malformed("entry " + name, "it is there twice");
            }
        }
    }

    private String findFolder() throws MalformedFileException {
        String found = null;
        for (String name : entries.keySet()) {
            int slash = name.indexOf('/');
            if (slash > 0 && name.substring(slash + 1).equals(PICKLE)) {
                if (found != null) {
                    throw malformed("entry " + name, "there is a second " + PICKLE);
                }
                found = name.substring(0, slash + 1);
            }
        }
        if (found == null) {
            throw new MalformedFileException(
                    file, "zip directory", "there is no " + PICKLE, "give a file that torch.save wrote");
        }
        if (entries.containsKey(found + "constants.pkl")) {
            throw new MalformedFileException(
                    file, "entry " + found + "constants.pkl", "this is a TorchScript program", PickleOpcodes.REMEDY);
        }
        return found;
    }

    private void checkByteOrder() throws IOException {
        ZipEntry entry = entries.get(folder + "byteorder");
        if (entry != null) {
            try (InputStream in = zip.getInputStream(entry)) {
                String order = new String(in.readNBytes(16), StandardCharsets.US_ASCII).trim();
                if (!order.equals("little")) {
                    throw new MalformedFileException(
                            file,
                            "entry " + entry.getName(),
                            "the byte order is not little",
                            "save it again on a little-endian machine");
                }
            }
        }
    }

    /** What the pickle says. */
    PickleMachine.Result pickle() throws IOException {
        ZipEntry entry = entries.get(folder + PICKLE);
        try (CheckedInputStream in = open(entry);
                InputStream buffered = new BufferedInputStream(in)) {
            PickleMachine.Result value = PickleMachine.load(file, buffered);
            if (buffered.read() >= 0) {
                throw malformed("entry " + entry.getName(), "bytes follow the pickle");
            }
            checkSum(entry, in);
            return value;
        }
    }

    /** Shows the wanted storages. */
    void storages(Map<String, PickleMachine.Storage> storages, Set<String> wanted, TorchCheckpoint.StorageUser user)
            throws IOException {
        for (String key : wanted) {
            PickleMachine.Storage storage = storages.get(key);
            String name = folder + "data/" + key;
            ZipEntry entry = entries.get(name);
            if (entry == null) {
                throw malformed("entry " + name, "it is missing");
            }
            if (entry.getSize() != storage.bytes()) {
                throw malformed(
                        "entry " + name, "it has " + entry.getSize() + " bytes, the pickle says " + storage.bytes());
            }
            try (CheckedInputStream in = open(entry)) {
                float[] elements = TorchCheckpoint.elements(file, storage, in);
                checkSum(entry, in);
                user.use(storage, elements);
            }
        }
    }

    private CheckedInputStream open(ZipEntry entry) throws IOException {
        return new CheckedInputStream(zip.getInputStream(entry), new CRC32());
    }

    private void checkSum(ZipEntry entry, CheckedInputStream in) throws MalformedFileException {
        if (in.getChecksum().getValue() != entry.getCrc()) {
            throw malformed("entry " + entry.getName(), "its content does not match its checksum");
        }
    }

    private MalformedFileException malformed(String field, String reason) {
        return new MalformedFileException(file, field, reason, DAMAGED);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.batch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.cases.CaseState;

/**
 * The folder of a batch's results, held by one batch at a time. Opening it clears away what a killed batch left half
 * written in it; closing it lets other batches in. What a batch remembers of its cases lies below {@code .efficientsegnet}.
 */
public final class OutputFolder implements AutoCloseable {

    /** What AtomicOutput names a file while it is being written. */
    private static final Pattern HALF_WRITTEN =
            Pattern.compile("\\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\..+");

    private final Path path;
    private final FileChannel channel;

    private OutputFolder(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Takes a folder, which is made if it does not exist.
     *
     * @return the folder, which the caller closes
     * @throws IOException if another batch has it, or it cannot be written to
     */
    public static OutputFolder open(Path path) throws IOException {
        Path memory = path.resolve(CaseState.MEMORY);
        boolean known = Files.isDirectory(memory);
        Files.createDirectories(memory);
        FileChannel channel =
                FileChannel.open(memory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (!lock(channel)) {
                throw new IOException(path + ": another batch is writing to this folder; wait for it, or give another"
                        + " folder to -o");
            }
            if (known) {
                // Where no batch has been before, nothing is a batch's to clear, whatever its name.
                clearHalfWritten(path);
            }
            return new OutputFolder(path, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** The folder. */
    public Path path() {
        return path;
    }

    /** Where the state of a case is kept. */
    Path stateOf(BatchCase batchCase) {
        return path.resolve(CaseState.placeOf(batchCase.name()));
    }

    /** The sizes of files in bytes, by their paths as seen from this folder. */
    Map<String, Long> sizes(List<Path> files) throws IOException {
        Path root = path.toAbsolutePath().normalize();
        Map<String, Long> sizes = new HashMap<>();
        for (Path file : files) {
            sizes.put(root.relativize(file.toAbsolutePath().normalize()).toString(), Files.size(file));
        }
        return sizes;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static void clearHalfWritten(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (HALF_WRITTEN.matcher(file.getFileName().toString()).matches()) {
                    Files.deleteIfExists(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException unreadable) {
                return FileVisitResult.CONTINUE;
            }
        });
    }
}

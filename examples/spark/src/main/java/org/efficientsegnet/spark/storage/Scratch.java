// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.storage;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder on the node's own disk for as long as the virtual machine lives, where Spark keeps its files too. What a killed
 * one has left is cleared away by the next one on the same disk; a lock tells whether its owner lives.
 */
public final class Scratch {

    private static final Logger LOG = LoggerFactory.getLogger(Scratch.class);
    private static final String PREFIX = "efficientsegnet-";
    private static final String LOCK = "lock";

    private static Path folder;
    private static FileChannel lock;

    private Scratch() {}

    /** This virtual machine's folder. */
    public static synchronized Path folder() throws IOException {
        if (folder == null || !Files.isDirectory(folder)) {
            Path root = Files.createDirectories(root());
            clearLeft(root);
            Path made = Files.createTempDirectory(root, PREFIX);
            lock = FileChannel.open(made.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock.tryLock() == null) {
                throw new IOException(made + ": cannot be locked");
            }
            folder = made;
            Runtime.getRuntime().addShutdownHook(new Thread(() -> deleteQuietly(made)));
        }
        return folder;
    }

    /**
     * A new folder in it, which the caller deletes, or which goes with the virtual machine.
     *
     * @param purpose begins the folder's name
     */
    public static Path room(String purpose) throws IOException {
        return Files.createTempDirectory(folder(), purpose + "-");
    }

    /** Deletes a folder and what is in it, as far as that can be done. */
    public static void deleteQuietly(Path room) {
        try {
            Files.walkFileTree(room, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            LOG.debug("{} is left on the disk", room, e);
        }
    }

    /** The first of the folders that Spark was given: by YARN, a standalone worker, Kubernetes, or its configuration. */
    private static Path root() {
        Map<String, String> environment = System.getenv();
        String folders = Stream.of("LOCAL_DIRS", "SPARK_EXECUTOR_DIRS", "SPARK_LOCAL_DIRS")
                .map(environment::get)
                .filter(value -> value != null && !value.isBlank())
                .findFirst()
                .orElseGet(() -> SparkEnv.get() == null
                        ? System.getProperty("java.io.tmpdir")
                        : SparkEnv.get().conf().get("spark.local.dir", System.getProperty("java.io.tmpdir")));
        return Path.of(folders.split("[," + File.pathSeparator + "]")[0]);
    }

    private static void clearLeft(Path root) throws IOException {
        try (DirectoryStream<Path> others = Files.newDirectoryStream(root, PREFIX + "*")) {
            for (Path other : others) {
                if (isLeft(other)) {
                    deleteQuietly(other);
                }
            }
        }
    }

    private static boolean isLeft(Path other) {
        Path file = other.resolve(LOCK);
        if (!Files.isRegularFile(file)) {
            // Made a moment ago, perhaps; or somebody else's.
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock taken = channel.tryLock()) {
            return taken != null;
        } catch (IOException | OverlappingFileLockException e) {
            return false;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Folders of this machine under a scheme of their own, {@code slow}, so that whoever opens a URI as a path finds nothing.
 * The first reader of a file beside which lies one with the ending {@code .halt} never comes to its end; what process that
 * is stands in the ending {@code .pid} then.
 */
public final class SlowFileSystem extends RawLocalFileSystem {

    /** Where it is. */
    public static final URI ROOT = URI.create("slow:///");

    /** How Spark is told of it. */
    public static final String SETTING = "spark.hadoop.fs.slow.impl";

    @Override
    public URI getUri() {
        return ROOT;
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        java.nio.file.Path file = pathToFile(path).toPath();
        if (Files.deleteIfExists(beside(file, ".halt"))) {
            java.nio.file.Path told = beside(file, ".told");
            Files.writeString(told, Long.toString(ProcessHandle.current().pid()));
            Files.move(told, beside(file, ".pid"), StandardCopyOption.ATOMIC_MOVE);
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return super.open(path, bufferSize);
    }

    /** Without owner and permissions, which are looked for by the scheme of local files. */
    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        FileStatus status = super.getFileStatus(path);
        return new FileStatus(
                status.getLen(),
                status.isDirectory(),
                status.getReplication(),
                status.getBlockSize(),
                status.getModificationTime(),
                status.getPath());
    }

    private static java.nio.file.Path beside(java.nio.file.Path file, String ending) {
        return file.resolveSibling(file.getFileName() + ending);
    }

    /** Halts the first reader of a file. */
    static void halt(java.nio.file.Path file) throws IOException {
        Files.write(beside(file, ".halt"), List.of());
    }

    /** Waits until somebody was halted at a file. */
    static ProcessHandle halted(java.nio.file.Path file) throws IOException, InterruptedException {
        java.nio.file.Path pid = beside(file, ".pid");
        while (!Files.exists(pid)) {
            Thread.sleep(20);
        }
        return ProcessHandle.of(Long.parseLong(Files.readString(pid))).orElseThrow();
    }

    /** How a folder of this machine is called in this file system. */
    static String uri(java.nio.file.Path folder) {
        return "slow://" + folder.toAbsolutePath();
    }
}

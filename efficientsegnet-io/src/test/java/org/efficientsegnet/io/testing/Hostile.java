// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.testing;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.parallel.Parallelism;

/**
 * Reads bad files and holds the reader to its promise: a named exception within a second, of this thread's own time, and
 * 64 MB.
 */
public final class Hostile {

    private static final long MAX_BYTES = 64L << 20;
    private static final long MAX_NANOS = 1_000_000_000L;
    private static final ReadOptions ONE_THREAD = ReadOptions.DEFAULT.withParallelism(Parallelism.SINGLE);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Hostile() {}

    /**
     * Writes a file anew. Some file systems wait for the disk when a file is truncated and written again, which takes
     * long for thousands of them.
     */
    public static Path write(Path file, byte[] bytes) throws IOException {
        Files.deleteIfExists(file);
        return Files.write(file, bytes);
    }

    /**
     * Reads a file many times, each time with another byte changed.
     *
     * @param whole its content
     * @param most how many of its bytes are changed at most, from the first
     * @param file written anew for every change
     * @param values what each of those bytes is changed to, one after the other
     * @return how many of the changed files were refused
     */
    public static int everyByteChanged(byte[] whole, int most, Path file, int... values) throws IOException {
        int refused = 0;
        for (int at = 0; at < Math.min(whole.length, most); at++) {
            for (int value : values) {
                byte[] changed = whole.clone();
                changed[at] = (byte) value;
                refused += readOrRefuse(write(file, changed)) == null ? 0 : 1;
            }
        }
        return refused;
    }

    /** Reads a file that must be refused. */
    public static FormatException refused(Path file) throws IOException {
        FormatException e = readOrRefuse(file);
        assertNotNull(e, file + " was read");
        return e;
    }

    /** Reads a file that may be good or bad; returns the refusal or null. */
    public static FormatException readOrRefuse(Path file) throws IOException {
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        long nanos = THREADS.getCurrentThreadCpuTime();
        FormatException refusal = null;
        try {
            Volumes.read(file, ONE_THREAD);
        } catch (FormatException e) {
            refusal = e;
        } catch (RuntimeException | Error e) {
            fail(file + " led to " + e, e);
        }
        nanos = THREADS.getCurrentThreadCpuTime() - nanos;
        bytes = THREADS.getCurrentThreadAllocatedBytes() - bytes;
        assertTrue(bytes < MAX_BYTES, bytes + " bytes were allocated for " + file);
        assertTrue(nanos < MAX_NANOS, nanos / 1_000_000 + " ms were spent on " + file);
        if (refusal != null) {
            String message = refusal.getMessage();
            assertTrue(message.contains(file.getFileName().toString().replaceAll("\\..*", "")), message);
        }
        return refusal;
    }
}

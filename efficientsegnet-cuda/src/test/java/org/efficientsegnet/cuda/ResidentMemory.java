// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process has in memory beside the Java heap, whose size is the collector's affair. */
final class ResidentMemory {

    /** Compiled code, metadata and the allocator's own slack come and go; a leak of 40 KB a run is twice as much. */
    private static final long SLACK = 20L << 20;

    /** A heap of less than 32 GB lies below this address, so that references fit into 32 bits; all else lies above. */
    private static final long HEAP_END = 1L << 35;

    private ResidentMemory() {}

    static long bytes() throws IOException {
        System.gc();
        long kilobytes = 0;
        boolean heap = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                heap = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16) < HEAP_END;
            } else if (!heap && line.startsWith("Rss:")) {
                kilobytes += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return kilobytes * 1024;
    }

    static void assertNear(long before) throws IOException {
        long after = bytes();
        assertTrue(
                after - before < SLACK, () -> "resident memory beside the heap grew from " + before + " to " + after);
    }
}

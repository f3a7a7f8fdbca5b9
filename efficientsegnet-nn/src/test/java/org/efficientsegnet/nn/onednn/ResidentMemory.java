// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process has in memory beside the Java heap, whose size is the collector's affair. */
final class ResidentMemory {

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
}

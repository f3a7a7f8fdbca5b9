// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * How much memory the process has taken at most since it began.
 *
 * @param heapPeakBytes of the Java heap; the sum of its pools' peaks, which need not have been at one time
 * @param residentPeakBytes of the whole process, native memory included, where the system tells (Linux)
 */
public record MemoryUse(long heapPeakBytes, OptionalLong residentPeakBytes) {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String PEAK = "VmHWM:";

    /** Of this process until now. */
    public static MemoryUse ofThisProcess() {
        long heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
        return new MemoryUse(heap, residentPeak());
    }

    private static OptionalLong residentPeak() {
        if (!Files.isReadable(STATUS)) {
            return OptionalLong.empty();
        }
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(PEAK))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}

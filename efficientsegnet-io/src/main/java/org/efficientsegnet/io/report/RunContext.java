// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.report;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What a report says beyond the result: when, with which software, and how long what surrounds the network took.
 *
 * @param started when the run began
 * @param software names and versions, in the order of the report: the library, Java, the system
 * @param timings what the result does not know: reading, loading the model, writing; in the order of the report
 * @param memory the process's peaks
 */
public record RunContext(
        Instant started, Map<String, String> software, Map<String, Duration> timings, MemoryUse memory) {

    private static final String UNPACKED = "development";

    /** Copies the maps and keeps their order. */
    public RunContext {
        Objects.requireNonNull(started, "started");
        Objects.requireNonNull(memory, "memory");
        software = Collections.unmodifiableMap(new LinkedHashMap<>(software));
        timings = Collections.unmodifiableMap(new LinkedHashMap<>(timings));
    }

    /**
     * Those of this process: the library's version, Java's and the system's, and the memory used until now.
     *
     * @param started when the run began
     * @param timings of what surrounds the network
     */
    public static RunContext ofThisProcess(Instant started, Map<String, Duration> timings) {
        String version = RunContext.class.getPackage().getImplementationVersion();
        Map<String, String> software = new LinkedHashMap<>();
        software.put("efficientsegnet", version == null ? UNPACKED : version);
        software.put("java", System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version"));
        software.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors");
        return new RunContext(started, software, timings, MemoryUse.ofThisProcess());
    }

    /** This with one more entry of software: a native library, an engine. */
    public RunContext withSoftware(String name, String version) {
        Map<String, String> more = new LinkedHashMap<>(software);
        more.put(name, version);
        return new RunContext(started, more, timings, memory);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The processor, as far as the operating system tells.
 *
 * @param name the maker's name of it
 * @param count how many of them Java may use
 * @param features those of its instruction sets that matter to networks
 */
record Processor(String name, int count, List<String> features) {

    private static final Path CPUINFO = Path.of("/proc/cpuinfo");

    private static final Set<String> OF_INTEREST = Set.of(
            "avx",
            "fma",
            "f16c",
            "avx2",
            "avx512f",
            "avx512bw",
            "avx512vl",
            "avx512_vnni",
            "avx512_bf16",
            "avx512_fp16",
            "avx_vnni",
            "amx_tile",
            "amx_bf16",
            "amx_int8",
            "amx_fp16",
            "asimd",
            "asimdhp",
            "bf16",
            "sve",
            "sve2",
            "i8mm");

    /** Of this machine. */
    static Processor ofThisMachine() {
        int count = Runtime.getRuntime().availableProcessors();
        String architecture = System.getProperty("os.arch");
        if (!Files.isReadable(CPUINFO)) {
            return new Processor(architecture, count, List.of());
        }
        try {
            List<String> lines = Files.readAllLines(CPUINFO);
            String name = value(lines, "model name").orElse(architecture);
            String flags =
                    value(lines, "flags").or(() -> value(lines, "Features")).orElse("");
            return new Processor(
                    name,
                    count,
                    Arrays.stream(flags.split("\\s+"))
                            .filter(OF_INTEREST::contains)
                            .toList());
        } catch (IOException e) {
            return new Processor(architecture, count, List.of());
        }
    }

    private static Optional<String> value(List<String> lines, String key) {
        return lines.stream()
                .filter(line -> line.startsWith(key) && line.contains(":"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst();
    }
}

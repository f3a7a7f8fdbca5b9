// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.samediff;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.efficientsegnet.nn.plan.OptionalLibraries;

/**
 * Which natives of ND4J the class path holds; looks without loading anything.
 *
 * @param classifier of the natives that ND4J will take
 */
record Installation(String classifier) {

    /** In the order in which ND4J tries them. */
    private static final List<String> EXTENSIONS = List.of("-onednn", "-onednn-avx512", "-onednn-avx2", "");

    static Optional<Installation> find() {
        ClassLoader loader = SameDiffEngine.class.getClassLoader();
        if (!OptionalLibraries.haveSameDiff() || !OptionalLibraries.have("org.nd4j.linalg.cpu.nativecpu.CpuBackend")) {
            return Optional.empty();
        }
        return EXTENSIONS.stream()
                .map(extension -> platform() + extension)
                .filter(classifier -> loader.getResource("org/nd4j/linalg/cpu/nativecpu/bindings/" + classifier + "/"
                                + System.mapLibraryName("jnind4jcpu"))
                        != null)
                .findFirst()
                .map(Installation::new);
    }

    /** As JavaCPP names it. */
    static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String name = system.startsWith("mac") ? "macosx" : system.startsWith("windows") ? "windows" : "linux";
        String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return name + "-"
                + switch (machine) {
                    case "amd64", "x86-64", "x64" -> "x86_64";
                    case "aarch64", "armv8" -> "arm64";
                    default -> machine;
                };
    }

    String description() {
        return "ND4J on CPU, natives " + classifier
                + (classifier.contains("onednn")
                        ? ""
                        : "; without oneDNN, 30 to 50 times slower than with the classifier " + platform() + "-onednn");
    }
}

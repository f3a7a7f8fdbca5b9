// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Optional;
import org.efficientsegnet.nn.network.NativeLogging;

/**
 * Settings of the virtual machine and of native libraries that must stand before these load. What the user sets with
 * {@code -D} stays.
 */
final class NativeSettings {

    private NativeSettings() {}

    static void apply() {
        long physical = physicalBytes();
        // JavaCPP's own limit is the Java heap's, a quarter of the memory; a network may need more than that.
        setUnlessSet("org.bytedeco.javacpp.maxBytes", String.valueOf(physical / 10 * 6));
        setUnlessSet("org.bytedeco.javacpp.maxPhysicalBytes", String.valueOf(physical / 10 * 9));
        cacheFolder(System.getProperty("user.home"), System.getProperty("java.io.tmpdir"))
                .ifPresent(folder -> setUnlessSet("org.bytedeco.javacpp.cachedir", folder));
        NativeLogging.quiet();
        // Previews are drawn without a display; asking for one takes time, or fails over a remote shell.
        setUnlessSet("java.awt.headless", "true");
    }

    /**
     * Where natives are unpacked if not below the home directory. A user whom the system does not know, as in a container
     * that runs under a number, has none: Java calls it "?", and JavaCPP would make a folder of that name where the
     * program was started, among the user's scans.
     */
    static Optional<String> cacheFolder(String home, String temporary) {
        return Path.of(home).isAbsolute()
                ? Optional.empty()
                : Optional.of(Path.of(temporary, ".javacpp", "cache").toString());
    }

    private static long physicalBytes() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }

    private static void setUnlessSet(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}

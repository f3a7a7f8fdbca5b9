// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
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
        NativeLogging.quiet();
        // Previews are drawn without a display; asking for one takes time, or fails over a remote shell.
        setUnlessSet("java.awt.headless", "true");
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

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.storage;

import java.io.IOException;

/** What has to be settled on a cluster before native libraries load. */
public final class Natives {

    private Natives() {}

    /** Settles it, where the user has not. */
    public static void prepare() throws IOException {
        // JavaCPP's limits are those of the Java heap; networks have their memory outside of it. The container's hold.
        setUnlessSet("org.bytedeco.javacpp.maxBytes", "0");
        setUnlessSet("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        // Natives are unpacked there; the home folder of a cluster's user need not exist.
        setUnlessSet(
                "org.bytedeco.javacpp.cachedir",
                Scratch.folder().resolve("natives").toString());
        setUnlessSet("java.awt.headless", "true");
    }

    private static void setUnlessSet(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}

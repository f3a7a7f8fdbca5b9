// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;

/** Where tests run the engine: on the host, or on the emulated device, by the build's choice. */
final class TestDevice {

    private static final String NAME = System.getProperty("efficientsegnet.cuda.test.device", "host");

    private TestDevice() {}

    static boolean isHost() {
        return NAME.equals("host");
    }

    /** The engine on it; the emulated device has no driver. */
    static CudaEngine engine() {
        return isHost() ? new CudaEngine("host") : new CudaEngine(NAME, List.of(Path.of("/")));
    }

    /** By which the device is opened. */
    static int index() {
        return isHost() ? Device.HOST : Integer.parseInt(NAME);
    }

    /** For what would take an emulated device minutes, and does not depend on the device. */
    static void assumeHost() {
        assumeTrue(isHost(), "too large for the emulated device");
    }
}

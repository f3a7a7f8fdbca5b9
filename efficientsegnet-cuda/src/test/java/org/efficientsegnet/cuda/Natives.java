// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Whether the library was built: tests of the kernels need nvcc on the machine that builds. */
final class Natives {

    private Natives() {}

    static void assumeBuilt() {
        assumeTrue(
                Natives.class.getResource("binding/linux-x86_64/libefficientsegnet_cuda.so") != null,
                "the library of kernels was not built: nvcc is missing");
    }
}

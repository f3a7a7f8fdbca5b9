// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import org.efficientsegnet.cuda.binding.CudaLibrary;

/** What the process holds of a device, by the library's own count. */
record InUse(long contexts, long blocks, long bytes, long pinned, long graphs) {

    static InUse now() {
        long[] counts = new long[5];
        CudaLibrary.esn_in_use(counts);
        return new InUse(counts[0], counts[1], counts[2], counts[3], counts[4]);
    }
}

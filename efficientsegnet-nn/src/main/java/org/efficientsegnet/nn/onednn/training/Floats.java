// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** Copies between arrays and native memory at an address. */
final class Floats {

    private Floats() {}

    private static final class At extends FloatPointer {
        At(long address) {
            super((Pointer) null);
            this.address = address;
        }
    }

    /** Copies to native memory. */
    static void put(long address, float[] from, int offset, int length) {
        new At(address).put(from, offset, length);
    }

    /** Copies from native memory. */
    static void get(long address, float[] to, int offset, int length) {
        new At(address).get(to, offset, length);
    }
}

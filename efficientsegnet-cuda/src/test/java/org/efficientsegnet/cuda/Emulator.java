// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.efficientsegnet.cuda.binding.CudaLibrary;

/** What tests tell the emulated device, and ask it; its library answers by these names. */
final class Emulator {

    private static final int MOST = 1 << 20;

    static {
        // Loads the library.
        CudaLibrary.esn_last_error();
    }

    private Emulator() {}

    private static native long report(long text, long capacity);

    private static native long mend(long text, long capacity);

    /** Forgets what was counted. */
    static native void resetCounts();

    /** From now on one block of so many runs, and its counts stand for all; nothing is checked then. */
    static native void sample(int every);

    /** Takes bytes away from a block of memory. */
    static native void forbid(long address, long bytes);

    /** Leaves an error in the calling thread, as another library may. */
    static native void leaveError();

    /** How many graphs were made so far. */
    static native long recordings();

    /** How many launches, copies and the like wait in streams. */
    static native long pending();

    /** Whether the library has no code for the device. */
    static native void hideKernels(boolean hidden);

    /** Kernels that ran, a line each, with tabs: name, launches, blocks, instructions, products, passes, sectors. */
    static String counts() {
        try (BytePointer text = new BytePointer(MOST)) {
            return string(text, report(text.address(), MOST));
        }
    }

    /** Makes the device usable again after a fault, and says what the fault was. */
    static String mended() {
        try (BytePointer text = new BytePointer(MOST)) {
            return string(text, mend(text.address(), MOST));
        }
    }

    private static String string(BytePointer text, long length) {
        byte[] bytes = new byte[(int) length];
        text.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

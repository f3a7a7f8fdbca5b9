// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.team;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;

/**
 * The number of threads that oneDNN works with. Its JavaCPP preset is built on OpenMP and does not bind {@code
 * omp_set_num_threads}, but JavaCPP can call any C function of one argument by address: that is how it frees memory.
 */
final class OpenMp {

    private static final NativeFunction SET_THREADS = find();

    private OpenMp() {}

    private static NativeFunction find() {
        try {
            Pointer function = Loader.addressof("omp_set_num_threads");
            return function == null || function.isNull() ? null : NativeFunction.at(function.address());
        } catch (ReflectiveOperationException | RuntimeException e) {
            System.getLogger(OpenMp.class.getName())
                    .log(System.Logger.Level.WARNING, "the number of threads of oneDNN cannot be set", e);
            return null;
        }
    }

    /** Whether {@link #setThreads} has an effect. */
    public static boolean isControllable() {
        return SET_THREADS != null;
    }

    /**
     * How many threads primitives that the calling thread creates or executes from now on may use, itself among them.
     * Where that cannot be set, it is all processors.
     */
    public static void setThreads(int threads) {
        if (!isControllable()) {
            return;
        }
        try {
            SET_THREADS.call(threads);
        } catch (Throwable e) {
            throw new IllegalStateException("omp_set_num_threads could not be called", e);
        }
    }
}

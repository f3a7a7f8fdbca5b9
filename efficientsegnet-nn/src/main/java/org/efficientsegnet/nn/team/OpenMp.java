package org.efficientsegnet.nn.team;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;

/**
 * The number of threads that oneDNN works with. Its JavaCPP preset is built on OpenMP and does not bind {@code
 * omp_set_num_threads}, but JavaCPP can call any C function of one argument by address: that is how it frees memory.
 */
public final class OpenMp {

    private static final Method CALL;
    private static final Constructor<?> FUNCTION_WITH_ARGUMENT;
    private static final Pointer SET_THREADS;

    static {
        Method call = null;
        Constructor<?> function = null;
        Pointer setThreads = null;
        try {
            Class<?> type = Class.forName(Pointer.class.getName() + "$NativeDeallocator");
            function = type.getDeclaredConstructor(Pointer.class, long.class, long.class);
            function.setAccessible(true);
            call = type.getMethod("deallocate");
            call.setAccessible(true);
            setThreads = Loader.addressof("omp_set_num_threads");
        } catch (ReflectiveOperationException | RuntimeException e) {
            System.getLogger(OpenMp.class.getName())
                    .log(System.Logger.Level.WARNING, "the number of threads of oneDNN cannot be set", e);
        }
        CALL = call;
        FUNCTION_WITH_ARGUMENT = function;
        SET_THREADS = setThreads;
    }

    private OpenMp() {}

    /** Whether {@link #setThreads} has an effect. */
    public static boolean isControllable() {
        return SET_THREADS != null && !SET_THREADS.isNull();
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
            CALL.invoke(FUNCTION_WITH_ARGUMENT.newInstance(new Pointer(), (long) threads, SET_THREADS.address()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("omp_set_num_threads could not be called", e);
        }
    }
}

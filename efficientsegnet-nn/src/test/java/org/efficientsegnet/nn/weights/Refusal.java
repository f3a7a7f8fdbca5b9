package org.efficientsegnet.nn.weights;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.function.Executable;

/** Asserts that hostile input is refused by our own exception, within a second of work and 64 MB of allocations. */
public final class Refusal {

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Refusal() {}

    /** @param expected what the message must contain */
    public static MalformedFileException of(Executable reading, String... expected) {
        long thread = Thread.currentThread().getId();
        long allocated = THREADS.getThreadAllocatedBytes(thread);
        long began = THREADS.getCurrentThreadCpuTime();
        MalformedFileException exception = assertThrows(MalformedFileException.class, reading);
        long milliseconds = (THREADS.getCurrentThreadCpuTime() - began) / 1_000_000;
        long megabytes = THREADS.getThreadAllocatedBytes(thread) - allocated >> 20;
        assertTrue(milliseconds < 1000, milliseconds + " ms: " + exception.getMessage());
        assertTrue(megabytes < 64, megabytes + " MB: " + exception.getMessage());
        for (String part : expected) {
            assertTrue(exception.getMessage().contains(part), "\"" + part + "\" in: " + exception.getMessage());
        }
        return exception;
    }
}

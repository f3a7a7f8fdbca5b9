// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.function.Executable;

/** Asserts that hostile input is refused by our own exception, within a second of work and 64 MB of allocations. */
public final class Refusal {

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final int MOST_MEGABYTES = 64;

    private Refusal() {}

    /** @param expected what the message must contain */
    public static MalformedFileException of(Executable reading, String... expected) {
        Cost cost = new Cost();
        MalformedFileException exception = assertThrows(MalformedFileException.class, reading);
        cost.requireAtMost(1, exception.getMessage());
        for (String part : expected) {
            assertTrue(exception.getMessage().contains(part), "\"" + part + "\" in: " + exception.getMessage());
        }
        return exception;
    }

    /**
     * Input that may be anything is either read or refused as above, the message naming the file; for instrumented code,
     * which may take ten seconds.
     *
     * @param file what the message must begin with
     * @param reading done a second time if it costs much, as the fuzzer instruments classes when they are first used
     */
    public static void orElseRead(String file, Executable reading) throws Throwable {
        Cost cost = new Cost();
        String outcome = outcome(file, reading);
        if (cost.isTooMuch(10)) {
            cost = new Cost();
            outcome = outcome(file, reading);
            cost.requireAtMost(10, outcome);
        }
    }

    private static String outcome(String file, Executable reading) throws Throwable {
        try {
            reading.execute();
            return "read";
        } catch (MalformedFileException e) {
            assertTrue(e.getMessage().startsWith(file), e.getMessage());
            return e.getMessage();
        }
    }

    /** What the thread has used up since this was made. */
    private static final class Cost {
        private final long thread = Thread.currentThread().getId();
        private final long allocated = THREADS.getThreadAllocatedBytes(thread);
        private final long began = THREADS.getCurrentThreadCpuTime();

        private long milliseconds() {
            return (THREADS.getCurrentThreadCpuTime() - began) / 1_000_000;
        }

        private long megabytes() {
            return THREADS.getThreadAllocatedBytes(thread) - allocated >> 20;
        }

        boolean isTooMuch(int seconds) {
            return milliseconds() >= 1000L * seconds || megabytes() >= MOST_MEGABYTES;
        }

        void requireAtMost(int seconds, String outcome) {
            assertFalse(isTooMuch(seconds), () -> milliseconds() + " ms, " + megabytes() + " MB: " + outcome);
        }
    }
}

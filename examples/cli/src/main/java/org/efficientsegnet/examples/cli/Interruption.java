// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.efficientsegnet.CancellationToken;

/**
 * Makes Ctrl-C and termination signals stop the work between two steps, and keeps the virtual machine alive until that
 * has happened, so that files being written are finished or taken away.
 */
final class Interruption implements AutoCloseable {

    /** A step of a network is over well before. */
    private static final long PATIENCE_SECONDS = 30;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook;

    private Interruption(CancellationToken cancellation) {
        hook = new Thread(
                () -> {
                    cancellation.cancel();
                    try {
                        ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "efficientsegnet-stop");
    }

    /** From now until {@link #close}, a signal cancels the token. */
    static Interruption cancels(CancellationToken cancellation) {
        Interruption interruption = new Interruption(cancellation);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The machine is going down already, and the hook has run or is about to.
            return;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

/** Ends several things that own native memory: all of them, also when one fails. */
public final class Closing {

    private Closing() {}

    /**
     * Runs them in turn. What the first that failed threw is thrown when all have run, with what others threw suppressed
     * in it.
     */
    public static void all(Iterable<? extends Runnable> closings) {
        RuntimeException failure = null;
        for (Runnable closing : closings) {
            try {
                closing.run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}

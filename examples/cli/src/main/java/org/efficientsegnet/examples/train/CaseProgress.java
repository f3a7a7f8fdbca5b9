// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.train;

import java.time.Duration;
import java.util.Locale;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.cli.OutputOptions;
import org.efficientsegnet.examples.cli.Progress;
import org.efficientsegnet.nn.train.data.Preparation;

/**
 * Shows how many cases are done, by a bar where a person is watching, else by a line for each, and stops between two of
 * them. Thread-safe.
 */
final class CaseProgress implements Preparation.Listener, AutoCloseable {

    private final Progress bar;
    private final boolean terminal;
    private final OutputOptions console;
    private final CancellationToken cancellation;
    private final long start = System.nanoTime();

    CaseProgress(String task, boolean terminal, int cases, OutputOptions console, CancellationToken cancellation) {
        bar = Progress.withTimeLeft(task, terminal && !console.isQuiet(), cases);
        this.terminal = terminal;
        this.console = console;
        this.cancellation = cancellation;
    }

    @Override
    public synchronized void done(String id, int done, int total, String problem) {
        bar.message(id);
        bar.step();
        if (problem != null) {
            console.error("left out: " + id + ": " + problem);
        }
        if (!terminal) {
            Duration left = Duration.ofNanos((System.nanoTime() - start) / done * (total - done));
            console.say(String.format(
                    Locale.ROOT,
                    "%d of %d cases: %s, %d:%02d:%02d left",
                    done,
                    total,
                    id,
                    left.toHours(),
                    left.toMinutesPart(),
                    left.toSecondsPart()));
        }
        cancellation.check("the next case");
    }

    @Override
    public void close() {
        bar.close();
    }
}

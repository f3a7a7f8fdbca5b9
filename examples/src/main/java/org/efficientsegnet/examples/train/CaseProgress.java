package org.efficientsegnet.examples.train;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import org.efficientsegnet.examples.cli.Progress;
import org.efficientsegnet.nn.train.data.Preparation;

/** Shows how many cases are done: a bar where a person is watching, else a line for each. Thread-safe. */
final class CaseProgress implements Preparation.Listener, AutoCloseable {

    private final Progress bar;
    private final boolean terminal;
    private final PrintWriter out;
    private final PrintWriter err;
    private final long start = System.nanoTime();

    CaseProgress(String task, boolean terminal, int cases, PrintWriter out, PrintWriter err) {
        bar = Progress.withTimeLeft(task, terminal, cases);
        this.terminal = terminal;
        this.out = out;
        this.err = err;
    }

    @Override
    public synchronized void done(String id, int done, int total, String problem) {
        bar.message(id);
        bar.step();
        if (problem != null) {
            err.println("left out: " + id + ": " + problem);
        }
        if (!terminal) {
            Duration left = Duration.ofNanos((System.nanoTime() - start) / done * (total - done));
            out.printf(
                    Locale.ROOT,
                    "%d of %d cases: %s, %d:%02d:%02d left%n",
                    done,
                    total,
                    id,
                    left.toHours(),
                    left.toMinutesPart(),
                    left.toSecondsPart());
        }
    }

    @Override
    public void close() {
        bar.close();
    }
}

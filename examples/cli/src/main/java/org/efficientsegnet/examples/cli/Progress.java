// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.efficientsegnet.ProgressListener;

/** A progress bar where a person is watching, nothing elsewhere. Closing it ends its line. Thread-safe. */
public final class Progress implements AutoCloseable {

    private static final int FINE = 100;

    private final ProgressBar bar;

    private Progress(ProgressBar bar) {
        this.bar = bar;
    }

    /** For one scan. */
    static Progress ofScan(boolean shown) {
        return new Progress(shown ? builder("segment", FINE).hideEta().build() : null);
    }

    /** For many scans. */
    static Progress ofCases(boolean shown, int cases) {
        return new Progress(
                shown ? builder("segment", cases).hideEta().setUnit(" cases", 1).build() : null);
    }

    /** For many cases of much the same size, with the time that is left. */
    public static Progress withTimeLeft(String task, boolean shown, int cases) {
        return new Progress(shown ? builder(task, cases).setUnit(" cases", 1).build() : null);
    }

    private static ProgressBarBuilder builder(String task, int steps) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(200)
                // So that the clock goes on where a step takes long.
                .continuousUpdate()
                .setConsumer(new ConsoleProgressBarConsumer(System.err));
    }

    /** Moves with a run. */
    ProgressListener listener() {
        return bar == null
                ? ProgressListener.NONE
                : (stage, fraction) -> {
                    bar.stepTo(Math.round(fraction * FINE));
                    bar.setExtraMessage(stage.label());
                };
    }

    /** Says what is being done. */
    public void message(String text) {
        if (bar != null) {
            bar.setExtraMessage(text);
        }
    }

    /** A case is done. */
    public void step() {
        if (bar != null) {
            bar.step();
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.setExtraMessage("");
            bar.close();
        }
    }
}

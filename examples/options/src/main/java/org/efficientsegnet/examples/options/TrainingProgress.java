// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.options;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Consumer;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.run.PairTraining;
import org.efficientsegnet.nn.train.run.TrainingRun;

/**
 * Prints how training goes on, a line every few seconds with the loss and the time that is left, and stops it between two
 * steps.
 */
public final class TrainingProgress implements PairTraining.Listener {

    private static final double INTERVAL_SECONDS = 10;

    private final Consumer<String> output;
    private final CancellationToken cancellation;
    private double sinceLine;
    private double lossSum;
    private int losses;
    private double meanSeconds;

    /**
     * @param output receives lines
     * @param cancellation stops the training
     */
    public TrainingProgress(Consumer<String> output, CancellationToken cancellation) {
        this.output = output;
        this.cancellation = cancellation;
    }

    @Override
    public void stage(CascadeStage stage, int training, int validation) {
        output.accept(
                stage.label() + " network: " + training + " cases to train on, " + validation + " to validate on");
        sinceLine = INTERVAL_SECONDS;
        lossSum = 0;
        losses = 0;
        meanSeconds = 0;
    }

    @Override
    public void step(CascadeStage stage, TrainingRun.StepReport report) {
        if (cancellation.isCancelled()) {
            // The run is on this thread and looks for interrupts after each step.
            Thread.currentThread().interrupt();
        }
        meanSeconds = meanSeconds == 0 ? report.seconds() : 0.9 * meanSeconds + 0.1 * report.seconds();
        sinceLine += report.seconds();
        if (!report.skipped()) {
            lossSum += report.loss();
            losses++;
        }
        if (sinceLine < INTERVAL_SECONDS && report.step() < report.steps()) {
            return;
        }
        Duration left = Duration.ofSeconds((long) (meanSeconds * (report.steps() - report.step())));
        output.accept(String.format(
                Locale.ROOT,
                "%s: step %d of %d, epoch %d, loss %.4f, rate %.1e, %.2f s a step, %.0f %% of it for samples,"
                        + " %d:%02d:%02d left",
                stage.label(),
                report.step(),
                report.steps(),
                report.epoch(),
                losses == 0 ? Double.NaN : lossSum / losses,
                report.learningRate(),
                meanSeconds,
                100 * report.waitedSeconds() / report.seconds(),
                left.toHours(),
                left.toMinutesPart(),
                left.toSecondsPart()));
        sinceLine = 0;
        lossSum = 0;
        losses = 0;
    }

    @Override
    public void validated(CascadeStage stage, int epoch, Map<String, Double> dice, double mean, boolean best) {
        StringJoiner organs = new StringJoiner(", ");
        dice.forEach((organ, value) -> organs.add(String.format(Locale.ROOT, "%s %.3f", organ, value)));
        output.accept(String.format(
                Locale.ROOT,
                "%s: epoch %d, DSC %.3f (%s)%s",
                stage.label(),
                epoch,
                mean,
                organs,
                best ? ", the best so far" : ""));
    }
}

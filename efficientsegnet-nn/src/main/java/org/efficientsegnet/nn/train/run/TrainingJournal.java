// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.volume.Shape;

/**
 * What a person looks at while a run goes on: an event file for TensorBoard, and beside it the learning curve and the
 * latest pictures of a sample and of a validation. Close it with the run. Not thread-safe.
 */
final class TrainingJournal implements AutoCloseable {

    private static final Logger LOG = System.getLogger(TrainingJournal.class.getName());

    private final String title;
    private final Path directory;
    private EventFile events;

    TrainingJournal(String title, Path directory) {
        this.title = title;
        this.directory = directory;
    }

    /** A step was tried. */
    void step(TrainingRun.StepReport report) {
        Map<String, Double> values = new LinkedHashMap<>();
        if (!report.skipped()) {
            values.put("train/loss", report.loss());
        }
        values.put("train/learning_rate", report.learningRate());
        values.put("train/seconds", report.seconds());
        values.put("train/skipped", (double) report.skippedSoFar());
        try {
            if (events == null) {
                events = EventFile.open(directory, report.step());
            }
            events.scalars(report.step(), values);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A validation was made. */
    void validated(int step, Map<String, Double> dice, double mean) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("dice/mean", mean);
        dice.forEach((organ, value) -> values.put("dice/" + organ, value));
        try {
            events.scalars(step, values);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A sample as the network was shown it, with its labels; the first one of a batch. */
    void sample(int step, Batch batch, Shape size) {
        BufferedImage picture = SlicePicture.draw(
                size,
                batch.images(),
                SlicePicture.busiest(size, batch.labels()),
                new byte[size.arrayLength()],
                batch.labels());
        picture(step, "sample", picture);
    }

    /** A picture, which replaces the one before it. */
    void picture(int step, String name, BufferedImage picture) {
        try {
            AtomicOutput.write(directory.resolve(name + ".png"), out -> ImageIO.write(picture, "png", out));
            events.picture(step, name, picture);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Draws the learning curve anew; where there is no XChart on the class path the event file has to do. */
    void curve() throws IOException {
        try {
            LearningCurve.draw(title, TrainingRun.logFile(directory), directory.resolve("learning-curve.png"));
        } catch (NoClassDefFoundError e) {
            LOG.log(Level.DEBUG, "no learning curve is drawn: " + e.getMessage() + " is not on the class path");
        }
    }

    @Override
    public void close() throws IOException {
        if (events != null) {
            events.close();
        }
    }
}

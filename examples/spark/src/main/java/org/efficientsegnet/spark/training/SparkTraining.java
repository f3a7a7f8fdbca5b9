// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.run.PairTraining;
import org.efficientsegnet.nn.train.run.PartsFactory;
import org.efficientsegnet.nn.train.run.StepParts;
import org.efficientsegnet.nn.train.run.TrainingRun;
import org.efficientsegnet.nn.train.run.TrainingStoppedException;
import org.efficientsegnet.nn.train.run.TrainingTask;
import org.efficientsegnet.spark.storage.Natives;

/**
 * Trains on the executors of a Spark application.
 *
 * <pre>{@code
 * SparkTraining training = SparkTraining.on(spark);
 * var source = new PairTraining.Source(training.dataset("s3a://archive/prepared/"), 1);
 * String best = training.run(List.of(source), options, "s3a://results/training/", false, listener);
 * }</pre>
 *
 * <p>The driver keeps weights, Adam, log, checkpoints and validation. The batches of a step ({@code accumulate} in {@link
 * org.efficientsegnet.nn.train.run.TrainingOptions}) are tasks, so that as many executors have work as there are
 * batches in a step. The driver adds their gradients in order: with 32 bits the training comes to the same bytes as in
 * one process, however many executors there are, whichever of them are lost, and wherever the driver was stopped and
 * taken up, if all have CPUs with the same instructions.
 *
 * <p>Immutable. The session stays the caller's.
 */
public final class SparkTraining implements PartsFactory {

    private final SparkSession spark;
    private final GradientForm form;
    private final int threads;

    private SparkTraining(SparkSession spark, GradientForm form, int threads) {
        this.spark = spark;
        this.form = form;
        this.threads = threads;
    }

    /** With gradients of 32 bits, and as many threads as an executor has cores. */
    public static SparkTraining on(SparkSession spark) {
        return new SparkTraining(Objects.requireNonNull(spark, "spark"), GradientForm.FLOAT32, 0);
    }

    /**
     * How many bits a number of a gradient has on its way to the driver.
     *
     * @param bits 32, or 16 for bfloat16: half of the traffic, 8 significant bits; a run that was begun with one goes on
     *     with the same
     * @throws IllegalArgumentException if it is neither
     */
    public SparkTraining gradientBits(int bits) {
        return new SparkTraining(spark, GradientForm.ofBits(bits), threads);
    }

    /**
     * How many threads the engine of an executor has.
     *
     * @param count or 0 for {@code spark.executor.cores}, or all processors of its machine where that is not set
     * @throws IllegalArgumentException if it is below 0
     */
    public SparkTraining threads(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("threads: " + count + " is below 0");
        }
        return new SparkTraining(spark, form, count);
    }

    /**
     * Opens a directory that was prepared, in any file system that Hadoop reaches. Driver and executors copy a case to
     * their local storage when they first need it.
     *
     * @param uri or a path in the default file system
     * @throws IOException if it is not one that was prepared
     * @throws org.efficientsegnet.SegmentationException if there is no such file system
     */
    public PreparedDataset dataset(String uri) throws IOException {
        return PreparedDataset.open(CachedCaseFiles.at(uri, context().hadoopConfiguration()));
    }

    /**
     * Trains, or goes on with a training.
     *
     * @param sources data sets of {@link #dataset}
     * @param options how
     * @param directory of the training, in any file system
     * @param resume whether to go on with what is in the directory
     * @param listener is told how it goes
     * @return where the bundle with the best weights is
     * @throws IOException if something cannot be read or written, or parts cannot be computed
     * @throws InterruptedException if the thread is interrupted; the training can be taken up
     * @throws TrainingStoppedException if a loss is no longer a number
     */
    public String run(
            List<PairTraining.Source> sources,
            PairTraining.Options options,
            String directory,
            boolean resume,
            PairTraining.Listener listener)
            throws IOException, InterruptedException {
        Natives.prepare();
        RunFolder folder = RunFolder.open(directory, resume, context().hadoopConfiguration());
        PairTraining.Listener publishing = new PairTraining.Listener() {
            @Override
            public void stage(CascadeStage stage, int training, int validation) {
                listener.stage(stage, training, validation);
            }

            @Override
            public void step(CascadeStage stage, TrainingRun.StepReport report) {
                listener.step(stage, report);
            }

            @Override
            public void validated(CascadeStage stage, int epoch, Map<String, Double> dice, double mean, boolean best) {
                listener.validated(stage, epoch, dice, mean, best);
            }

            @Override
            public void saved(CascadeStage stage) throws IOException {
                folder.publish();
                listener.saved(stage);
            }
        };
        try {
            String best = PairTraining.run(sources, options, folder.folder(), resume, publishing, this)
                    .toString();
            folder.publish();
            return folder.told(best);
        } catch (TrainingStoppedException e) {
            folder.publish();
            throw new TrainingStoppedException(folder.told(e.getMessage()));
        } catch (IOException e) {
            throw new IOException(folder.told(e.getMessage()), e);
        }
    }

    /** A file of any file system, on this machine. */
    Path file(String uri) throws IOException {
        int name = uri.lastIndexOf('/') + 1;
        String folder = name == 0 ? "." : uri.substring(0, Math.max(1, name - 1));
        return CachedCaseFiles.once(folder, context().hadoopConfiguration()).file(uri.substring(name));
    }

    @Override
    public StepParts open(TrainingTask task) {
        return new SparkParts(context(), task, form, threads);
    }

    private JavaSparkContext context() {
        return JavaSparkContext.fromSparkContext(spark.sparkContext());
    }
}

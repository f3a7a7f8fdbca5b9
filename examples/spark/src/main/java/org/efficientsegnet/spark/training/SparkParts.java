// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.spark.SimpleFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import org.apache.spark.util.SerializableConfiguration;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.run.LocalParts;
import org.efficientsegnet.nn.train.run.PortableForm;
import org.efficientsegnet.nn.train.run.StepParts;
import org.efficientsegnet.nn.train.run.TrainingTask;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction0;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * The parts of one network's steps, computed by executors, a task each. The weights are broadcast for a step and destroyed
 * after it. Parts are handed over in order, each as soon as it and those before it are there.
 */
final class SparkParts implements StepParts {

    private static final Logger LOG = System.getLogger(SparkParts.class.getName());
    private static final int LOOK_MILLIS = 100;

    private final JavaSparkContext spark;
    private final GradientForm form;
    private final Broadcast<Assignment> assignment;
    private final LocalParts samples;
    private final float[] gradient;
    private final Set<String> arithmetics = new LinkedHashSet<>();

    /**
     * @param spark runs the tasks; stays the caller's
     * @param task the training
     * @param form of gradients on their way
     * @param threads of an executor's engine, 0 for as many as it has cores
     */
    SparkParts(JavaSparkContext spark, TrainingTask task, GradientForm form, int threads) {
        this.spark = spark;
        this.form = form;
        gradient = new float[new ParameterLayout(task.course().options().spec()).size()];
        requireRoomForResults(task.course().options().accumulate());
        samples = new LocalParts(
                task.course(), task.source(place -> CachedCaseFiles.at(place, spark.hadoopConfiguration())), size -> {
                    throw new AssertionError("the driver computes no gradient");
                });
        assignment = spark.broadcast(new Assignment(
                UUID.randomUUID().toString(),
                PortableForm.of(task),
                threads,
                form,
                new SerializableConfiguration(spark.hadoopConfiguration())));
    }

    private void requireRoomForResults(int parts) {
        long most = spark.getConf().getSizeAsBytes("spark.driver.maxResultSize", "1g");
        // What surrounds a gradient takes little, but something.
        long needed = parts * (form.bytes(gradient.length) + 64_000);
        if (most > 0 && needed > most) {
            throw new IllegalArgumentException("the gradients of a step take " + needed / 1_000_000
                    + " MB, and spark.driver.maxResultSize allows " + most / 1_000_000 + " MB; start with --conf"
                    + " spark.driver.maxResultSize=" + (needed / 1_000_000_000 + 1)
                    + "g, and give the driver more memory than that, or take --gradient-bits 16 or a smaller"
                    + " --accumulate");
        }
    }

    @Override
    public void compute(float[] weights, long first, int count, double scale, Sink sink)
            throws IOException, InterruptedException {
        Broadcast<float[]> sent = spark.broadcast(weights);
        try {
            BlockingQueue<PartResult> arrived = new LinkedBlockingQueue<>();
            SimpleFutureAction<BoxedUnit> job = submit(new PartTask(assignment, sent, scale), first, count, arrived);
            try {
                collect(job, arrived, first, count, sink);
            } catch (IOException | RuntimeException | InterruptedException e) {
                job.cancel();
                throw e;
            }
        } finally {
            sent.destroy();
        }
    }

    private SimpleFutureAction<BoxedUnit> submit(
            PartTask task, long first, int count, BlockingQueue<PartResult> arrived) {
        RDD<Long> numbers = spark.parallelize(
                        LongStream.range(first, first + count).boxed().toList(), count)
                .rdd();
        return spark.sc()
                .submitJob(
                        numbers,
                        task,
                        CollectionConverters.asScala(IntStream.range(0, count)
                                        .mapToObj(Object.class::cast)
                                        .toList())
                                .toSeq(),
                        new AbstractFunction2<Object, PartResult, BoxedUnit>() {
                            @Override
                            public BoxedUnit apply(Object partition, PartResult result) {
                                arrived.add(result);
                                return BoxedUnit.UNIT;
                            }
                        },
                        new AbstractFunction0<BoxedUnit>() {
                            @Override
                            public BoxedUnit apply() {
                                return BoxedUnit.UNIT;
                            }
                        });
    }

    private void collect(
            SimpleFutureAction<BoxedUnit> job, BlockingQueue<PartResult> arrived, long first, int count, Sink sink)
            throws IOException, InterruptedException {
        Map<Long, PartResult> early = new HashMap<>();
        long next = first;
        while (next < first + count) {
            PartResult result = arrived.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            if (result == null) {
                requireRunning(job, first, count);
                continue;
            }
            if (result.failure() != null) {
                if (result.ofEngine()) {
                    throw new SegmentationException("on an executor " + result.failure());
                }
                throw new IOException(result.failure());
            }
            early.put(result.number(), result);
            while (early.containsKey(next)) {
                hand(early.remove(next), sink);
                next++;
            }
        }
    }

    private static void requireRunning(SimpleFutureAction<BoxedUnit> job, long first, int count) throws IOException {
        if (job.isCompleted() && job.value().get().isFailure()) {
            Throwable cause = job.value().get().failed().get();
            throw new IOException(
                    "parts " + first + " to " + (first + count - 1) + " could not be computed: " + cause.getMessage(),
                    cause);
        }
    }

    private void hand(PartResult result, Sink sink) throws IOException {
        if (arithmetics.add(result.arithmetic()) && arithmetics.size() == 2) {
            LOG.log(
                    Level.WARNING,
                    "executors compute with " + String.join(" and ", arithmetics)
                            + "; which of them gets a part decides about the last bits of the weights, so that a"
                            + " training cannot be repeated to the byte");
        }
        form.unpack(result.gradient(), gradient);
        sink.accept(new Part(result.number(), result.loss(), result.ids(), gradient));
    }

    @Override
    public Batch batch(long number) throws IOException {
        return samples.batch(number);
    }

    @Override
    public String rounding() {
        return form.rounding();
    }

    @Override
    public void close() {
        samples.close();
        assignment.destroy();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import org.apache.spark.SparkEnv;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientEngine;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.run.LocalParts;
import org.efficientsegnet.nn.train.run.PortableForm;
import org.efficientsegnet.nn.train.run.StepParts;
import org.efficientsegnet.nn.train.run.TrainingTask;
import org.efficientsegnet.spark.storage.Natives;

/**
 * Computes parts in an executor. The network that is trained is held between tasks, for its memory; tasks that are there
 * at once make their samples side by side and take turns at the network, which has all of the executor's threads.
 */
final class ExecutorParts {

    private static ExecutorParts current;

    private final String id;
    private final GradientForm form;
    private final LocalParts parts;
    private final String arithmetic;
    private boolean closed;

    private ExecutorParts(Assignment assignment) {
        id = assignment.id();
        form = assignment.form();
        TrainingTask task = PortableForm.task(assignment.task());
        GradientRequest request = task.request().withThreads(threads(assignment));
        GradientEngine engine = GradientEngines.choose(task.course().options().engine(), request);
        arithmetic = engine.name() + ": " + engine.status().detail();
        parts = LocalParts.on(
                task.course(),
                task.source(
                        place -> CachedCaseFiles.at(place, assignment.hadoop().value())),
                request,
                engine);
    }

    /** An executor has the whole machine only if nobody said otherwise: a JVM sees the cores of its node. */
    private static int threads(Assignment assignment) {
        return assignment.threads() > 0
                ? assignment.threads()
                : SparkEnv.get().conf().getInt("spark.executor.cores", 0);
    }

    /**
     * Computes a part.
     *
     * @return the part, or a failure that every attempt would come to
     * @throws IOException if a file could not be brought here, which another attempt may be able to
     */
    static PartResult compute(Assignment assignment, float[] weights, long number, double scale) throws IOException {
        ExecutorParts mine;
        try {
            mine = of(assignment);
        } catch (SegmentationException e) {
            return PartResult.failed(number, e.getMessage(), true);
        }
        return mine.compute(weights, number, scale);
    }

    private static synchronized ExecutorParts of(Assignment assignment) throws IOException {
        if (current == null || !current.id.equals(assignment.id())) {
            if (current != null) {
                current.close();
                current = null;
            }
            Natives.prepare();
            current = new ExecutorParts(assignment);
        }
        return current;
    }

    private PartResult compute(float[] weights, long number, double scale) throws IOException {
        Batch batch;
        try {
            batch = parts.batch(number);
        } catch (CachedCaseFiles.TransferException e) {
            throw e;
        } catch (IOException e) {
            return PartResult.failed(number, e.getMessage(), false);
        }
        float[] gradient = new float[weights.length];
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("the training that part " + number + " belongs to is over");
            }
            StepParts.Part part;
            try {
                part = parts.part(weights, number, scale, batch, gradient);
            } catch (SegmentationException e) {
                return PartResult.failed(number, e.getMessage(), true);
            }
            return new PartResult(number, part.loss(), part.ids(), form.pack(part.gradient()), arithmetic, null, false);
        }
    }

    private synchronized void close() {
        closed = true;
        parts.close();
    }
}

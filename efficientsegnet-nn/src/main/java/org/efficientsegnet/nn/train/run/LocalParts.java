// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientEngine;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.data.Sample;
import org.efficientsegnet.nn.train.data.SampleLoader;
import org.efficientsegnet.nn.train.data.SampleSource;
import org.efficientsegnet.volume.Shape;

/**
 * Computes parts in this process. Threads of its own stay a few samples ahead of the parts, as long as these are asked
 * for one after the other. Owns what it opens at the engine; close it. Not thread-safe.
 */
public final class LocalParts implements StepParts {

    private final TrainingCourse course;
    private final SampleSource source;
    private final GradientFactory factory;
    private final Map<Shape, GradientFunction> open = new HashMap<>();
    private float[] gradient = new float[0];
    private SampleLoader loader;
    private long loaded = -1;
    private double waited;

    /** Makes networks ready to be differentiated, one a size. */
    @FunctionalInterface
    public interface GradientFactory {
        /** @return a function that {@link LocalParts} closes */
        GradientFunction open(Shape size);
    }

    /**
     * @param course of the training
     * @param source makes the samples
     * @param factory opens a function for each size that is needed
     */
    public LocalParts(TrainingCourse course, SampleSource source, GradientFactory factory) {
        this.course = course;
        this.source = source;
        this.factory = factory;
    }

    /**
     * Parts on an engine.
     *
     * @param course of the training
     * @param source makes the samples
     * @param request what is differentiated, at any size
     * @param engine differentiates
     */
    public static LocalParts on(
            TrainingCourse course, SampleSource source, GradientRequest request, GradientEngine engine) {
        return new LocalParts(course, source, size -> engine.open(request.withSize(size)));
    }

    @Override
    public void compute(float[] weights, long first, int count, double scale, Sink sink)
            throws IOException, InterruptedException {
        if (gradient.length != weights.length) {
            gradient = new float[weights.length];
        }
        for (long number = first; number < first + count; number++) {
            sink.accept(part(weights, number, scale, next(number), gradient));
        }
    }

    /**
     * Computes a single part, for those who do not ask for parts one after the other.
     *
     * @param weights flat; not changed
     * @param number of the part
     * @param scale what the loss is multiplied by before it is differentiated
     * @param batch what {@link #batch} gave for the number, which may be called by other threads meanwhile
     * @param into receives the gradient, and is that of the part
     */
    public Part part(float[] weights, long number, double scale, Batch batch, float[] into) {
        double loss = function(number).gradient(weights, batch, course.dropoutSeed(number), scale, into);
        return new Part(number, loss, batch.ids(), into);
    }

    private Batch next(long number) throws IOException, InterruptedException {
        TrainingOptions options = course.options();
        if (loader == null || number != loaded) {
            closeLoader();
            int ahead = options.batch() + options.loaderThreads();
            loader = new SampleLoader(this::sample, number * options.batch(), ahead, options.loaderThreads());
        }
        Batch batch = loader.batch(options.batch());
        loaded = number + 1;
        waited += loader.waitedSeconds();
        return batch;
    }

    private Sample sample(long number) throws IOException {
        return source.sample(number, course.size(number / course.options().batch()));
    }

    /** The function of a part's size; those of sizes that do not come again are closed first, for their memory. */
    private GradientFunction function(long number) {
        List<Shape> needed = course.sizesFrom(number);
        Iterator<Map.Entry<Shape, GradientFunction>> entries = open.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<Shape, GradientFunction> entry = entries.next();
            if (!needed.contains(entry.getKey())) {
                entry.getValue().close();
                entries.remove();
            }
        }
        return open.computeIfAbsent(course.size(number), factory::open);
    }

    @Override
    public Batch batch(long number) throws IOException {
        int size = course.options().batch();
        List<Sample> samples = new ArrayList<>();
        for (long i = number * size; i < (number + 1) * size; i++) {
            samples.add(sample(i));
        }
        return SampleLoader.batchOf(samples);
    }

    @Override
    public double waitedSeconds() {
        double seconds = waited;
        waited = 0;
        return seconds;
    }

    @Override
    public void releaseMemory() {
        open.values().forEach(GradientFunction::releaseMemory);
    }

    private void closeLoader() {
        if (loader != null) {
            loader.close();
            loader = null;
        }
    }

    @Override
    public void close() {
        closeLoader();
        open.values().forEach(GradientFunction::close);
        open.clear();
    }
}

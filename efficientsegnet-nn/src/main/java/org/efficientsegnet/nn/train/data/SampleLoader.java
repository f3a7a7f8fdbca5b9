package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.efficientsegnet.nn.train.Batch;

/**
 * Makes samples beside the training step: worker threads stay a few samples ahead, and hand them out in their order,
 * which does not depend on how many there are. Close it to end the threads. Not thread-safe.
 */
public final class SampleLoader implements AutoCloseable {

    /** Makes the samples; called from several threads. */
    @FunctionalInterface
    public interface Source {
        /**
         * @param number of the sample, from 0 for the first of the training
         * @return normalised
         */
        Sample sample(long number) throws IOException;
    }

    private final Source source;
    private final int ahead;
    private final ExecutorService workers;
    private final Deque<Future<Sample>> pending = new ArrayDeque<>();
    private long next;
    private long waitedNanos;

    /**
     * Starts.
     *
     * @param source makes the samples
     * @param first number of the first sample
     * @param ahead how many samples are held ready at most
     * @param threads how many samples are made at once
     */
    public SampleLoader(Source source, long first, int ahead, int threads) {
        this.source = source;
        this.ahead = Math.max(1, ahead);
        next = first;
        workers = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "sample loader");
            thread.setDaemon(true);
            return thread;
        });
        fill();
    }

    private void fill() {
        while (pending.size() < ahead) {
            long number = next++;
            pending.add(workers.submit(() -> source.sample(number)));
        }
    }

    /**
     * The next samples as a batch.
     *
     * @throws IOException if a sample cannot be made
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public Batch batch(int size) throws IOException, InterruptedException {
        List<Sample> samples = new ArrayList<>();
        long start = System.nanoTime();
        try {
            while (samples.size() < size) {
                samples.add(pending.remove().get());
                fill();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            if (e.getCause() instanceof UncheckedIOException io) {
                throw io.getCause();
            }
            throw new IllegalStateException("a sample could not be made", e.getCause());
        }
        waitedNanos += System.nanoTime() - start;
        int voxels = samples.get(0).hu().length;
        float[] images = new float[size * voxels];
        byte[] labels = new byte[size * voxels];
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            System.arraycopy(samples.get(i).hu(), 0, images, i * voxels, voxels);
            System.arraycopy(samples.get(i).labels(), 0, labels, i * voxels, voxels);
            ids.add(samples.get(i).id());
        }
        return new Batch(ids, images, labels);
    }

    /** How long the caller has waited for samples since it last asked, seconds. */
    public double waitedSeconds() {
        double seconds = waitedNanos / 1e9;
        waitedNanos = 0;
        return seconds;
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}

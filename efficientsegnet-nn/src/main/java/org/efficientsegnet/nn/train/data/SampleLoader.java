// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** Makes the sample of a number. */
    @FunctionalInterface
    public interface Numbered {
        /** @param number of the sample, from 0 for the first of the training */
        Sample sample(long number) throws IOException;
    }

    private final Numbered source;
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
    public SampleLoader(Numbered source, long first, int ahead, int threads) {
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
        return batchOf(samples);
    }

    /**
     * Samples as a batch.
     *
     * @throws IllegalArgumentException if their extents differ
     */
    public static Batch batchOf(List<Sample> samples) {
        Sample first = samples.get(0);
        int voxels = first.hu().length;
        float[] images = new float[samples.size() * voxels];
        byte[] labels = new byte[images.length];
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            if (!sample.shape().equals(first.shape())) {
                throw new IllegalArgumentException("samples of one batch are of " + first.shape() + " and "
                        + sample.shape() + " voxels: " + first.id() + " and " + sample.id());
            }
            System.arraycopy(sample.hu(), 0, images, i * voxels, voxels);
            System.arraycopy(sample.labels(), 0, labels, i * voxels, voxels);
            ids.add(sample.id());
        }
        return new Batch(ids, images, labels, known(samples));
    }

    private static boolean[] known(List<Sample> samples) {
        int channels = samples.stream().mapToInt(s -> s.known().length).max().orElse(0);
        boolean[] known = new boolean[samples.size() * channels];
        for (int i = 0; i < samples.size(); i++) {
            boolean[] flags = samples.get(i).known();
            if (flags.length == 0) {
                Arrays.fill(known, i * channels, (i + 1) * channels, true);
            } else {
                System.arraycopy(flags, 0, known, i * channels, channels);
            }
        }
        return known;
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

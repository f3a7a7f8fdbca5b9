// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/**
 * Joins the statistics of chunks, and of places in a row that hold the same channel, to mean and variance of the whole,
 * as 64-bit sums in the order of the chunks.
 */
final class StatisticsMerge implements Call {

    private final Place firstsPlace;
    private final Place secondsPlace;
    private final boolean areSums;
    private final List<Chunk> chunks;
    private final int channels;
    private final List<Target> targets = new ArrayList<>();
    private final float[] firsts;
    private final float[] seconds;
    private final double[] sum;
    private final double[] squares;

    /**
     * Where the statistics of a chunk are.
     *
     * @param index of the first of its numbers among those of all chunks
     * @param width how many numbers there are; place i of a row holds channel i modulo the number of channels
     * @param rows how many rows the chunk has
     */
    record Chunk(int index, int width, int rows) {}

    /**
     * A chunk's statistics are 32-bit.
     *
     * @param firsts sums, or means
     * @param seconds sums of squares, or variances
     * @param areSums whether they are sums
     * @param chunks all of them
     * @param channels how many there are
     */
    StatisticsMerge(Place firsts, Place seconds, boolean areSums, List<Chunk> chunks, int channels) {
        this.firstsPlace = firsts;
        this.secondsPlace = seconds;
        this.areSums = areSums;
        this.chunks = List.copyOf(chunks);
        this.channels = channels;
        Chunk last = chunks.get(chunks.size() - 1);
        this.firsts = new float[last.index() + last.width()];
        this.seconds = new float[this.firsts.length];
        this.sum = new double[channels];
        this.squares = new double[channels];
    }

    private record Target(Place place, float[] values, DoubleBinaryOperator function) {}

    /** Writes a function of each channel's mean and variance, {@code count} numbers, channel after channel and again. */
    StatisticsMerge into(Place place, int count, DoubleBinaryOperator function) {
        targets.add(new Target(place, new float[count], function));
        return this;
    }

    @Override
    public void run(Worker worker) {
        worker.floats(firstsPlace).get(firsts);
        worker.floats(secondsPlace).get(seconds);
        Arrays.fill(sum, 0);
        Arrays.fill(squares, 0);
        long count = 0;
        for (Chunk chunk : chunks) {
            int rows = chunk.rows();
            count += (long) rows * (chunk.width() / channels);
            for (int begin = 0; begin < chunk.width(); begin += channels) {
                int from = chunk.index() + begin;
                for (int c = 0; c < channels; c++) {
                    double first = firsts[from + c];
                    double second = seconds[from + c];
                    sum[c] += areSums ? first : rows * first;
                    squares[c] += areSums ? second : rows * (second + first * first);
                }
            }
        }
        for (Target target : targets) {
            float[] values = target.values();
            for (int c = 0; c < channels; c++) {
                double mean = sum[c] / count;
                double variance = Math.max(0, squares[c] / count - mean * mean);
                float result = (float) target.function().applyAsDouble(mean, variance);
                for (int i = c; i < values.length; i += channels) {
                    values[i] = result;
                }
            }
            worker.floats(target.place()).put(values);
        }
    }

    @Override
    public String implementation() {
        return "merge";
    }
}

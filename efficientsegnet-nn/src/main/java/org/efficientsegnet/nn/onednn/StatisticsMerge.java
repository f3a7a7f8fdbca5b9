// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/** Joins the sums of all parts, in 64 bits and in their order, to mean and variance of the whole. */
final class StatisticsMerge implements Call {

    private final List<StatisticsSums> parts;
    private final int channels;
    private final long count;
    private final List<Target> targets = new ArrayList<>();
    private final double[] sums;
    private final double[] squares;

    /**
     * @param parts of the whole
     * @param channels how many there are
     * @param count how many numbers each channel has
     */
    StatisticsMerge(List<StatisticsSums> parts, int channels, long count) {
        this.parts = List.copyOf(parts);
        this.channels = channels;
        this.count = count;
        this.sums = new double[channels];
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
        Arrays.fill(sums, 0);
        Arrays.fill(squares, 0);
        for (StatisticsSums part : parts) {
            part.addTo(sums, squares);
        }
        for (Target target : targets) {
            float[] values = target.values();
            for (int c = 0; c < channels; c++) {
                double mean = sums[c] / count;
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

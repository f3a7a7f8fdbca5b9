// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;

/**
 * Sum and sum of squares of each channel, 64-bit, of what one task looks at. Its calls are made in the order in which the
 * task runs them: the first one begins anew.
 */
final class StatisticsSums {

    private final int channels;
    private final double[] sums;
    private final double[] squares;
    private boolean begun;

    StatisticsSums(int channels) {
        this.channels = channels;
        this.sums = new double[channels];
        this.squares = new double[channels];
    }

    /** Adds numbers, channels last. */
    Call ofNumbers(Place numbers, int count, memory.data_type type) {
        return call(worker -> {
            float[] read = worker.numbers(numbers, count, type);
            for (int begin = 0; begin < count; begin += channels) {
                for (int c = 0; c < channels; c++) {
                    double number = read[begin + c];
                    sums[c] += number;
                    squares[c] += number * number;
                }
            }
        });
    }

    /** Adds 32-bit sums of the places of a row; place i holds channel i modulo the number of channels. */
    Call ofSums(Place firsts, Place seconds, int width) {
        return call(worker -> {
            add(worker.numbers(firsts, width, memory.data_type.f32), width, sums);
            add(worker.numbers(seconds, width, memory.data_type.f32), width, squares);
        });
    }

    private void add(float[] numbers, int width, double[] to) {
        for (int begin = 0; begin < width; begin += channels) {
            for (int c = 0; c < channels; c++) {
                to[c] += numbers[begin + c];
            }
        }
    }

    /**
     * The same for means and variances.
     *
     * @param rows how many numbers each of them is of
     */
    Call ofMoments(Place means, Place variances, int width, int rows) {
        double[] squared = new double[width];
        return call(worker -> {
            float[] mean = worker.numbers(means, width, memory.data_type.f32);
            for (int i = 0; i < width; i++) {
                squared[i] = (double) mean[i] * mean[i];
                sums[i % channels] += (double) rows * mean[i];
            }
            float[] variance = worker.numbers(variances, width, memory.data_type.f32);
            for (int i = 0; i < width; i++) {
                squares[i % channels] += rows * (variance[i] + squared[i]);
            }
        });
    }

    private interface Adding {
        void run(Worker worker);
    }

    private Call call(Adding adding) {
        boolean first = !begun;
        begun = true;
        return new Call() {
            @Override
            public void run(Worker worker) {
                if (first) {
                    Arrays.fill(sums, 0);
                    Arrays.fill(squares, 0);
                }
                adding.run(worker);
            }

            @Override
            public String implementation() {
                return "sums";
            }
        };
    }

    /** Adds what was found to totals, one for each channel. */
    void addTo(double[] allSums, double[] allSquares) {
        for (int c = 0; c < channels; c++) {
            allSums[c] += sums[c];
            allSquares[c] += squares[c];
        }
    }
}

package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Joins means and variances of slabs, and of places in a row that hold the same channel, to those of the whole (Chan,
 * Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979), in 64-bit arithmetic.
 */
final class StatisticsMerge implements Call {

    private final memory slabFirsts;
    private final memory slabSeconds;
    private final boolean sums;
    private final int[] slabRows;
    private final int channels;
    private final int width;
    private final List<Target> targets = new ArrayList<>();
    private final float[] firsts;
    private final float[] seconds;
    private final double[] whole;
    private final double[] spread;

    /**
     * A slab's statistics are 32-bit; those of slabs lie one after the other.
     *
     * @param slabFirsts means, or sums
     * @param slabSeconds variances, or sums of squares
     * @param sums whether they are sums
     * @param slabRows how many rows each slab has
     * @param channels place i of a row holds channel i modulo this
     * @param width how many places a row has
     */
    StatisticsMerge(memory slabFirsts, memory slabSeconds, boolean sums, int[] slabRows, int channels, int width) {
        this.slabFirsts = slabFirsts;
        this.slabSeconds = slabSeconds;
        this.sums = sums;
        this.slabRows = slabRows;
        this.channels = channels;
        this.width = width;
        this.firsts = new float[slabRows.length * width];
        this.seconds = new float[slabRows.length * width];
        this.whole = new double[channels];
        this.spread = new double[channels];
    }

    private record Target(memory memory, float[] values, DoubleBinaryOperator function) {}

    /** Lets the memory receive, for each place, a function of its channel's mean and variance. */
    StatisticsMerge into(memory memory, DoubleBinaryOperator function) {
        float[] values = new float[(int) (memory.get_desc().get_size() / Float.BYTES)];
        targets.add(new Target(memory, values, function));
        return this;
    }

    @Override
    public void run(stream stream) {
        stream._wait();
        new FloatPointer(slabFirsts.get_data_handle()).get(firsts);
        new FloatPointer(slabSeconds.get_data_handle()).get(seconds);
        Arrays.fill(whole, 0);
        Arrays.fill(spread, 0);
        double count = 0;
        for (int slab = 0; slab < slabRows.length; slab++) {
            double added = slabRows[slab];
            for (int begin = 0; begin < width; begin += channels) {
                int from = slab * width + begin;
                for (int c = 0; c < channels; c++) {
                    double mean = sums ? firsts[from + c] / added : firsts[from + c];
                    double deviations =
                            sums ? Math.max(0, seconds[from + c] - added * mean * mean) : added * seconds[from + c];
                    double difference = mean - whole[c];
                    whole[c] += difference * added / (count + added);
                    spread[c] += deviations + difference * difference * count * added / (count + added);
                }
                count += added;
            }
        }
        for (Target target : targets) {
            float[] values = target.values();
            for (int i = 0; i < values.length; i++) {
                int c = i % channels;
                values[i] = (float) target.function().applyAsDouble(whole[c], spread[c] / count);
            }
            new FloatPointer(target.memory().get_data_handle()).put(values);
        }
    }

    @Override
    public String implementation() {
        return "merge";
    }
}

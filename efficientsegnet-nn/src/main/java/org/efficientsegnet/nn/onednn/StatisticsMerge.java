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

    private final memory slabMeans;
    private final memory slabVariances;
    private final int[] slabRows;
    private final int channels;
    private final int width;
    private final List<Target> targets = new ArrayList<>();
    private final float[] means;
    private final float[] variances;
    private final double[] whole;
    private final double[] spread;

    /**
     * Means and variances are 32-bit; those of slabs lie one after the other.
     *
     * @param slabRows how many rows each slab has
     * @param channels place i of a row holds channel i modulo this
     * @param width how many places a row has
     */
    StatisticsMerge(memory slabMeans, memory slabVariances, int[] slabRows, int channels, int width) {
        this.slabMeans = slabMeans;
        this.slabVariances = slabVariances;
        this.slabRows = slabRows;
        this.channels = channels;
        this.width = width;
        this.means = new float[slabRows.length * width];
        this.variances = new float[slabRows.length * width];
        this.whole = new double[channels];
        this.spread = new double[channels];
    }

    private record Target(memory memory, DoubleBinaryOperator function) {}

    /** Lets the memory receive, for each place, a function of its channel's mean and variance. */
    StatisticsMerge into(memory memory, DoubleBinaryOperator function) {
        targets.add(new Target(memory, function));
        return this;
    }

    @Override
    public void run(stream stream) {
        stream._wait();
        new FloatPointer(slabMeans.get_data_handle()).get(means);
        new FloatPointer(slabVariances.get_data_handle()).get(variances);
        Arrays.fill(whole, 0);
        Arrays.fill(spread, 0);
        double count = 0;
        for (int slab = 0; slab < slabRows.length; slab++) {
            double added = slabRows[slab];
            for (int begin = 0; begin < width; begin += channels) {
                int from = slab * width + begin;
                for (int c = 0; c < channels; c++) {
                    double difference = means[from + c] - whole[c];
                    whole[c] += difference * added / (count + added);
                    spread[c] +=
                            added * variances[from + c] + difference * difference * count * added / (count + added);
                }
                count += added;
            }
        }
        for (Target target : targets) {
            float[] result = new float[(int) (target.memory().get_desc().get_size() / Float.BYTES)];
            for (int i = 0; i < result.length; i++) {
                int c = i % channels;
                result[i] = (float) target.function().applyAsDouble(whole[c], spread[c] / count);
            }
            new FloatPointer(target.memory().get_data_handle()).put(result);
        }
    }

    @Override
    public String implementation() {
        return "merge";
    }
}

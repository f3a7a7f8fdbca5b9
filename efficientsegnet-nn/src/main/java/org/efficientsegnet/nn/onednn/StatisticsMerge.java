package org.efficientsegnet.nn.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Joins means and variances of slabs, and of places in a row that hold the same channel, to those of the whole (Chan, Golub, LeVeque: Updating Formulae and a Pairwise
 * Algorithm for Computing Sample Variances, 1979), in 64-bit arithmetic.
 */
final class StatisticsMerge implements Call {

    private final memory slabMeans;
    private final memory slabVariances;
    private final int[] slabRows;
    private final int channels;
    private final int width;
    private final memory mean;
    private final memory variance;
    private final float[] means;
    private final float[] variances;
    private final float[] result;
    private final double[] whole;
    private final double[] spread;

    /**
     * Means and variances are 32-bit; those of slabs lie one after the other.
     *
     * @param slabRows how many rows each slab has
     * @param channels place i of a row holds channel i modulo this
     * @param width how many places a row has
     * @param mean receives the mean of each place's channel
     * @param variance receives the variance of each place's channel
     */
    StatisticsMerge(
            memory slabMeans,
            memory slabVariances,
            int[] slabRows,
            int channels,
            int width,
            memory mean,
            memory variance) {
        this.slabMeans = slabMeans;
        this.slabVariances = slabVariances;
        this.slabRows = slabRows;
        this.channels = channels;
        this.width = width;
        this.mean = mean;
        this.variance = variance;
        this.means = new float[slabRows.length * width];
        this.variances = new float[slabRows.length * width];
        this.result = new float[width];
        this.whole = new double[channels];
        this.spread = new double[channels];
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
        store(whole, 1, mean);
        store(spread, 1 / count, variance);
    }

    private void store(double[] values, double scale, memory target) {
        for (int i = 0; i < width; i++) {
            result[i] = (float) (values[i % channels] * scale);
        }
        new FloatPointer(target.get_data_handle()).put(result);
    }

    @Override
    public String implementation() {
        return "merge";
    }
}

package org.efficientsegnet.nn.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Joins means and variances of slabs to those of the whole (Chan, Golub, LeVeque: Updating Formulae and a Pairwise
 * Algorithm for Computing Sample Variances, 1979), in 64-bit arithmetic.
 */
final class StatisticsMerge implements Call {

    private final memory slabMeans;
    private final memory slabVariances;
    private final int[] slices;
    private final memory mean;
    private final memory variance;
    private final float[] means;
    private final float[] variances;
    private final float[] result;
    private final double[] whole;
    private final double[] spread;

    /**
     * Means and variances are 32-bit; those of slabs lie one after the other, channels last.
     *
     * @param slices how many slices each slab has
     */
    StatisticsMerge(memory slabMeans, memory slabVariances, int[] slices, int channels, memory mean, memory variance) {
        this.slabMeans = slabMeans;
        this.slabVariances = slabVariances;
        this.slices = slices;
        this.mean = mean;
        this.variance = variance;
        this.means = new float[slices.length * channels];
        this.variances = new float[slices.length * channels];
        this.result = new float[channels];
        this.whole = new double[channels];
        this.spread = new double[channels];
    }

    @Override
    public void run(stream stream) {
        stream._wait();
        new FloatPointer(slabMeans.get_data_handle()).get(means);
        new FloatPointer(slabVariances.get_data_handle()).get(variances);
        int channels = result.length;
        Arrays.fill(whole, 0);
        Arrays.fill(spread, 0);
        double count = 0;
        for (int slab = 0; slab < slices.length; slab++) {
            double added = slices[slab];
            for (int c = 0; c < channels; c++) {
                double difference = means[slab * channels + c] - whole[c];
                whole[c] += difference * added / (count + added);
                spread[c] += added * variances[slab * channels + c]
                        + difference * difference * count * added / (count + added);
            }
            count += added;
        }
        store(whole, 1, mean);
        store(spread, 1 / count, variance);
    }

    private void store(double[] values, double scale, memory target) {
        for (int c = 0; c < values.length; c++) {
            result[c] = (float) (values[c] * scale);
        }
        new FloatPointer(target.get_data_handle()).put(result);
    }

    @Override
    public String implementation() {
        return "merge";
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;

/** Steps of a plan as loops in 64-bit arithmetic, straight from what {@link Step} says of them; a channel after the other. */
final class StepReference implements Step.Visitor {

    private final PlanShapes shapes;
    private final Weights weights;
    private final Map<String, double[]> values;
    private double[] result;

    private StepReference(PlanShapes shapes, Weights weights, Map<String, double[]> values) {
        this.shapes = shapes;
        this.weights = weights;
        this.values = values;
    }

    /** The output of a step, of inputs that are found by their names. */
    static double[] of(Step step, PlanShapes shapes, Weights weights, Map<String, double[]> values) {
        StepReference reference = new StepReference(shapes, weights, values);
        step.accept(reference);
        return reference.result;
    }

    private interface Number {
        double at(int i);
    }

    private double[] each(Step step, Number number) {
        double[] out = new double[(int) shapes.of(step.output()).elements()];
        Arrays.setAll(out, number::at);
        return out;
    }

    private static double relu(boolean wanted, double value) {
        return wanted ? Math.max(0, value) : value;
    }

    private double[] input(Step step, int number) {
        return values.get(step.inputs().get(number));
    }

    @Override
    public void convolution(Step.Convolution step) {
        FeatureShape in = shapes.of(step.input());
        FeatureShape out = shapes.of(step.output());
        float[] weight = weights.get(step.weight()).values();
        int kernel = (int) step.kernel().voxels();
        int size = out.shape().arrayLength();
        result = new double[out.channels() * size];
        IntStream.range(0, out.channels()).parallel().forEach(o -> {
            // Of its own, since neighbours in memory are written by other threads.
            double[] sum = new double[size];
            List<Integer> read = step.depthwise()
                    ? List.of(o)
                    : IntStream.range(0, in.channels()).boxed().toList();
            for (int i = 0; i < read.size(); i++) {
                convolve(
                        step,
                        in.shape(),
                        out.shape(),
                        input(step, 0),
                        read.get(i),
                        weight,
                        (o * read.size() + i) * kernel,
                        sum);
            }
            System.arraycopy(sum, 0, result, o * size, size);
        });
    }

    private static void convolve(
            Step.Convolution step,
            Shape in,
            Shape out,
            double[] input,
            int channel,
            float[] weight,
            int first,
            double[] sum) {
        Shape k = step.kernel();
        int s = step.stride();
        for (int dz = 0; dz < k.z(); dz++) {
            for (int dy = 0; dy < k.y(); dy++) {
                for (int dx = 0; dx < k.x(); dx++) {
                    double w = weight[first + (dz * k.y() + dy) * k.x() + dx];
                    int reach = dx - k.x() / 2;
                    int begin = Math.max(0, (-reach + s - 1) / s);
                    int end = Math.min(out.x(), (in.x() - 1 - reach) / s + 1);
                    for (int z = 0; z < out.z(); z++) {
                        int fromZ = z * s + dz - k.z() / 2;
                        for (int y = 0; y < out.y(); y++) {
                            int fromY = y * s + dy - k.y() / 2;
                            if (fromZ < 0 || fromZ >= in.z() || fromY < 0 || fromY >= in.y()) {
                                continue;
                            }
                            int from = channel * in.arrayLength() + in.index(fromZ, fromY, 0) + reach;
                            int to = out.index(z, y, 0);
                            for (int x = begin; x < end; x++) {
                                sum[to + x] += w * input[from + x * s];
                            }
                        }
                    }
                }
            }
        }
    }

    @Override
    public void normalization(Step.Normalization step) {
        FeatureShape maps = shapes.of(step.output());
        int size = maps.shape().arrayLength();
        double[] input = input(step, 0);
        double[] scale = new double[maps.channels()];
        double[] mean = new double[maps.channels()];
        for (int c = 0; c < maps.channels(); c++) {
            double sum = 0;
            for (int i = c * size; i < (c + 1) * size; i++) {
                sum += input[i];
            }
            mean[c] = sum / size;
            double squares = 0;
            for (int i = c * size; i < (c + 1) * size; i++) {
                squares += (input[i] - mean[c]) * (input[i] - mean[c]);
            }
            scale[c] = 1 / Math.sqrt(squares / size + step.epsilon());
        }
        double[] residual = step.residual() == null ? null : input(step, 1);
        result = each(step, i -> {
            double normal = (input[i] - mean[i / size]) * scale[i / size];
            return relu(step.relu(), residual == null ? normal : normal + residual[i]);
        });
    }

    @Override
    public void sum(Step.Sum step) {
        double[] first = input(step, 0);
        double[] second = input(step, 1);
        result = each(step, i -> relu(step.relu(), first[i] + second[i]));
    }

    @Override
    public void relu(Step.Relu step) {
        double[] input = input(step, 0);
        result = each(step, i -> relu(true, input[i]));
    }

    @Override
    public void gate(Step.Gate step) {
        double[] input = input(step, 0);
        double[] gate = input(step, 1);
        result = each(step, i -> input[i] / (1 + Math.exp(-gate[i])));
    }

    @Override
    public void concatenation(Step.Concatenation step) {
        result = step.inputs().stream()
                .flatMapToDouble(name -> Arrays.stream(values.get(name)))
                .toArray();
    }

    @Override
    public void maxPooling(Step.MaxPooling step) {
        boxes(
                step,
                (axis, i, from) -> {
                    int begin = i * step.stride() - step.padding();
                    return new int[] {Math.max(begin, 0), Math.min(begin + step.kernel(), from)};
                },
                true);
    }

    @Override
    public void averagePooling(Step.AveragePooling step) {
        boxes(step, (axis, i, from) -> new int[] {i * step.factor(), (i + 1) * step.factor()}, false);
    }

    @Override
    public void adaptivePooling(Step.AdaptivePooling step) {
        int bins = step.bins();
        boxes(step, (axis, i, from) -> new int[] {i * from / bins, ((i + 1) * from + bins - 1) / bins}, false);
    }

    @Override
    public void strip(Step.Strip step) {
        boxes(step, (axis, i, from) -> axis == step.axis() ? new int[] {i, i + 1} : new int[] {0, from}, false);
    }

    private interface Box {
        /** From where to where output {@code i} reaches along an axis of so many inputs. */
        int[] along(int axis, int i, int from);
    }

    private void boxes(Step.Unary step, Box box, boolean maximum) {
        Shape in = shapes.of(step.input()).shape();
        Shape out = shapes.of(step.output()).shape();
        double[] input = input(step, 0);
        result = each(step, i -> {
            int c = i / out.arrayLength();
            int voxel = i % out.arrayLength();
            int[] z = box.along(0, voxel / (out.y() * out.x()), in.z());
            int[] y = box.along(1, voxel / out.x() % out.y(), in.y());
            int[] x = box.along(2, voxel % out.x(), in.x());
            double sum = 0;
            double most = Double.NEGATIVE_INFINITY;
            for (int k = z[0]; k < z[1]; k++) {
                for (int j = y[0]; j < y[1]; j++) {
                    for (int h = x[0]; h < x[1]; h++) {
                        double value = input[c * in.arrayLength() + in.index(k, j, h)];
                        sum += value;
                        most = Math.max(most, value);
                    }
                }
            }
            return maximum ? most : sum / ((z[1] - z[0]) * (y[1] - y[0]) * (x[1] - x[0]));
        });
    }

    @Override
    public void resize(Step.Resize step) {
        Shape in = shapes.of(step.input()).shape();
        Shape out = shapes.of(step.output()).shape();
        double[] input = input(step, 0);
        double[] addend = step.addend() == null ? null : input(step, 1);
        result = each(step, i -> {
            int c = i / out.arrayLength();
            int voxel = i % out.arrayLength();
            double z = position(voxel / (out.y() * out.x()), in.z(), out.z());
            double y = position(voxel / out.x() % out.y(), in.y(), out.y());
            double x = position(voxel % out.x(), in.x(), out.x());
            double sum = 0;
            for (int corner = 0; corner < 8; corner++) {
                int k = Math.min((int) z + (corner >> 2), in.z() - 1);
                int j = Math.min((int) y + (corner >> 1 & 1), in.y() - 1);
                int h = Math.min((int) x + (corner & 1), in.x() - 1);
                sum += share(z, corner >> 2)
                        * share(y, corner >> 1 & 1)
                        * share(x, corner & 1)
                        * input[c * in.arrayLength() + in.index(k, j, h)];
            }
            return relu(step.relu(), addend == null ? sum : sum + addend[i]);
        });
    }

    private static double position(int i, int from, int to) {
        return to == 1 ? 0 : (double) i * (from - 1) / (to - 1);
    }

    private static double share(double position, int upper) {
        double fraction = position - (int) position;
        return upper == 1 ? fraction : 1 - fraction;
    }

    @Override
    public void logits(Step.Logits step) {
        FeatureShape in = shapes.of(step.input());
        int size = in.shape().arrayLength();
        float[] weight = weights.get(step.weight()).values();
        double[] input = input(step, 0);
        result = each(step, i -> {
            double sum = 0;
            for (int c = 0; c < in.channels(); c++) {
                sum += weight[i / size * in.channels() + c] * input[c * size + i % size];
            }
            return sum;
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;

/** Layers as plain loops in 64-bit arithmetic, straight from their definitions: what the graphs are tested against. */
class ReferenceLayers implements Layers<ReferenceLayers.ArrayMaps> {

    /** Feature maps of one sample: a channel each, C order z, y, x. */
    record ArrayMaps(Shape shape, double[][] values) {

        static ArrayMaps of(int channels, Shape shape, float[] values) {
            double[][] maps = new double[channels][shape.arrayLength()];
            for (int i = 0; i < values.length; i++) {
                maps[i / shape.arrayLength()][i % shape.arrayLength()] = values[i];
            }
            return new ArrayMaps(shape, maps);
        }

        double at(int channel, int z, int y, int x) {
            return values[channel][shape.index(z, y, x)];
        }

        float[] flat() {
            float[] flat = new float[values.length * shape.arrayLength()];
            for (int i = 0; i < flat.length; i++) {
                flat[i] = (float) values[i / shape.arrayLength()][i % shape.arrayLength()];
            }
            return flat;
        }
    }

    @FunctionalInterface
    private interface Voxel {
        double at(int channel, int z, int y, int x);
    }

    private final Weights weights;
    private final Map<String, double[]> masks;
    final Map<String, ArrayMaps> blocks = new HashMap<>();

    /** @param masks factors of the channels, by path of the dropout layer; empty for inference */
    ReferenceLayers(Weights weights, Map<String, double[]> masks) {
        this.weights = weights;
        this.masks = masks;
    }

    private static ArrayMaps each(int channels, Shape shape, Voxel voxel) {
        double[][] values = new double[channels][shape.arrayLength()];
        for (int c = 0; c < channels; c++) {
            for (int z = 0; z < shape.z(); z++) {
                for (int y = 0; y < shape.y(); y++) {
                    for (int x = 0; x < shape.x(); x++) {
                        values[c][shape.index(z, y, x)] = voxel.at(c, z, y, x);
                    }
                }
            }
        }
        return new ArrayMaps(shape, values);
    }

    private static boolean inside(Shape shape, int z, int y, int x) {
        return z >= 0 && y >= 0 && x >= 0 && z < shape.z() && y < shape.y() && x < shape.x();
    }

    @Override
    public ArrayMaps convolution(String path, ArrayMaps input, int channels, KernelSize kernel, int stride) {
        return convolved(input, weights.get(path + ".weight"), stride);
    }

    /** As PyTorch does: cross-correlation, zero padding by half the kernel; groups if the weight has one input channel. */
    static ArrayMaps convolved(ArrayMaps input, Tensor weight, int stride) {
        int[] k = weight.shape();
        float[] w = weight.values();
        boolean depthwise = k[1] == 1 && input.values().length > 1;
        Shape in = input.shape();
        Shape out = new Shape(
                (in.z() + 2 * (k[2] / 2) - k[2]) / stride + 1,
                (in.y() + 2 * (k[3] / 2) - k[3]) / stride + 1,
                (in.x() + 2 * (k[4] / 2) - k[4]) / stride + 1);
        return each(k[0], out, (o, z, y, x) -> {
            double sum = 0;
            for (int i = 0; i < k[1]; i++) {
                for (int dz = 0; dz < k[2]; dz++) {
                    for (int dy = 0; dy < k[3]; dy++) {
                        for (int dx = 0; dx < k[4]; dx++) {
                            int iz = z * stride + dz - k[2] / 2;
                            int iy = y * stride + dy - k[3] / 2;
                            int ix = x * stride + dx - k[4] / 2;
                            if (inside(in, iz, iy, ix)) {
                                sum += w[(((o * k[1] + i) * k[2] + dz) * k[3] + dy) * k[4] + dx]
                                        * input.at(depthwise ? o : i, iz, iy, ix);
                            }
                        }
                    }
                }
            }
            return sum;
        });
    }

    @Override
    public ArrayMaps separableConvolution(String path, ArrayMaps input, int channels, int stride) {
        ArrayMaps depthwise = convolved(input, weights.get(path + ".depthwise.weight"), stride);
        return convolved(depthwise, weights.get(path + ".pointwise.weight"), 1);
    }

    @Override
    public ArrayMaps instanceNorm(String path, ArrayMaps input) {
        return normalised(input);
    }

    static ArrayMaps normalised(ArrayMaps input) {
        double[][] values = new double[input.values().length][];
        for (int c = 0; c < values.length; c++) {
            double[] x = input.values()[c];
            double mean = Arrays.stream(x).average().orElseThrow();
            double variance =
                    Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
            values[c] = Arrays.stream(x)
                    .map(v -> (v - mean) / Math.sqrt(variance + 1e-5))
                    .toArray();
        }
        return new ArrayMaps(input.shape(), values);
    }

    @Override
    public ArrayMaps dropout(String path, ArrayMaps input) {
        double[] mask = masks.get(path);
        return mask == null ? input : each(mask.length, input.shape(), (c, z, y, x) -> mask[c] * input.at(c, z, y, x));
    }

    @Override
    public ArrayMaps relu(String path, ArrayMaps input) {
        return rectified(input);
    }

    static ArrayMaps rectified(ArrayMaps input) {
        return each(input.values().length, input.shape(), (c, z, y, x) -> Math.max(0, input.at(c, z, y, x)));
    }

    @Override
    public ArrayMaps sum(String path, List<ArrayMaps> terms) {
        return added(terms);
    }

    static ArrayMaps added(List<ArrayMaps> terms) {
        ArrayMaps first = terms.get(0);
        return each(
                first.values().length,
                first.shape(),
                (c, z, y, x) ->
                        terms.stream().mapToDouble(t -> t.at(c, z, y, x)).sum());
    }

    @Override
    public ArrayMaps gate(String path, ArrayMaps input, ArrayMaps gate) {
        return each(
                input.values().length,
                input.shape(),
                (c, z, y, x) -> input.at(c, z, y, x) / (1 + Math.exp(-gate.at(c, z, y, x))));
    }

    @Override
    public ArrayMaps concat(String path, List<ArrayMaps> inputs) {
        return joined(inputs);
    }

    static ArrayMaps joined(List<ArrayMaps> inputs) {
        return new ArrayMaps(
                inputs.get(0).shape(),
                inputs.stream().flatMap(m -> Arrays.stream(m.values())).toArray(double[][]::new));
    }

    @Override
    public ArrayMaps maxPooling(String path, ArrayMaps input, int kernel, int padding) {
        Shape in = input.shape();
        Shape out = new Shape(
                (in.z() + 2 * padding - kernel) / 2 + 1,
                (in.y() + 2 * padding - kernel) / 2 + 1,
                (in.x() + 2 * padding - kernel) / 2 + 1);
        return each(input.values().length, out, (c, z, y, x) -> {
            double most = Double.NEGATIVE_INFINITY;
            for (int dz = 0; dz < kernel; dz++) {
                for (int dy = 0; dy < kernel; dy++) {
                    for (int dx = 0; dx < kernel; dx++) {
                        int iz = 2 * z + dz - padding;
                        int iy = 2 * y + dy - padding;
                        int ix = 2 * x + dx - padding;
                        if (inside(in, iz, iy, ix)) {
                            most = Math.max(most, input.at(c, iz, iy, ix));
                        }
                    }
                }
            }
            return most;
        });
    }

    @Override
    public ArrayMaps averagePooling(String path, ArrayMaps input, int factor) {
        Shape in = input.shape();
        Shape out = new Shape(in.z() / factor, in.y() / factor, in.x() / factor);
        return each(
                input.values().length,
                out,
                (c, z, y, x) -> mean(input, c, new int[][] {
                    {z * factor, (z + 1) * factor}, {y * factor, (y + 1) * factor}, {x * factor, (x + 1) * factor}
                }));
    }

    private static double mean(ArrayMaps input, int channel, int[][] box) {
        double sum = 0;
        int count = 0;
        for (int z = box[0][0]; z < box[0][1]; z++) {
            for (int y = box[1][0]; y < box[1][1]; y++) {
                for (int x = box[2][0]; x < box[2][1]; x++) {
                    sum += input.at(channel, z, y, x);
                    count++;
                }
            }
        }
        return sum / count;
    }

    @Override
    public ArrayMaps strip(String path, ArrayMaps input, int axis) {
        return stripMeans(input, axis);
    }

    static ArrayMaps stripMeans(ArrayMaps input, int axis) {
        Shape in = input.shape();
        Shape out = new Shape(axis == 0 ? in.z() : 1, axis == 1 ? in.y() : 1, axis == 2 ? in.x() : 1);
        return each(
                input.values().length,
                out,
                (c, z, y, x) -> mean(input, c, new int[][] {
                    axis == 0 ? new int[] {z, z + 1} : new int[] {0, in.z()},
                    axis == 1 ? new int[] {y, y + 1} : new int[] {0, in.y()},
                    axis == 2 ? new int[] {x, x + 1} : new int[] {0, in.x()}
                }));
    }

    @Override
    public ArrayMaps adaptivePooling(String path, ArrayMaps input, int bins) {
        return binMeans(input, bins);
    }

    static ArrayMaps binMeans(ArrayMaps input, int bins) {
        Shape in = input.shape();
        return each(
                input.values().length,
                Shape.cube(bins),
                (c, z, y, x) ->
                        mean(input, c, new int[][] {bin(z, in.z(), bins), bin(y, in.y(), bins), bin(x, in.x(), bins)}));
    }

    private static int[] bin(int i, int n, int bins) {
        return new int[] {(int) Math.floor((double) i * n / bins), (int) Math.ceil((double) (i + 1) * n / bins)};
    }

    @Override
    public ArrayMaps resize(String path, ArrayMaps input, Shape size) {
        return interpolated(input, size);
    }

    static ArrayMaps interpolated(ArrayMaps input, Shape size) {
        Shape in = input.shape();
        return each(input.values().length, size, (c, z, y, x) -> {
            double pz = position(z, in.z(), size.z());
            double py = position(y, in.y(), size.y());
            double px = position(x, in.x(), size.x());
            double sum = 0;
            for (int corner = 0; corner < 8; corner++) {
                int iz = (int) pz + (corner >> 2);
                int iy = (int) py + (corner >> 1 & 1);
                int ix = (int) px + (corner & 1);
                double weight = (1 - Math.abs(pz - iz)) * (1 - Math.abs(py - iy)) * (1 - Math.abs(px - ix));
                if (inside(in, iz, iy, ix)) {
                    sum += weight * input.at(c, iz, iy, ix);
                }
            }
            return sum;
        });
    }

    private static double position(int i, int from, int to) {
        return to == 1 ? 0 : (double) i * (from - 1) / (to - 1);
    }

    @Override
    public ArrayMaps block(String name, ArrayMaps output) {
        blocks.put(name, output);
        return output;
    }

    @Override
    public Shape shape(ArrayMaps features) {
        return features.shape();
    }

    @Override
    public int channels(ArrayMaps features) {
        return features.values().length;
    }
}

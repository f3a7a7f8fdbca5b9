// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.efficientsegnet.volume.Shape;

/**
 * How large a network is and how much work one input is. Immutable.
 *
 * <p>The work is that of the convolutions, two operations a multiplication with its addition; normalisation, pooling
 * and interpolation are not in it, as is custom. A depthwise separable convolution counts as its two parts.
 */
public final class NetworkCounts {

    private final List<BlockCount> blocks;
    private final Map<String, int[]> parameterShapes;

    private NetworkCounts(List<BlockCount> blocks, Map<String, int[]> parameterShapes) {
        this.blocks = List.copyOf(blocks);
        this.parameterShapes = Collections.unmodifiableMap(parameterShapes);
    }

    /**
     * The counts of one top-level block.
     *
     * @param name the block's name, as in the weights
     * @param channels of its output
     * @param shape of its output
     * @param parameters how many weights it has
     * @param flops how many floating-point operations its convolutions take
     */
    public record BlockCount(String name, int channels, Shape shape, long parameters, long flops) {}

    /** @throws IllegalArgumentException if the network cannot take an input of this size */
    public static NetworkCounts of(NetworkSpec spec, Shape inputSize) {
        spec.requireInputSize(inputSize);
        Counting counting = new Counting();
        Architecture.logits(spec, counting, new Maps(spec.inputChannels(), inputSize));
        return new NetworkCounts(new ArrayList<>(counting.blocks.values()), counting.parameterShapes);
    }

    /** Every top-level block in the order of computation, {@code final} last. */
    public List<BlockCount> blocks() {
        return blocks;
    }

    /** The number of weights. */
    public long parameters() {
        return blocks.stream().mapToLong(BlockCount::parameters).sum();
    }

    /** The number of floating-point operations for one input. */
    public long flops() {
        return blocks.stream().mapToLong(BlockCount::flops).sum();
    }

    Map<String, int[]> parameterShapes() {
        return parameterShapes;
    }

    /** A table of the blocks and their sum. */
    @Override
    public String toString() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT, "%-14s %8s %12s %12s %10s%n", "block", "channels", "size", "parameters", "GFLOP"));
        for (BlockCount block : blocks) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-14s %8d %12s %,12d %10.2f%n",
                    block.name(),
                    block.channels(),
                    block.shape(),
                    block.parameters(),
                    block.flops() / 1e9));
        }
        return table.append(String.format(
                        Locale.ROOT, "%-14s %8s %12s %,12d %10.2f%n", "sum", "", "", parameters(), flops() / 1e9))
                .toString();
    }

    private record Maps(int channels, Shape shape) {}

    private static final class Counting implements Layers<Maps> {

        private final Map<String, BlockCount> blocks = new LinkedHashMap<>();
        private final Map<String, int[]> parameterShapes = new LinkedHashMap<>();

        @Override
        public Maps convolution(String path, Maps input, int channels, Kernel kernel, int stride) {
            Maps output = strided(input, channels, stride);
            count(path, path + ".weight", output, channels, input.channels(), kernel);
            return output;
        }

        @Override
        public Maps separableConvolution(String path, Maps input, int channels, int stride) {
            Maps middle = strided(input, input.channels(), stride);
            count(path, path + ".depthwise.weight", middle, input.channels(), 1, Kernel.CUBE);
            Maps output = new Maps(channels, middle.shape());
            count(path, path + ".pointwise.weight", output, channels, input.channels(), Kernel.POINT);
            return output;
        }

        private static Maps strided(Maps input, int channels, int stride) {
            Shape in = input.shape();
            return new Maps(
                    channels,
                    new Shape((in.z() - 1) / stride + 1, (in.y() - 1) / stride + 1, (in.x() - 1) / stride + 1));
        }

        private void count(String path, String weight, Maps output, int outputs, int inputs, Kernel kernel) {
            parameterShapes.put(weight, new int[] {outputs, inputs, kernel.z(), kernel.y(), kernel.x()});
            long parameters = (long) outputs * inputs * kernel.volume();
            String block = path.contains(".") ? path.substring(0, path.indexOf('.')) : path;
            BlockCount here = new BlockCount(
                    block,
                    output.channels(),
                    output.shape(),
                    parameters,
                    2 * parameters * output.shape().voxels());
            blocks.merge(
                    block,
                    here,
                    (sum, added) -> new BlockCount(
                            block,
                            added.channels(),
                            added.shape(),
                            sum.parameters() + added.parameters(),
                            sum.flops() + added.flops()));
        }

        @Override
        public Maps block(String name, Maps output) {
            BlockCount sum = blocks.get(name);
            blocks.put(name, new BlockCount(name, output.channels(), output.shape(), sum.parameters(), sum.flops()));
            return output;
        }

        @Override
        public Maps instanceNorm(String path, Maps input) {
            return input;
        }

        @Override
        public Maps dropout(String path, Maps input) {
            return input;
        }

        @Override
        public Maps relu(String path, Maps input) {
            return input;
        }

        @Override
        public Maps sum(String path, List<Maps> terms) {
            return terms.get(0);
        }

        @Override
        public Maps gate(String path, Maps input, Maps gate) {
            return input;
        }

        @Override
        public Maps concat(String path, List<Maps> inputs) {
            return new Maps(
                    inputs.stream().mapToInt(Maps::channels).sum(),
                    inputs.get(0).shape());
        }

        @Override
        public Maps maxPooling(String path, Maps input, int kernel, int padding) {
            return strided(input, input.channels(), 2);
        }

        @Override
        public Maps averagePooling(String path, Maps input, int factor) {
            Shape in = input.shape();
            return new Maps(input.channels(), new Shape(in.z() / factor, in.y() / factor, in.x() / factor));
        }

        @Override
        public Maps strip(String path, Maps input, int axis) {
            Shape in = input.shape();
            return new Maps(
                    input.channels(),
                    new Shape(axis == 0 ? in.z() : 1, axis == 1 ? in.y() : 1, axis == 2 ? in.x() : 1));
        }

        @Override
        public Maps adaptivePooling(String path, Maps input, int bins) {
            return new Maps(input.channels(), Shape.cube(bins));
        }

        @Override
        public Maps resize(String path, Maps input, Shape size) {
            return new Maps(input.channels(), size);
        }

        @Override
        public Shape shape(Maps features) {
            return features.shape();
        }

        @Override
        public int channels(Maps features) {
            return features.channels();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
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
        Architecture.logits(spec, counting, new FeatureShape(spec.inputChannels(), inputSize));
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

    private static final class Counting implements Layers<FeatureShape> {

        private final Map<String, BlockCount> blocks = new LinkedHashMap<>();
        private final Map<String, int[]> parameterShapes = new LinkedHashMap<>();

        @Override
        public FeatureShape convolution(String path, FeatureShape input, int channels, KernelSize kernel, int stride) {
            FeatureShape output = strided(input, channels, stride);
            count(path, path + ".weight", output, channels, input.channels(), kernel);
            return output;
        }

        @Override
        public FeatureShape separableConvolution(String path, FeatureShape input, int channels, int stride) {
            FeatureShape middle = strided(input, input.channels(), stride);
            count(path, path + ".depthwise.weight", middle, input.channels(), 1, KernelSize.CUBE);
            FeatureShape output = new FeatureShape(channels, middle.shape());
            count(path, path + ".pointwise.weight", output, channels, input.channels(), KernelSize.POINT);
            return output;
        }

        private static FeatureShape strided(FeatureShape input, int channels, int stride) {
            Shape in = input.shape();
            return new FeatureShape(
                    channels,
                    new Shape((in.z() - 1) / stride + 1, (in.y() - 1) / stride + 1, (in.x() - 1) / stride + 1));
        }

        private void count(
                String path, String weight, FeatureShape output, int outputs, int inputs, KernelSize kernel) {
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
        public FeatureShape block(String name, FeatureShape output) {
            BlockCount sum = blocks.get(name);
            blocks.put(name, new BlockCount(name, output.channels(), output.shape(), sum.parameters(), sum.flops()));
            return output;
        }

        @Override
        public FeatureShape instanceNorm(String path, FeatureShape input) {
            return input;
        }

        @Override
        public FeatureShape dropout(String path, FeatureShape input) {
            return input;
        }

        @Override
        public FeatureShape relu(String path, FeatureShape input) {
            return input;
        }

        @Override
        public FeatureShape sum(String path, List<FeatureShape> terms) {
            return terms.get(0);
        }

        @Override
        public FeatureShape gate(String path, FeatureShape input, FeatureShape gate) {
            return input;
        }

        @Override
        public FeatureShape concat(String path, List<FeatureShape> inputs) {
            return new FeatureShape(
                    inputs.stream().mapToInt(FeatureShape::channels).sum(),
                    inputs.get(0).shape());
        }

        @Override
        public FeatureShape maxPooling(String path, FeatureShape input, int kernel, int padding) {
            return strided(input, input.channels(), 2);
        }

        @Override
        public FeatureShape averagePooling(String path, FeatureShape input, int factor) {
            Shape in = input.shape();
            return new FeatureShape(input.channels(), new Shape(in.z() / factor, in.y() / factor, in.x() / factor));
        }

        @Override
        public FeatureShape strip(String path, FeatureShape input, int axis) {
            Shape in = input.shape();
            return new FeatureShape(
                    input.channels(),
                    new Shape(axis == 0 ? in.z() : 1, axis == 1 ? in.y() : 1, axis == 2 ? in.x() : 1));
        }

        @Override
        public FeatureShape adaptivePooling(String path, FeatureShape input, int bins) {
            return new FeatureShape(input.channels(), Shape.cube(bins));
        }

        @Override
        public FeatureShape resize(String path, FeatureShape input, Shape size) {
            return new FeatureShape(input.channels(), size);
        }

        @Override
        public Shape shape(FeatureShape features) {
            return features.shape();
        }

        @Override
        public int channels(FeatureShape features) {
            return features.channels();
        }
    }
}

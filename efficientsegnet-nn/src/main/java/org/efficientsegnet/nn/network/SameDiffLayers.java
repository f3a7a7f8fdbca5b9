// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;
import org.nd4j.autodiff.samediff.NameScope;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv3DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling3DConfig;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Layers as SameDiff operations, channels last (n, z, y, x, c): ND4J's oneDNN convolution is 2 to 10 times as fast there
 * as with channels first, and so is pooling. Names are the contract in the package's description.
 *
 * <p>Interpolation and box averages are separable and linear, hence one matrix product an axis with a constant matrix:
 * SameDiff has no interpolation with the corners aligned, and the gradient of a product is sound.
 */
final class SameDiffLayers implements Layers<SameDiffLayers.GraphMaps> {

    /** How the name of an instance norm's features without their mean ends. */
    static final String CENTRED = "/instance_norm/centred";

    /** How the name of the factors of dropout ends. */
    static final String DROPOUT_MASK = "/dropout/mask";

    private static final double EPSILON = 1e-5;

    private final SameDiff graph;
    private final Weights weights;
    private final int batch;
    private final boolean training;
    private final DataType type;
    private final Map<String, SDVariable> matrices = new HashMap<>();

    /** Feature maps: the variable and what is known of its shape. */
    record GraphMaps(SDVariable variable, int channels, Shape shape) {}

    SameDiffLayers(SameDiff graph, Weights weights, NetworkGraph.Options options) {
        this.graph = graph;
        this.weights = weights;
        batch = options.batch();
        training = options.training();
        type = options.type();
    }

    private <V> V within(String scope, Supplier<V> body) {
        NameScope open = graph.withNameScope(scope);
        try {
            return body.get();
        } finally {
            open.close();
        }
    }

    @Override
    public GraphMaps convolution(String path, GraphMaps input, int channels, KernelSize kernel, int stride) {
        SDVariable weight = weight(path + ".weight");
        return convolved(path, "convolution", input, weight, channels, kernel, stride);
    }

    private GraphMaps convolved(
            String path, String kind, GraphMaps input, SDVariable weight, int channels, KernelSize kernel, int stride) {
        Conv3DConfig config = Conv3DConfig.builder()
                .kD(kernel.z())
                .kH(kernel.y())
                .kW(kernel.x())
                .sD(stride)
                .sH(stride)
                .sW(stride)
                .pD(kernel.z() / 2)
                .pH(kernel.y() / 2)
                .pW(kernel.x() / 2)
                .dataFormat(Conv3DConfig.NDHWC)
                .build();
        return within(path, () -> {
            SDVariable output = graph.cnn().conv3d(kind, input.variable(), weight, config);
            return new GraphMaps(output, channels, strided(input.shape(), stride));
        });
    }

    private static Shape strided(Shape in, int stride) {
        return new Shape((in.z() - 1) / stride + 1, (in.y() - 1) / stride + 1, (in.x() - 1) / stride + 1);
    }

    private SDVariable weight(String name) {
        return graph.var(name, NetworkGraph.toGraph(weights.get(name)).castTo(type));
    }

    /** Nothing lies between the two parts, so they are one dense convolution whose kernel is their product. */
    @Override
    public GraphMaps separableConvolution(String path, GraphMaps input, int channels, int stride) {
        SDVariable depthwise = weight(path + ".depthwise.weight");
        SDVariable pointwise = weight(path + ".pointwise.weight");
        SDVariable kernel = within(path + "/separable_convolution", () -> {
            SDVariable column = graph.permute("column", depthwise, 0, 1, 2, 4, 3);
            return column.mul("kernel", pointwise);
        });
        return convolved(path, "separable_convolution", input, kernel, channels, KernelSize.CUBE, stride);
    }

    @Override
    public GraphMaps instanceNorm(String path, GraphMaps input) {
        SDVariable x = input.variable();
        return within(path + "/instance_norm", () -> {
            SDVariable centred = x.sub("centred", mean("mean", x));
            SDVariable variance = mean("variance", graph.math().square("square", centred));
            SDVariable scale = graph.math().rsqrt("scale", variance.add("shifted", EPSILON));
            return named(path, "instance_norm", centred.mul("normed", scale), input);
        });
    }

    /** Rows first: one sum over all voxels would add small numbers to a large one. */
    private SDVariable mean(String name, SDVariable x) {
        SDVariable rows = graph.mean(name + "_rows", x, true, 3);
        return graph.mean(name, graph.mean(name + "_slices", rows, true, 2), true, 1);
    }

    @Override
    public GraphMaps dropout(String path, GraphMaps input) {
        if (!training) {
            return input;
        }
        SDVariable mask = graph.placeHolder(path + ".mask", type, batch, input.channels(), 1, 1, 1);
        return within(path + "/dropout", () -> {
            SDVariable last = graph.permute("mask", mask, 0, 2, 3, 4, 1);
            return named(path, "dropout", input.variable().mul("masked", last), input);
        });
    }

    @Override
    public GraphMaps relu(String path, GraphMaps input) {
        return within(path, () -> {
            return like(input, graph.nn().relu("relu", input.variable(), 0));
        });
    }

    @Override
    public GraphMaps sum(String path, List<GraphMaps> terms) {
        return within(path, () -> {
            SDVariable sum = terms.get(0).variable();
            int last = terms.size() - 1;
            for (int i = 1; i < last; i++) {
                sum = partialSum("first_" + (i + 1), sum, terms.get(i).variable());
            }
            sum = sum.add("add", terms.get(last).variable());
            return like(terms.get(0), sum);
        });
    }

    /** In a scope of its own: a graph that is loaded confuses variables with operations of the same name. */
    private SDVariable partialSum(String name, SDVariable sum, SDVariable term) {
        return within("add", () -> sum.add(name, term));
    }

    @Override
    public GraphMaps gate(String path, GraphMaps input, GraphMaps gate) {
        return within(path, () -> {
            SDVariable open = graph.nn().sigmoid("gate/sigmoid", gate.variable());
            return like(input, input.variable().mul("gate", open));
        });
    }

    @Override
    public GraphMaps concat(String path, List<GraphMaps> inputs) {
        SDVariable[] variables = inputs.stream().map(GraphMaps::variable).toArray(SDVariable[]::new);
        int channels = inputs.stream().mapToInt(GraphMaps::channels).sum();
        return within(path, () -> {
            return new GraphMaps(
                    graph.concat("concat", 4, variables),
                    channels,
                    inputs.get(0).shape());
        });
    }

    @Override
    public GraphMaps maxPooling(String path, GraphMaps input, int kernel, int padding) {
        Pooling3DConfig config = Pooling3DConfig.builder()
                .kD(kernel)
                .kH(kernel)
                .kW(kernel)
                .sD(2)
                .sH(2)
                .sW(2)
                .pD(padding)
                .pH(padding)
                .pW(padding)
                .isNCDHW(false)
                .build();
        return within(path, () -> {
            SDVariable output = graph.cnn().maxPooling3d("max_pooling", input.variable(), config);
            return new GraphMaps(output, input.channels(), strided(input.shape(), 2));
        });
    }

    @Override
    public GraphMaps averagePooling(String path, GraphMaps input, int factor) {
        Shape in = input.shape();
        Shape out = new Shape(in.z() / factor, in.y() / factor, in.x() / factor);
        return separable(path, "average_pooling", input, out, (n, m) -> LinearMaps.blockMeans(n, factor));
    }

    @Override
    public GraphMaps strip(String path, GraphMaps input, int axis) {
        Shape in = input.shape();
        Shape out = new Shape(axis == 0 ? in.z() : 1, axis == 1 ? in.y() : 1, axis == 2 ? in.x() : 1);
        int[] others = switch (axis) {
            case 0 -> new int[] {2, 3};
            case 1 -> new int[] {1, 3};
            default -> new int[] {1, 2};
        };
        return within(path, () -> {
            return new GraphMaps(graph.mean("strip", input.variable(), true, others), input.channels(), out);
        });
    }

    @Override
    public GraphMaps adaptivePooling(String path, GraphMaps input, int bins) {
        return separable(path, "adaptive_pooling", input, Shape.cube(bins), LinearMaps::binMeans);
    }

    @Override
    public GraphMaps resize(String path, GraphMaps input, Shape size) {
        return separable(path, "resize", input, size, LinearMaps::interpolation);
    }

    private interface MatrixOf {
        float[][] rows(int from, int to);
    }

    /**
     * Contracts the last axis and puts the new one first, three times: n, c, z, y, x becomes x', n, c, z, y, then
     * y', x', n, c, z, then z', y', x', n, c, so that channels are last in the end and each step is one large product.
     */
    private GraphMaps separable(String path, String kind, GraphMaps input, Shape size, MatrixOf matrixOf) {
        Shape in = input.shape();
        int channels = input.channels();
        return within(path + "/" + kind, () -> {
            SDVariable x = graph.permute("channels_first", input.variable(), 0, 4, 1, 2, 3);
            SDVariable rows = x.reshape((long) batch * channels * in.z() * in.y(), in.x());
            rows = contracted("x", kind, matrixOf, rows, in.x(), size.x());
            rows = rows.reshape((long) size.x() * batch * channels * in.z(), in.y());
            rows = contracted("y", kind, matrixOf, rows, in.y(), size.y());
            rows = rows.reshape((long) size.y() * size.x() * batch * channels, in.z());
            rows = contracted("z", kind, matrixOf, rows, in.z(), size.z());
            SDVariable output = batch == 1
                    ? rows.reshape(1, size.z(), size.y(), size.x(), channels)
                    : graph.permute(rows.reshape(size.z(), size.y(), size.x(), batch, channels), 3, 0, 1, 2, 4);
            return named(path, kind, output, new GraphMaps(output, channels, size));
        });
    }

    private SDVariable contracted(String name, String kind, MatrixOf matrixOf, SDVariable rows, int from, int to) {
        SDVariable matrix = matrices.computeIfAbsent(
                kind + "_" + from + "_to_" + to,
                key -> graph.constant(
                        key, Nd4j.createFromArray(matrixOf.rows(from, to)).castTo(type)));
        return graph.mmul(name, matrix, rows, false, true, false);
    }

    @Override
    public GraphMaps block(String name, GraphMaps output) {
        graph.updateVariableNameAndReference(output.variable(), name, true);
        return output;
    }

    private GraphMaps named(String path, String kind, SDVariable output, GraphMaps like) {
        graph.updateVariableNameAndReference(output, path + "/" + kind, true);
        return like(like, output);
    }

    private static GraphMaps like(GraphMaps maps, SDVariable variable) {
        return new GraphMaps(variable, maps.channels(), maps.shape());
    }

    @Override
    public Shape shape(GraphMaps features) {
        return features.shape();
    }

    @Override
    public int channels(GraphMaps features) {
        return features.channels();
    }
}

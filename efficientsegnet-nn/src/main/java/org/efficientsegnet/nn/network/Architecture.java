// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.nn.network.Layers.KernelSize;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/**
 * The networks, written once: what a {@link NetworkSpec} means in layers. Blocks are named by level and by their step
 * in the decoder, {@code conv2_0} in the encoder and {@code conv2_2} in a decoder of five levels.
 *
 * @param <T> what the layers take for feature maps
 */
final class Architecture<T> {

    private final NetworkSpec spec;
    private final Layers<T> layers;

    private Architecture(NetworkSpec spec, Layers<T> layers) {
        this.spec = spec;
        this.layers = layers;
    }

    /** Runs through the network from input to logits. */
    static <T> T logits(NetworkSpec spec, Layers<T> layers, T input) {
        return new Architecture<>(spec, layers).network(input);
    }

    private T network(T input) {
        int levels = spec.levels();
        List<T> skips = new ArrayList<>();
        T features = input;
        for (int level = 0; level < levels; level++) {
            int stride = 1;
            if (level > 0) {
                stride = spec.downsampling() == DownsamplingKind.STRIDED_CONVOLUTION ? 2 : 1;
                features = switch (spec.downsampling()) {
                    case STRIDED_CONVOLUTION -> features;
                    case MAX_POOLING -> layers.maxPooling("pool_" + level, features, 2, 0);
                    case OVERLAPPING_MAX_POOLING -> layers.maxPooling("pool_" + level, features, 3, 1);
                };
            }
            features = level(
                    "conv" + level + "_0",
                    features,
                    spec.encoder(),
                    spec.channels().get(level),
                    spec.blocks().get(level),
                    stride);
            skips.add(features);
        }
        features = context(features);
        for (int level = levels - 2; level >= 0; level--) {
            features = fuse(level, features, skips.get(level));
            features = level(
                    "conv" + level + "_" + (levels - 1 - level),
                    features,
                    spec.decoder(),
                    spec.channels().get(level),
                    spec.decoderBlocks(),
                    1);
        }
        return layers.convolution("final", features, spec.classes(), KernelSize.POINT, 1);
    }

    private T fuse(int level, T below, T skip) {
        Shape size = layers.shape(skip);
        String up = "up_" + (level + 1);
        String join = "skip_" + level;
        return switch (spec.fusion()) {
            case ADD -> {
                String trans = "trans_" + (level + 1);
                T narrowed = layers.block(
                        trans, convNormRelu(trans, below, layers.channels(skip), KernelSize.POINT, 1, true));
                yield layers.sum(join, List.of(layers.resize(up, narrowed, size), skip));
            }
            case CONCAT -> layers.concat(join, List.of(skip, layers.resize(up, below, size)));
        };
    }

    private T level(String name, T input, BlockKind kind, int channels, int count, int stride) {
        // The published U-Net has one block a level, held directly; the published networks with several number them.
        boolean unnumbered =
                count == 1 && (kind == BlockKind.FOUR_CONV_RESIDUAL || kind == BlockKind.TWO_CONV_RESIDUAL);
        T features = input;
        for (int i = 0; i < count; i++) {
            String path = unnumbered ? name : name + "." + i;
            features = block(path, features, kind, channels, i == 0 ? stride : 1, i > 0);
        }
        return layers.block(name, features);
    }

    private T block(String path, T input, BlockKind kind, int channels, int stride, boolean mayBeIdentity) {
        if (kind == BlockKind.FOUR_CONV_RESIDUAL) {
            T first = doubleConvolution(
                    path + ".residual_unit_1", input, channels, KernelSize.CUBE, KernelSize.CUBE, stride);
            T shortcut = convNorm(path + ".shortcut_unit_1", input, channels, KernelSize.POINT, stride);
            T middle = joined(path, "_1", first, shortcut);
            T second =
                    doubleConvolution(path + ".residual_unit_2", middle, channels, KernelSize.CUBE, KernelSize.CUBE, 1);
            return joined(path, "_2", second, middle);
        }
        T residual = residual(path + ".residual_unit", input, kind, channels, stride);
        T shortcut = mayBeIdentity && kind != BlockKind.TWO_CONV_RESIDUAL
                ? input
                : convNorm(path + ".shortcut_unit", input, channels, KernelSize.POINT, stride);
        return joined(path, "", residual, shortcut);
    }

    private T joined(String path, String suffix, T residual, T shortcut) {
        return layers.relu(path + ".relu" + suffix, layers.sum(path + ".add" + suffix, List.of(residual, shortcut)));
    }

    private T residual(String path, T input, BlockKind kind, int channels, int stride) {
        return switch (kind) {
            case BASIC_RESIDUAL, TWO_CONV_RESIDUAL, FOUR_CONV_RESIDUAL ->
                doubleConvolution(path, input, channels, KernelSize.CUBE, KernelSize.CUBE, stride);
            case ANISOTROPIC ->
                doubleConvolution(path, input, channels, KernelSize.IN_PLANE, KernelSize.ALONG_X, stride);
            case BOTTLENECK -> {
                int narrow = Math.max(1, channels / 4);
                T reduced = convNormRelu(path + ".0", input, narrow, KernelSize.POINT, 1, true);
                T convolved = convNormRelu(path + ".1", reduced, narrow, KernelSize.CUBE, stride, true);
                yield convNorm(path + ".2", convolved, channels, KernelSize.POINT, 1);
            }
            case DEPTHWISE_SEPARABLE -> {
                T first = layers.separableConvolution(path + ".0", input, channels, stride);
                T second = layers.separableConvolution(path + ".1", activated(path + ".0", first, true), channels, 1);
                yield layers.instanceNorm(path + ".1.norm", second);
            }
        };
    }

    private T doubleConvolution(String path, T input, int channels, KernelSize first, KernelSize second, int stride) {
        T features = convNormRelu(path + ".0", input, channels, first, stride, true);
        return convNorm(path + ".1", features, channels, second, 1);
    }

    private T convNorm(String path, T input, int channels, KernelSize kernel, int stride) {
        return layers.instanceNorm(path + ".norm", layers.convolution(path + ".conv", input, channels, kernel, stride));
    }

    private T convNormRelu(String path, T input, int channels, KernelSize kernel, int stride, boolean dropout) {
        return activated(path, layers.convolution(path + ".conv", input, channels, kernel, stride), dropout);
    }

    private T activated(String path, T convolved, boolean dropout) {
        T normed = layers.instanceNorm(path + ".norm", convolved);
        return layers.relu(path + ".relu", dropout ? layers.dropout(path + ".drop", normed) : normed);
    }

    private T context(T input) {
        String path = "context_block";
        return switch (spec.context()) {
            case NONE -> input;
            case MIXED_PYRAMID_STRIP_POOLING -> layers.block(path, mixedPyramidStripPooling(path, input));
            case PYRAMID_POOLING -> layers.block(path, pyramidPooling(path, input));
            case STRIP_POOLING -> layers.block(path, stripPooling(path, input));
        };
    }

    private T mixedPyramidStripPooling(String path, T input) {
        Shape size = layers.shape(input);
        int narrow = layers.channels(input) / 4;
        T reduced = convNormRelu(path + ".trans_layer", input, narrow, KernelSize.POINT, 1, true);

        T pyramid = convNormRelu(path + ".conv1_1", reduced, narrow, KernelSize.POINT, 1, true);
        List<T> scales = new ArrayList<>();
        scales.add(convNorm(path + ".conv2_0", pyramid, narrow, KernelSize.CUBE, 1));
        for (int i = 1; i <= 2; i++) {
            T pooled = layers.averagePooling(path + ".pool" + i, pyramid, 1 << i);
            T convolved = convNorm(path + ".conv2_" + i, pooled, narrow, KernelSize.CUBE, 1);
            scales.add(layers.resize(path + ".up" + i, convolved, size));
        }
        T first = layers.relu(path + ".relu1", layers.sum(path + ".add1", scales));
        first = convNormRelu(path + ".conv2_6", first, narrow, KernelSize.CUBE, 1, true);

        T strips = convNormRelu(path + ".conv1_2", reduced, narrow, KernelSize.POINT, 1, true);
        List<T> directions = new ArrayList<>();
        for (int axis = 0; axis < 3; axis++) {
            T pooled = layers.strip(path + ".pool" + (3 + axis), strips, axis);
            T convolved = convNorm(path + ".conv2_" + (3 + axis), pooled, narrow, KernelSize.along(axis), 1);
            directions.add(layers.resize(path + ".up" + (3 + axis), convolved, size));
        }
        T second = layers.relu(path + ".relu2", layers.sum(path + ".add2", directions));
        second = convNormRelu(path + ".conv2_7", second, narrow, KernelSize.CUBE, 1, true);

        T mixed = convNorm(
                path + ".conv3", layers.concat(path + ".cat", List.of(first, second)), narrow, KernelSize.POINT, 1);
        mixed = layers.relu(path + ".relu3", layers.sum(path + ".add3", List.of(reduced, mixed)));
        mixed = convNormRelu(path + ".score_layer.0", mixed, narrow, KernelSize.CUBE, 1, true);
        return layers.convolution(path + ".score_layer.1", mixed, layers.channels(input), KernelSize.POINT, 1);
    }

    private T pyramidPooling(String path, T input) {
        Shape size = layers.shape(input);
        int narrow = layers.channels(input) / 4;
        int[] bins = {1, 2, 3, 6};
        List<T> branches = new ArrayList<>();
        branches.add(convNormRelu(path + ".conv0", input, narrow, KernelSize.POINT, 1, false));
        for (int i = 1; i <= bins.length; i++) {
            T pooled = layers.adaptivePooling(path + ".pool" + i, input, bins[i - 1]);
            String branch = path + ".conv" + i;
            // One voxel is its own mean: instance normalisation would turn the global average to zero.
            T activated = bins[i - 1] == 1
                    ? layers.relu(
                            branch + ".relu", layers.convolution(branch + ".conv", pooled, narrow, KernelSize.POINT, 1))
                    : convNormRelu(branch, pooled, narrow, KernelSize.POINT, 1, false);
            branches.add(layers.resize(path + ".up" + i, activated, size));
        }
        T joined = layers.concat(path + ".cat", branches);
        return convNormRelu(path + ".project", joined, layers.channels(input), KernelSize.POINT, 1, false);
    }

    private T stripPooling(String path, T input) {
        Shape size = layers.shape(input);
        int channels = layers.channels(input);
        List<T> directions = new ArrayList<>();
        for (int axis = 0; axis < 3; axis++) {
            T pooled = layers.strip(path + ".pool" + (1 + axis), input, axis);
            String branch = path + ".conv" + (1 + axis);
            // An axis of one voxel leaves nothing to normalise over.
            T convolved = size.along(Axis.at(axis)) == 1
                    ? layers.convolution(branch + ".conv", pooled, channels, KernelSize.along(axis), 1)
                    : convNorm(branch, pooled, channels, KernelSize.along(axis), 1);
            directions.add(layers.resize(path + ".up" + (1 + axis), convolved, size));
        }
        T strips = layers.relu(path + ".relu", layers.sum(path + ".add", directions));
        return layers.gate(
                path + ".mul", input, layers.convolution(path + ".gate", strips, channels, KernelSize.POINT, 1));
    }
}

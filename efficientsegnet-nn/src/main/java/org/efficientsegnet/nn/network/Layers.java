// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.List;
import org.efficientsegnet.volume.Shape;

/**
 * What an {@link Architecture} is made of. One implementation makes a SameDiff graph of it, another counts.
 *
 * <p>Every method takes the path of the layer as PyTorch would name the module, so that the weights have the published
 * names and the graph can be read.
 *
 * @param <T> stands for feature maps
 */
interface Layers<T> {

    /** A convolution without bias, padded so that stride 1 keeps the extent; its weight is {@code path.weight}. */
    T convolution(String path, T input, int channels, KernelSize kernel, int stride);

    /**
     * A depthwise 3×3×3 convolution, which carries the stride, then a pointwise one; the weights are
     * {@code path.depthwise.weight} and {@code path.pointwise.weight}.
     */
    T separableConvolution(String path, T input, int channels, int stride);

    /** (x - mean) / sqrt(variance + 1e-5) for each sample and channel, the variance with n. */
    T instanceNorm(String path, T input);

    /** Whole channels are dropped while training (Tompson et al., 2015). */
    T dropout(String path, T input);

    /** max(x, 0). */
    T relu(String path, T input);

    /** The sum of feature maps of one size. */
    T sum(String path, List<T> terms);

    /** {@code input} times the sigmoid of {@code gate}. */
    T gate(String path, T input, T gate);

    /** Channels of one after those of the other. */
    T concat(String path, List<T> inputs);

    /** Maximum over kernel³ voxels with stride 2; voxels of the padding never win. */
    T maxPooling(String path, T input, int kernel, int padding);

    /** Mean over factor³ voxels that do not overlap; what is left over at the end of an axis is left out. */
    T averagePooling(String path, T input, int factor);

    /** Mean over both other axes: what is left extends along {@code axis} alone. */
    T strip(String path, T input, int axis);

    /** Means over bins³ boxes that cover the input: along an axis from floor(i·n/bins) to ceil((i+1)·n/bins). */
    T adaptivePooling(String path, T input, int bins);

    /** Trilinear interpolation that maps corners to corners: output i lies at input i·(in-1)/(out-1). */
    T resize(String path, T input, Shape size);

    /** Marks the output of a top-level block. */
    T block(String name, T output);

    /** The extent of feature maps. */
    Shape shape(T features);

    /** The number of feature maps. */
    int channels(T features);

    /** The extent of a convolution's kernel, each 1 or 3. */
    record KernelSize(int z, int y, int x) {
        static final KernelSize POINT = new KernelSize(1, 1, 1);
        static final KernelSize CUBE = new KernelSize(3, 3, 3);
        static final KernelSize IN_PLANE = new KernelSize(3, 3, 1);
        static final KernelSize ALONG_X = new KernelSize(1, 1, 3);

        /** Three voxels along one axis. */
        static KernelSize along(int axis) {
            return new KernelSize(axis == 0 ? 3 : 1, axis == 1 ? 3 : 1, axis == 2 ? 3 : 1);
        }

        int volume() {
            return z * y * x;
        }
    }
}

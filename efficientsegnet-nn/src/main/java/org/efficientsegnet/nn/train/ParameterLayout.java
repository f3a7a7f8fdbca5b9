// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;

/**
 * Where each weight of a network lies in one flat array. Training works on such arrays; within a weight the order is
 * the graph's: z, y, x, input channel, output channel. Immutable.
 */
public final class ParameterLayout {

    /**
     * A weight's place.
     *
     * @param name as in checkpoints
     * @param outputs output channels
     * @param inputs input channels
     * @param z extent of the kernel
     * @param y extent of the kernel
     * @param x extent of the kernel
     * @param offset of its first element
     */
    public record Parameter(String name, int outputs, int inputs, int z, int y, int x, int offset) {
        /** The number of elements. */
        public int size() {
            return outputs * inputs * z * y * x;
        }

        /** The extents in the graph. */
        long[] graphShape() {
            return new long[] {z, y, x, inputs, outputs};
        }

        int voxels() {
            return z * y * x;
        }
    }

    private final List<Parameter> parameters;
    private final int size;

    /** The weights of a network, in the order of computation. */
    public ParameterLayout(NetworkSpec spec) {
        List<Parameter> list = new ArrayList<>();
        int offset = 0;
        for (Map.Entry<String, int[]> entry : spec.parameterShapes().entrySet()) {
            int[] s = entry.getValue();
            Parameter parameter = new Parameter(entry.getKey(), s[0], s[1], s[2], s[3], s[4], offset);
            list.add(parameter);
            offset = Math.addExact(offset, parameter.size());
        }
        parameters = List.copyOf(list);
        size = offset;
    }

    /** Every weight. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** The number of elements of all weights together. */
    public int size() {
        return size;
    }

    /** A flat array of weights that are laid out as in checkpoints. */
    public float[] flatten(Weights weights) {
        float[] flat = new float[size];
        for (Parameter p : parameters) {
            float[] values = weights.get(p.name()).values();
            int from = 0;
            for (int output = 0; output < p.outputs(); output++) {
                for (int input = 0; input < p.inputs(); input++) {
                    for (int voxel = 0; voxel < p.voxels(); voxel++) {
                        flat[p.offset() + (voxel * p.inputs() + input) * p.outputs() + output] = values[from++];
                    }
                }
            }
        }
        return flat;
    }

    /** Weights laid out as in checkpoints, from a flat array. */
    public Weights weights(float[] flat) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Parameter p : parameters) {
            float[] values = new float[p.size()];
            int to = 0;
            for (int output = 0; output < p.outputs(); output++) {
                for (int input = 0; input < p.inputs(); input++) {
                    for (int voxel = 0; voxel < p.voxels(); voxel++) {
                        values[to++] = flat[p.offset() + (voxel * p.inputs() + input) * p.outputs() + output];
                    }
                }
            }
            int[] shape = {p.outputs(), p.inputs(), p.z(), p.y(), p.x()};
            tensors.put(p.name(), new Tensor(shape, values));
        }
        return Weights.of(tensors);
    }
}

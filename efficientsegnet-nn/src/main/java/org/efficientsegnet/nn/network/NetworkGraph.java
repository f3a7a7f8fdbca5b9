// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Networks as SameDiff graphs. The placeholder {@value #INPUT} and the output {@value #OUTPUT} have the axes n, c, z, y,
 * x; inside, channels are last. What the variables are called is described with this package.
 *
 * <p>Whoever builds a graph owns it: {@link SameDiff} is not thread-safe, and its arrays live outside the Java heap
 * until they are collected or closed.
 */
public final class NetworkGraph {

    /** The placeholder for the input. */
    public static final String INPUT = "input";

    /** The logits. */
    public static final String OUTPUT = "output";

    static {
        NativeLogging.quiet();
    }

    private NetworkGraph() {}

    /**
     * How a graph is built.
     *
     * @param batch the number of inputs that go through it at once
     * @param training whether it has dropout, with one placeholder {@code ….drop.mask} of shape [batch, channels, 1, 1,
     *     1] for each: 0 drops a channel, 1/(1-p) keeps it
     * @param type the arithmetic: FLOAT, DOUBLE for checks, HALF or BFLOAT16 where the backend is fast in it
     */
    public record Options(int batch, boolean training, DataType type) {
        /** One input, no dropout, 32 bits. */
        public static final Options INFERENCE = new Options(1, false, DataType.FLOAT);

        /** @throws IllegalArgumentException if the batch is empty */
        public Options {
            if (batch < 1) {
                throw new IllegalArgumentException("a batch holds at least one input, not " + batch);
            }
        }

        /** In 32-bit arithmetic. */
        public Options(int batch, boolean training) {
            this(batch, training, DataType.FLOAT);
        }
    }

    /** A graph for inference on one input; see {@link #build(NetworkSpec, Shape, Weights, Options)}. */
    public static SameDiff build(NetworkSpec spec, Shape inputSize, Weights weights) {
        return build(spec, inputSize, weights, Options.INFERENCE);
    }

    /**
     * A graph of a network.
     *
     * @param weights copied
     * @throws IllegalArgumentException if the network cannot take inputs of this size or the weights are not its own
     */
    public static SameDiff build(NetworkSpec spec, Shape inputSize, Weights weights, Options options) {
        spec.requireInputSize(inputSize);
        spec.problemWith(weights).ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        });
        SameDiff graph = SameDiff.create();
        SDVariable input = graph.placeHolder(
                INPUT,
                options.type(),
                options.batch(),
                spec.inputChannels(),
                inputSize.z(),
                inputSize.y(),
                inputSize.x());
        SDVariable channelsLast = graph.permute("input/channels_last", input, 0, 2, 3, 4, 1);
        SameDiffLayers layers = new SameDiffLayers(graph, weights, options);
        SameDiffLayers.GraphMaps logits = Architecture.logits(
                spec, layers, new SameDiffLayers.GraphMaps(channelsLast, spec.inputChannels(), inputSize));
        graph.permute(OUTPUT, logits.variable(), 0, 4, 1, 2, 3);
        graph.setOutputs(OUTPUT);
        return graph;
    }

    /** The weights as the graph holds them now, in PyTorch's layout. */
    public static Weights weights(NetworkSpec spec, SameDiff graph) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        spec.parameterShapes().forEach((name, shape) -> {
            INDArray array = graph.getVariable(name).getArr().permute(4, 3, 0, 1, 2);
            try (INDArray ordered = array.dup('c')) {
                tensors.put(name, new Tensor(shape, ordered.data().asFloat()));
            }
        });
        return Weights.of(tensors);
    }

    /**
     * What an operation normalises.
     *
     * @return the features that go into the instance norm which ends in this operation; null if it is something else
     */
    public static String instanceNormInput(SameDiff graph, SameDiffOp op) {
        String centred = op.getInputsToOp().get(0);
        boolean ends = op.getOp().opName().equals("multiply") && centred.endsWith(SameDiffLayers.CENTRED);
        return ends ? graph.getVariableOutputOp(centred).arg(0).name() : null;
    }

    /** Whether an operation is dropout: features, then the mask that they are multiplied by. */
    public static boolean isDropout(SameDiffOp op) {
        List<String> inputs = op.getInputsToOp();
        return op.getOp().opName().equals("multiply") && inputs.get(1).endsWith(SameDiffLayers.DROPOUT_MASK);
    }

    /** From output, input, z, y, x to z, y, x, input, output. */
    static INDArray toGraph(Tensor weight) {
        int[] shape = weight.shape();
        int outputs = shape[0];
        int inputs = shape[1];
        int voxels = shape[2] * shape[3] * shape[4];
        float[] values = weight.values();
        float[] turned = new float[values.length];
        int from = 0;
        for (int output = 0; output < outputs; output++) {
            for (int input = 0; input < inputs; input++) {
                for (int voxel = 0; voxel < voxels; voxel++) {
                    turned[(voxel * inputs + input) * outputs + output] = values[from++];
                }
            }
        }
        return Nd4j.create(turned, new long[] {shape[2], shape[3], shape[4], inputs, outputs}, 'c');
    }
}

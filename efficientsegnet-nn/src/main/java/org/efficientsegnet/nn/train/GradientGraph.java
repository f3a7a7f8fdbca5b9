// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkGraph;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.loss.Loss;
import org.efficientsegnet.nn.train.loss.Losses;
import org.efficientsegnet.volume.Shape;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network with its loss and its gradient as one SameDiff graph, on whatever ND4J backend is on the class path.
 *
 * <p>It runs the graph in a session of its own: {@code SameDiff.fit} leaves no room for clipping, accumulation and loss
 * scaling, and {@code SameDiff.calculateGradients} turns the cache of arrays off for good.
 */
public final class GradientGraph implements GradientFunction {

    private static final String TARGETS = "targets";
    private static final String KNOWN = "known";
    private static final String SCALE = "loss_scale";
    private static final String LOSS = "loss";
    private static final String MASK = ".mask";

    /** A session remembers every array it ever freed, so it is replaced from time to time. */
    private static final int RUNS_OF_A_SESSION = 200;

    private final NetworkSpec spec;
    private final Shape size;
    private final int batch;
    private final double dropout;
    private final DataType type;
    private final DataType lossType;
    private final boolean partial;
    private final ParameterLayout layout;
    private final SameDiff graph;
    private final Map<String, long[]> masks = new HashMap<>();
    private final List<String> gradientNames = new ArrayList<>();
    private final List<String> outputs;
    private final SessionMemory memory = new SessionMemory();
    private List<Listener> listeners = List.of();
    private InferenceSession session;
    private int runs;
    private boolean closed;

    /** Builds the graph of a request. */
    GradientGraph(GradientRequest request) {
        this(
                request.spec(),
                request.size(),
                request.batch(),
                Losses.of(request.loss()),
                request.dropout(),
                request.precision() == Precision.FP16 ? DataType.FLOAT16 : DataType.FLOAT,
                request.partial());
    }

    /**
     * Builds the graph in 32-bit arithmetic, for batches of which everything is known.
     *
     * @param spec the network; its labels are the channels
     * @param size of an input
     * @param batch samples that go through it at once
     * @param loss what is differentiated
     * @param dropout the share of channels that Dropout3d drops, 0 for none
     * @throws IllegalArgumentException if the network cannot take inputs of this size
     */
    public GradientGraph(NetworkSpec spec, Shape size, int batch, Loss loss, double dropout) {
        this(spec, size, batch, loss, dropout, DataType.FLOAT, false);
    }

    /**
     * Builds the graph.
     *
     * @param spec the network; its labels are the channels
     * @param size of an input
     * @param batch samples that go through it at once
     * @param loss what is differentiated
     * @param dropout the share of channels that Dropout3d drops, 0 for none
     * @param type the arithmetic: FLOAT, DOUBLE for checks, FLOAT16 where the backend is fast in it; losses are
     *     computed in 32 bits then
     * @param partial whether batches may hold what is not known; costs a volume a channel
     * @throws IllegalArgumentException if the network cannot take inputs of this size
     */
    public GradientGraph(
            NetworkSpec spec, Shape size, int batch, Loss loss, double dropout, DataType type, boolean partial) {
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout: " + dropout + " is not at least 0 and below 1");
        }
        this.spec = spec;
        this.size = size;
        this.batch = batch;
        this.dropout = dropout;
        this.type = type;
        this.partial = partial;
        layout = new ParameterLayout(spec);
        boolean drops = dropout > 0;
        graph = NetworkGraph.build(
                spec, size, InitialWeights.kaiming(spec, 0), new NetworkGraph.Options(batch, drops, type));
        SDVariable logits = graph.getVariable(NetworkGraph.OUTPUT);
        // Sums over all voxels of a scan are beyond the range of 16 bits.
        lossType = type == DataType.DOUBLE ? type : DataType.FLOAT;
        if (type != lossType) {
            logits = logits.castTo(lossType);
        }
        SDVariable targets = graph.placeHolder(TARGETS, lossType, batch, spec.classes(), size.z(), size.y(), size.x());
        SDVariable scale = graph.placeHolder(SCALE, lossType);
        SDVariable known = partial
                ? graph.placeHolder(KNOWN, lossType, batch, spec.classes(), size.z(), size.y(), size.x())
                : null;
        SDVariable value = loss.of(graph, logits, targets, known).rename(LOSS);
        List<String> names = layout.parameters().stream()
                .map(ParameterLayout.Parameter::name)
                .toList();
        Map<String, SDVariable> gradients = Backpropagation.of(graph, value, scale, names);
        for (String name : graph.inputs()) {
            if (name.endsWith(MASK)) {
                masks.put(name, graph.getVariable(name).placeholderShape());
            }
        }
        names.forEach(name -> gradientNames.add(gradients.get(name).name()));
        outputs = new ArrayList<>(gradientNames);
        outputs.add(LOSS);
    }

    /** Where each weight lies in the flat arrays. */
    public ParameterLayout layout() {
        return layout;
    }

    @Override
    public double gradient(float[] weights, Batch samples, long dropoutSeed, double scale, float[] gradient) {
        requireOpen();
        if (samples.size() != batch || samples.images().length != batch * size.arrayLength()) {
            throw new IllegalArgumentException("the graph takes " + batch + " samples of " + size + ", not "
                    + samples.size() + " with " + samples.images().length + " voxels together");
        }
        if (samples.known().length != 0 && samples.known().length != batch * spec.classes()) {
            throw new IllegalArgumentException("the graph takes " + batch + " samples of " + spec.classes()
                    + " channels, not " + samples.known().length + " flags");
        }
        if (!partial && samples.isPartial()) {
            throw new IllegalArgumentException("the batch " + samples.ids()
                    + " holds labels that are not known, for which the graph was not built");
        }
        setWeights(weights);
        Map<String, INDArray> inputs = new HashMap<>();
        try {
            inputs.put(NetworkGraph.INPUT, array(type, samples.images(), batch, 1, size.z(), size.y(), size.x()));
            long[] channels = {batch, spec.classes(), size.z(), size.y(), size.x()};
            inputs.put(TARGETS, array(lossType, oneHot(samples), channels));
            if (partial) {
                inputs.put(KNOWN, array(lossType, known(samples), channels));
            }
            inputs.put(SCALE, Nd4j.scalar(lossType, scale));
            masks.forEach((name, shape) -> inputs.put(name, mask(name, shape, dropoutSeed)));
            return run(inputs, gradient);
        } finally {
            inputs.values().forEach(INDArray::close);
        }
    }

    /** The most bytes that arrays between the graph's operations had at once; weights and inputs come on top. */
    public long workingBytes() {
        return memory.mostBytes();
    }

    /**
     * What an operation of the graph cost.
     *
     * @param name in the graph
     * @param kind the operation, as ND4J calls it
     * @param seconds that it ran, without what the session does around it
     */
    public record OperationCost(String name, String kind, double seconds) {}

    /**
     * Computes a gradient and times every operation of both directions.
     *
     * @param weights the network's, flat
     * @param samples the batch
     * @return the operations in the order in which they ran
     */
    public List<OperationCost> profile(float[] weights, Batch samples) {
        Stopwatch stopwatch = new Stopwatch();
        listeners = List.of(stopwatch);
        try {
            gradient(weights, samples, 0, 1, new float[layout.size()]);
        } finally {
            listeners = List.of();
        }
        return List.copyOf(stopwatch.costs);
    }

    private static final class Stopwatch extends BaseListener {
        private final List<OperationCost> costs = new ArrayList<>();
        private long start;

        @Override
        public boolean isActive(Operation operation) {
            return true;
        }

        @Override
        public void preOpExecution(SameDiff graph, At at, SameDiffOp op, OpContext context) {
            start = System.nanoTime();
        }

        @Override
        public void opExecution(
                SameDiff graph, At at, MultiDataSet data, SameDiffOp op, OpContext context, INDArray[] results) {
            double seconds = (System.nanoTime() - start) / 1e9;
            costs.add(new OperationCost(op.getName(), op.getOp().opName(), seconds));
        }
    }

    private double run(Map<String, INDArray> inputs, float[] gradient) {
        if (session == null || runs++ % RUNS_OF_A_SESSION == 0) {
            session = new InferenceSession(graph);
            session.setMmgr(memory);
        }
        Map<String, INDArray> results =
                session.output(outputs, inputs, null, List.of(), listeners, At.defaultAt(Operation.TRAINING));
        for (int i = 0; i < gradientNames.size(); i++) {
            ParameterLayout.Parameter p = layout.parameters().get(i);
            copy(results.get(gradientNames.get(i)), gradient, p);
        }
        double loss = results.get(LOSS).getDouble(0);
        // Outputs are the only arrays that the session does not give back by itself.
        outputs.forEach(name -> memory.release(results.get(name)));
        return loss;
    }

    private void setWeights(float[] weights) {
        if (weights.length != layout.size()) {
            throw new IllegalArgumentException(
                    "the network has " + layout.size() + " weights, the array " + weights.length);
        }
        for (ParameterLayout.Parameter p : layout.parameters()) {
            INDArray array = graph.getVariable(p.name()).getArr();
            if (isPlainFloats(array)) {
                floats(array).put(weights, p.offset(), p.size());
            } else {
                float[] values = Arrays.copyOfRange(weights, p.offset(), p.offset() + p.size());
                try (INDArray copy = array(type, values, p.graphShape())) {
                    array.assign(copy);
                }
            }
        }
    }

    private static void copy(INDArray result, float[] gradient, ParameterLayout.Parameter p) {
        if (isPlainFloats(result)) {
            floats(result).get(gradient, p.offset(), p.size());
        } else {
            try (INDArray ordered = result.dup('c')) {
                float[] values = ordered.data().asFloat();
                System.arraycopy(values, 0, gradient, p.offset(), p.size());
            }
        }
    }

    /** Whether the array's memory holds its elements in C order, in 32 bits, where this process can reach it. */
    private static boolean isPlainFloats(INDArray array) {
        return array.dataType() == DataType.FLOAT
                && array.ordering() == 'c'
                && array.elementWiseStride() == 1
                && array.offset() == 0
                && Nd4j.getExecutioner().type() == OpExecutioner.ExecutionerType.NATIVE_CPU;
    }

    private static FloatPointer floats(INDArray array) {
        return new FloatPointer(array.data().pointer());
    }

    private float[] oneHot(Batch samples) {
        int classes = spec.classes();
        int voxels = size.arrayLength();
        byte[] labels = samples.labels();
        float[] targets = new float[Math.multiplyExact(labels.length, classes)];
        for (int sample = 0; sample < batch; sample++) {
            for (int v = 0; v < voxels; v++) {
                int label = labels[sample * voxels + v] & 0xff;
                if (label == 0 || partial && label == Batch.UNKNOWN) {
                    continue;
                }
                if (label > classes) {
                    throw new IllegalArgumentException(
                            "a voxel has the label " + label + ", but the network has " + classes + " classes");
                }
                if (isKnown(samples, sample, label - 1)) {
                    targets[(sample * classes + label - 1) * voxels + v] = 1;
                }
            }
        }
        return targets;
    }

    private float[] known(Batch samples) {
        int classes = spec.classes();
        int voxels = size.arrayLength();
        float[] known = new float[Math.multiplyExact(samples.labels().length, classes)];
        for (int sample = 0; sample < batch; sample++) {
            for (int channel = 0; channel < classes; channel++) {
                if (isKnown(samples, sample, channel)) {
                    int to = (sample * classes + channel) * voxels;
                    for (int v = 0; v < voxels; v++) {
                        known[to + v] = samples.labels()[sample * voxels + v] == (byte) Batch.UNKNOWN ? 0 : 1;
                    }
                }
            }
        }
        return known;
    }

    private boolean isKnown(Batch samples, int sample, int channel) {
        return samples.known().length == 0 || samples.known()[sample * spec.classes() + channel];
    }

    private INDArray mask(String name, long[] shape, long seed) {
        float[] values = DropoutFactors.of(name, Math.toIntExact(shape[0] * shape[1]), dropout, seed);
        return array(type, values, shape);
    }

    private static INDArray array(DataType type, float[] values, long... shape) {
        INDArray floats = Nd4j.create(values, shape, 'c');
        if (type == DataType.FLOAT) {
            return floats;
        }
        try (floats) {
            return floats.castTo(type);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the gradient graph is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            memory.close();
            for (SDVariable variable : graph.variables()) {
                INDArray array = graph.arrayAlreadyExistsForVarName(variable.name()) ? variable.getArr() : null;
                if (array != null && array.closeable() && !array.wasClosed()) {
                    array.close();
                }
            }
        }
    }
}

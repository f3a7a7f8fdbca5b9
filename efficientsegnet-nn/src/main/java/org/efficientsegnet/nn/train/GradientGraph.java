package org.efficientsegnet.nn.train;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkGraph;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.loss.Loss;
import org.efficientsegnet.volume.Shape;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.memory.ArrayCacheMemoryMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network with its loss as a SameDiff graph, differentiated by SameDiff, on whatever ND4J backend is on the class
 * path.
 *
 * <p>It runs the gradient function in a session of its own: {@code SameDiff.fit} leaves no room for clipping,
 * accumulation and loss scaling, and {@code SameDiff.calculateGradients} turns the cache of arrays off for good.
 */
public final class GradientGraph implements GradientFunction {

    private static final String TARGETS = "targets";
    private static final String SCALE = "loss_scale";
    private static final String LOSS = "loss";
    private static final String SCALED_LOSS = "scaled_loss";
    private static final String MASK = ".mask";

    /** Share of the memory that JavaCPP may take, which the session's cache may hold on to. */
    private static final double CACHE_SHARE = 0.9;

    /** A session remembers every array it ever freed, so it is replaced from time to time. */
    private static final int RUNS_OF_A_SESSION = 200;

    private final NetworkSpec spec;
    private final Shape size;
    private final int batch;
    private final double dropout;
    private final DataType type;
    private final ParameterLayout layout;
    private final SameDiff graph;
    private final SameDiff gradients;
    private final Map<String, long[]> masks = new HashMap<>();
    private final List<String> gradientNames = new ArrayList<>();
    private final List<String> outputs;
    private final ArrayCacheMemoryMgr memory = new ArrayCacheMemoryMgr(CACHE_SHARE, 1024, 2.0);
    private InferenceSession session;
    private int runs;
    private boolean closed;

    /**
     * Builds the graph in 32-bit arithmetic.
     *
     * @param spec the network; its labels are the channels
     * @param size of an input
     * @param batch samples that go through it at once
     * @param loss what is differentiated
     * @param dropout the share of channels that Dropout3d drops, 0 for none
     * @throws IllegalArgumentException if the network cannot take inputs of this size
     */
    public GradientGraph(NetworkSpec spec, Shape size, int batch, Loss loss, double dropout) {
        this(spec, size, batch, loss, dropout, DataType.FLOAT);
    }

    /**
     * Builds the graph.
     *
     * @param spec the network; its labels are the channels
     * @param size of an input
     * @param batch samples that go through it at once
     * @param loss what is differentiated
     * @param dropout the share of channels that Dropout3d drops, 0 for none
     * @param type the arithmetic: FLOAT, DOUBLE for checks, HALF or BFLOAT16 where the backend is fast in it
     * @throws IllegalArgumentException if the network cannot take inputs of this size
     */
    public GradientGraph(NetworkSpec spec, Shape size, int batch, Loss loss, double dropout, DataType type) {
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout: " + dropout + " is not at least 0 and below 1");
        }
        this.spec = spec;
        this.size = size;
        this.batch = batch;
        this.dropout = dropout;
        this.type = type;
        layout = new ParameterLayout(spec);
        boolean drops = dropout > 0;
        graph = NetworkGraph.build(
                spec, size, InitialWeights.kaiming(spec, 0), new NetworkGraph.Options(batch, drops, type));
        SDVariable logits = graph.getVariable(NetworkGraph.OUTPUT);
        SDVariable targets = graph.placeHolder(TARGETS, type, batch, spec.classes(), size.z(), size.y(), size.x());
        SDVariable scale = graph.placeHolder(SCALE, type);
        SDVariable value = loss.of(graph, logits, targets).rename(LOSS);
        value.mul(SCALED_LOSS, scale);
        graph.setLossVariables(SCALED_LOSS);
        createGradientFunction(graph);
        gradients = graph.getFunction("grad");
        for (String name : graph.inputs()) {
            if (name.endsWith(MASK)) {
                masks.put(name, graph.getVariable(name).placeholderShape());
            }
        }
        for (ParameterLayout.Parameter p : layout.parameters()) {
            gradientNames.add(gradients.getVariable(p.name()).getGradient().name());
        }
        outputs = new ArrayList<>(gradientNames);
        outputs.add(LOSS);
    }

    /** SameDiff prints a line for every operation that it differentiates; some hundreds that nobody asked for. */
    private static void createGradientFunction(SameDiff graph) {
        PrintStream out = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        try {
            graph.createGradFunction();
        } finally {
            System.setOut(out);
        }
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
        setWeights(weights);
        Map<String, INDArray> inputs = new HashMap<>();
        try {
            inputs.put(NetworkGraph.INPUT, array(samples.images(), batch, 1, size.z(), size.y(), size.x()));
            float[] targets = oneHot(samples.labels());
            inputs.put(TARGETS, array(targets, batch, spec.classes(), size.z(), size.y(), size.x()));
            inputs.put(SCALE, Nd4j.scalar(type, scale));
            masks.forEach((name, shape) -> inputs.put(name, mask(name, shape, dropoutSeed)));
            return run(inputs, gradient);
        } finally {
            inputs.values().forEach(INDArray::close);
        }
    }

    private double run(Map<String, INDArray> inputs, float[] gradient) {
        if (session == null || runs++ % RUNS_OF_A_SESSION == 0) {
            session = new InferenceSession(gradients);
            session.setMmgr(memory);
        }
        Map<String, INDArray> results =
                session.output(outputs, inputs, null, List.of(), null, At.defaultAt(Operation.TRAINING));
        for (int i = 0; i < gradientNames.size(); i++) {
            ParameterLayout.Parameter p = layout.parameters().get(i);
            INDArray result = results.get(gradientNames.get(i));
            try (INDArray ordered = result.dup('c')) {
                float[] values = ordered.data().asFloat();
                System.arraycopy(values, 0, gradient, p.offset(), p.size());
            }
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
            float[] values = new float[p.size()];
            System.arraycopy(weights, p.offset(), values, 0, p.size());
            try (INDArray array = array(values, p.graphShape())) {
                gradients.getVariable(p.name()).getArr().assign(array);
            }
        }
    }

    private float[] oneHot(byte[] labels) {
        int classes = spec.classes();
        int voxels = size.arrayLength();
        float[] targets = new float[Math.multiplyExact(labels.length, classes)];
        for (int sample = 0; sample < batch; sample++) {
            for (int v = 0; v < voxels; v++) {
                int label = labels[sample * voxels + v] & 0xff;
                if (label > classes) {
                    throw new IllegalArgumentException(
                            "a voxel has the label " + label + ", but the network has " + classes + " classes");
                }
                if (label > 0) {
                    targets[(sample * classes + label - 1) * voxels + v] = 1;
                }
            }
        }
        return targets;
    }

    /** Each mask has a stream of its own, so that the order in which they are drawn does not matter. */
    private INDArray mask(String name, long[] shape, long seed) {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + name.hashCode());
        float[] values = new float[Math.toIntExact(shape[0] * shape[1])];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextDouble() < dropout ? 0 : (float) (1 / (1 - dropout));
        }
        return array(values, shape);
    }

    private INDArray array(float[] values, long... shape) {
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
            for (SDVariable variable : gradients.variables()) {
                INDArray array = gradients.arrayAlreadyExistsForVarName(variable.name()) ? variable.getArr() : null;
                if (array != null && array.closeable() && !array.wasClosed()) {
                    array.close();
                }
            }
        }
    }
}

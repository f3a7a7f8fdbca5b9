// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.volume.Shape;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.BaseOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.ScalarOp;

/**
 * Lowers a network's SameDiff graph, built by {@link org.efficientsegnet.nn.network.NetworkGraph} or loaded from a file
 * that such a graph was saved to, to a {@link Plan}. Composites (instance norm, interpolation, box averages, separable
 * convolution) are recognised by their operations and what these are fed, and neighbours are fused: ReLU and the sum of a
 * residual block go into the normalisation, the sum with a skip connection and ReLU into the interpolation.
 *
 * <p>Whatever has no counterpart in a plan is refused with the names of the variable and of the operation.
 */
public final class SameDiffCompiler {

    private final SameDiff graph;
    private final String input;
    private final Shape inputSize;
    private final Set<String> lowered = new HashSet<>();
    private final List<Step> steps = new ArrayList<>();
    private final Map<String, Integer> uses = new HashMap<>();
    private final Map<String, SameDiffOp> producers = new HashMap<>();

    private SameDiffCompiler(SameDiff graph, String input, Shape inputSize) {
        this.graph = graph;
        this.input = input;
        this.inputSize = inputSize;
        for (SameDiffOp op : graph.getOps().values()) {
            op.getInputsToOp().forEach(name -> uses.merge(name, 1, Integer::sum));
            op.getOutputsOfOp().forEach(name -> producers.put(name, op));
        }
    }

    /**
     * Compiles the way from the graph's only placeholder (1, c, z, y, x) to its only output.
     *
     * @param graph not changed
     * @throws SegmentationException if something cannot be lowered; the message names it
     */
    public static Plan compile(SameDiff graph) {
        List<String> outputs = outputs(graph);
        if (graph.inputs().size() != 1 || outputs.size() != 1) {
            throw new SegmentationException("a graph with one placeholder and one output can be compiled, not one with "
                    + graph.inputs() + " and " + outputs + "; build it for inference");
        }
        SDVariable placeholder = graph.getVariable(graph.inputs().get(0));
        long[] shape = placeholder.placeholderShape();
        if (shape == null
                || shape.length != 5
                || shape[0] != 1
                || Arrays.stream(shape).anyMatch(n -> n < 1)) {
            throw new SegmentationException("the placeholder " + placeholder.name() + " has the shape "
                    + Arrays.toString(shape) + "; compiled are graphs for 1, c, z, y, x of fixed size");
        }
        Shape inputSize = new Shape((int) shape[2], (int) shape[3], (int) shape[4]);
        SameDiffCompiler compiler = new SameDiffCompiler(graph, placeholder.name(), inputSize);
        compiler.output(outputs.get(0));
        return new Plan(placeholder.name(), (int) shape[1], inputSize, compiler.steps);
    }

    /** What the graph says its outputs are or, since files do not keep that, what no operation reads. */
    private static List<String> outputs(SameDiff graph) {
        if (graph.outputs() != null) {
            return graph.outputs();
        }
        Set<String> read = new HashSet<>();
        graph.getOps().values().forEach(op -> read.addAll(op.getInputsToOp()));
        return graph.getOps().values().stream()
                .flatMap(op -> op.getOutputsOfOp().stream())
                .filter(name -> !read.contains(name))
                .toList();
    }

    private void output(String name) {
        String last = only(name, operation(name), "permute", 0, 4, 1, 2, 3);
        SameDiffOp op = operation(last);
        int[] arguments = convolutionArguments(last, op);
        String weight = op.getInputsToOp().get(1);
        if (!isParameter(weight) || arguments[0] * arguments[1] * arguments[2] * arguments[3] != 1) {
            throw refused(last, op, "the logits have to come from a 1x1x1 convolution with stride 1");
        }
        String features = value(op.getInputsToOp().get(0));
        steps.add(new Step.Logits(name, features, weight, channels(weight)));
    }

    /** Makes sure that a variable is computed, and gives the name under which the plan has it. */
    private String value(String name) {
        SameDiffOp op = operation(name);
        if (is(op, "permute") && op.getInputsToOp().get(0).equals(input)) {
            return only(name, op, "permute", 0, 2, 3, 4, 1);
        }
        if (lowered.add(name)) {
            lower(name, name, false);
        }
        return name;
    }

    /** Adds the steps that compute {@code variable}, the last of them writing {@code output}. */
    private void lower(String output, String variable, boolean relu) {
        SameDiffOp op = operation(variable);
        String normalised = normalised(variable, op);
        if (normalised != null) {
            steps.add(new Step.Normalization(output, value(normalised), null, relu, epsilon(op)));
        } else if (is(op, "add")) {
            sum(output, op.getInputsToOp().get(0), op.getInputsToOp().get(1), relu);
        } else if (is(op, "reshape")) {
            separable(output, variable, op, null, relu);
        } else if (relu) {
            steps.add(new Step.Relu(output, value(variable)));
        } else {
            single(output, variable, op);
        }
    }

    private void single(String output, String variable, SameDiffOp op) {
        List<String> inputs = op.getInputsToOp();
        switch (op.getOp().opName()) {
            case "relu" -> {
                if (!(op.getOp() instanceof ScalarOp threshold)
                        || threshold.scalar().getDouble(0) != 0) {
                    throw refused(variable, op, "ReLU has to cut at 0");
                }
                if (uses.get(inputs.get(0)) == 1) {
                    lower(output, inputs.get(0), true);
                } else {
                    steps.add(new Step.Relu(output, value(inputs.get(0))));
                }
            }
            case "conv3dnew" -> convolution(output, variable, op);
            case "multiply" -> gate(output, variable, op);
            case "concat" -> {
                List<String> values = inputs.stream().map(this::value).toList();
                steps.add(new Step.Concatenation(output, values));
            }
            case "maxpool3dnew" -> maxPooling(output, variable, op);
            case "reduce_mean" -> strip(output, variable, op);
            default -> throw refused(variable, op, "a plan has no such step");
        }
    }

    private void sum(String output, String first, String second, boolean relu) {
        // What is fused is computed last, so the other term comes first in the plan.
        if (fusable(second) && fuse(output, second, first, relu)) {
            return;
        }
        if (fusable(first) && fuse(output, first, second, relu)) {
            return;
        }
        steps.add(new Step.Sum(output, value(first), value(second), relu));
    }

    private boolean fusable(String variable) {
        return uses.get(variable) == 1 && !lowered.contains(variable);
    }

    private boolean fuse(String output, String variable, String other, boolean relu) {
        SameDiffOp op = operation(variable);
        String normalised = normalised(variable, op);
        if (normalised != null) {
            String residual = value(other);
            steps.add(new Step.Normalization(output, value(normalised), residual, relu, epsilon(op)));
            return true;
        }
        if (is(op, "reshape")) {
            separable(output, variable, op, other, relu);
            return true;
        }
        return false;
    }

    private void convolution(String output, String variable, SameDiffOp op) {
        int[] arguments = convolutionArguments(variable, op);
        Shape kernel = new Shape(arguments[0], arguments[1], arguments[2]);
        int stride = arguments[3];
        String features = value(op.getInputsToOp().get(0));
        String weight = op.getInputsToOp().get(1);
        if (isParameter(weight)) {
            steps.add(new Step.Convolution(output, features, weight, channels(weight), kernel, stride, false));
            return;
        }
        // The kernel of a separable convolution: the depthwise weight, turned, times the pointwise one.
        SameDiffOp product = operation(weight);
        if (!is(product, "multiply")) {
            throw refused(
                    weight, product, "a convolution takes a weight or the product of a depthwise and a pointwise one");
        }
        String depthwise = only(
                product.getInputsToOp().get(0),
                operation(product.getInputsToOp().get(0)),
                "permute",
                0,
                1,
                2,
                4,
                3);
        String pointwise = product.getInputsToOp().get(1);
        if (!isParameter(depthwise) || !isParameter(pointwise)) {
            throw refused(weight, product, "both factors of a separable kernel have to be weights");
        }
        String middle = depthwise.endsWith(".weight")
                ? depthwise.substring(0, depthwise.length() - ".weight".length())
                : depthwise + "/output";
        steps.add(new Step.Convolution(middle, features, depthwise, channels(depthwise), kernel, stride, true));
        steps.add(new Step.Convolution(output, middle, pointwise, channels(pointwise), Shape.cube(1), 1, false));
    }

    /** Kernel z, y, x and stride; everything else has to be as a plan's convolutions have it. */
    private int[] convolutionArguments(String variable, SameDiffOp op) {
        if (!is(op, "conv3dnew") || op.getInputsToOp().size() != 2) {
            throw refused(variable, op, "a convolution without bias was expected");
        }
        long[] a = ((DynamicCustomOp) op.getOp()).iArgs();
        boolean centred = a[6] == a[0] / 2 && a[7] == a[1] / 2 && a[8] == a[2] / 2;
        boolean odd = a[0] % 2 == 1 && a[1] % 2 == 1 && a[2] % 2 == 1;
        boolean dense = a[9] == 1 && a[10] == 1 && a[11] == 1;
        boolean channelsLast = a[12] == 0 && a[13] == 1;
        if (!(centred && odd && dense && channelsLast && a[3] == a[4] && a[4] == a[5])) {
            throw refused(
                    variable,
                    op,
                    "kernel, stride, padding, dilation, same mode, layout " + Arrays.toString(a)
                            + " are not those of an odd kernel, centred, with one stride, undilated, channels last");
        }
        return new int[] {(int) a[0], (int) a[1], (int) a[2], (int) a[3]};
    }

    private void gate(String output, String variable, SameDiffOp op) {
        String gate = op.getInputsToOp().get(1);
        SameDiffOp sigmoid = operation(gate);
        if (!is(sigmoid, "sigmoid")) {
            throw refused(
                    variable,
                    op,
                    "a product with something other than a sigmoid is neither a gate nor an instance" + " norm");
        }
        String features = value(op.getInputsToOp().get(0));
        steps.add(new Step.Gate(output, features, value(sigmoid.getInputsToOp().get(0))));
    }

    private void maxPooling(String output, String variable, SameDiffOp op) {
        long[] a = ((DynamicCustomOp) op.getOp()).iArgs();
        boolean cubic = a[0] == a[1] && a[1] == a[2] && a[3] == a[4] && a[4] == a[5] && a[6] == a[7] && a[7] == a[8];
        boolean plain = a[9] == 1 && a[10] == 1 && a[11] == 1 && a[12] == 0 && a[14] == 1;
        if (!cubic || !plain) {
            throw refused(
                    variable,
                    op,
                    "kernel, stride, padding, dilation " + Arrays.toString(a)
                            + " are not the same along every axis, undilated, channels last");
        }
        String features = value(op.getInputsToOp().get(0));
        steps.add(new Step.MaxPooling(output, features, (int) a[0], (int) a[3], (int) a[6]));
    }

    private void strip(String output, String variable, SameDiffOp op) {
        long[] axes = axes(op);
        for (int axis = 0; axis < 3; axis++) {
            int kept = axis + 1;
            long[] others =
                    Arrays.stream(new long[] {1, 2, 3}).filter(a -> a != kept).toArray();
            if (Arrays.equals(axes, others)) {
                steps.add(new Step.Strip(output, value(op.getInputsToOp().get(0)), axis));
                return;
            }
        }
        throw refused(variable, op, "a mean over the axes " + Arrays.toString(axes) + " is not a strip");
    }

    /** Three products with constant matrices, one an axis: interpolation or box averages. */
    private void separable(String output, String variable, SameDiffOp op, String addend, boolean relu) {
        INDArray[] matrices = new INDArray[3];
        String kind = null;
        String rows = op.getInputsToOp().get(0);
        for (int axis = 0; axis < 3; axis++) {
            SameDiffOp product = operation(rows);
            String matrix = is(product, "matmul") ? product.getInputsToOp().get(0) : "";
            if (!graph.isConstant(matrix)) {
                throw refused(variable, op, "a reshape that does not end a product with constant matrices");
            }
            // Two kinds may have the same matrix at this input size and others elsewhere, so the name decides.
            kind = matrix.replaceFirst("_\\d+_to_\\d+$", "");
            matrices[axis] = graph.getVariable(matrix).getArr();
            String reshaped = product.getInputsToOp().get(1);
            rows = only(reshaped, operation(reshaped), "reshape");
        }
        String features = only(rows, operation(rows), "permute", 0, 4, 1, 2, 3);
        if (kind.equals("resize") && are(matrices, InterpolationMatrix::new)) {
            int divisor = (int) (inputSize.z() / matrices[0].size(0));
            List<Long> size = List.of((long) inputSize.z(), (long) inputSize.y(), (long) inputSize.x());
            if (!size.equals(extents(matrices, 0).stream().map(n -> n * divisor).toList())) {
                throw refused(
                        variable,
                        op,
                        "the size " + extents(matrices, 0) + " is no whole part of the input's, " + inputSize);
            }
            String residual = addend == null ? null : value(addend);
            steps.add(new Step.Resize(output, value(features), divisor, residual, relu));
            return;
        }
        if (addend != null || relu) {
            String means = value(variable);
            steps.add(addend == null ? new Step.Relu(output, means) : new Step.Sum(output, value(addend), means, relu));
            return;
        }
        int bins = (int) matrices[0].size(0);
        int factor = nonZeros(matrices[0]);
        if (kind.equals("average_pooling") && are(matrices, (from, to) -> new BinMeans(to * factor, to))) {
            steps.add(new Step.AveragePooling(output, value(features), factor));
        } else if (kind.equals("adaptive_pooling")
                && extents(matrices, 0).equals(List.of((long) bins, (long) bins, (long) bins))
                && are(matrices, BinMeans::new)) {
            steps.add(new Step.AdaptivePooling(output, value(features), bins));
        } else {
            throw refused(variable, op, "its matrices are not those of interpolation or box averages");
        }
    }

    private static List<Long> extents(INDArray[] matrices, int side) {
        return Arrays.stream(matrices).map(matrix -> matrix.size(side)).toList();
    }

    private static int nonZeros(INDArray matrix) {
        int count = 0;
        for (int j = 0; j < matrix.size(1); j++) {
            count += matrix.getFloat(0, j) == 0 ? 0 : 1;
        }
        return count;
    }

    private interface MatrixOf {
        AxisMatrix of(int from, int to);
    }

    private static boolean are(INDArray[] matrices, MatrixOf kind) {
        for (INDArray matrix : matrices) {
            AxisMatrix expected = kind.of((int) matrix.size(1), (int) matrix.size(0));
            for (int i = 0; i < expected.to(); i++) {
                for (int j = 0; j < matrix.size(1); j++) {
                    if (Math.abs(matrix.getFloat(i, j) - expected.weight(i, j)) > 1e-6f) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** The input of an instance norm that ends in this operation; null if it is something else. */
    private String normalised(String variable, SameDiffOp op) {
        if (!is(op, "multiply")) {
            return null;
        }
        String centred = op.getInputsToOp().get(0);
        SameDiffOp difference = graphOperation(centred);
        SameDiffOp root = graphOperation(op.getInputsToOp().get(1));
        if (!is(difference, "subtract") || !is(root, "rsqrt")) {
            return null;
        }
        String features = difference.getInputsToOp().get(0);
        SameDiffOp shifted = operation(root.getInputsToOp().get(0));
        SameDiffOp square = is(shifted, "add_scalar")
                ? graphOperation(meanOf(shifted.getInputsToOp().get(0)))
                : null;
        boolean complete = features.equals(meanOf(difference.getInputsToOp().get(1)))
                && is(square, "square")
                && square.getInputsToOp().get(0).equals(centred);
        if (!complete) {
            throw refused(
                    variable,
                    op,
                    "it looks like an instance norm, but is not (x - mean(x)) * rsqrt(mean((x -"
                            + " mean(x))^2) + epsilon) over z, y, x");
        }
        return features;
    }

    private double epsilon(SameDiffOp norm) {
        SameDiffOp shifted =
                operation(operation(norm.getInputsToOp().get(1)).getInputsToOp().get(0));
        return ((ScalarOp) shifted.getOp()).scalar().getDouble(0);
    }

    /** What a chain of means, together over z, y and x, takes the mean of; null if it is no such chain. */
    private String meanOf(String variable) {
        Set<Long> axes = new HashSet<>();
        String name = variable;
        for (SameDiffOp op = graphOperation(name); is(op, "reduce_mean"); op = graphOperation(name)) {
            for (long axis : axes(op)) {
                axes.add(axis);
            }
            name = op.getInputsToOp().get(0);
        }
        return axes.equals(Set.of(1L, 2L, 3L)) ? name : null;
    }

    private static long[] axes(SameDiffOp mean) {
        INDArray axes = ((BaseOp) mean.getOp()).dimensions();
        return axes == null ? new long[0] : axes.castTo(DataType.INT64).toLongVector();
    }

    private boolean isParameter(String name) {
        return graphOperation(name) == null && !name.equals(input);
    }

    /** Output channels of a weight z, y, x, input, output; of a depthwise one z, y, x, 1, channel. */
    private int channels(String weight) {
        return (int) graph.getVariable(weight).getShape()[4];
    }

    /** The only input of an operation that has to be of a kind and, if any are given, have these arguments. */
    private String only(String variable, SameDiffOp op, String kind, long... arguments) {
        boolean fits = is(op, kind)
                && (arguments.length == 0 || Arrays.equals(((DynamicCustomOp) op.getOp()).iArgs(), arguments));
        if (!fits) {
            throw refused(variable, op, "expected was " + kind + " " + Arrays.toString(arguments));
        }
        return op.getInputsToOp().get(0);
    }

    private static boolean is(SameDiffOp op, String kind) {
        return op != null && op.getOp().opName().equals(kind);
    }

    private SameDiffOp graphOperation(String variable) {
        return producers.get(variable);
    }

    private SameDiffOp operation(String variable) {
        SameDiffOp op = graphOperation(variable);
        if (op == null) {
            throw new SegmentationException("the graph cannot be compiled: " + variable
                    + " was expected to be computed, but is a weight, a constant or a placeholder");
        }
        return op;
    }

    private static SegmentationException refused(String variable, SameDiffOp op, String why) {
        return new SegmentationException("the graph cannot be compiled: variable " + variable + ", operation "
                + op.getOp().opName() + ": " + why);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.plan.AxisMatrix;
import org.efficientsegnet.nn.plan.BinMeans;
import org.efficientsegnet.nn.plan.InterpolationMatrix;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/**
 * Interpolation and means: along one axis after the other a product with a matrix; backwards with the transposed ones, in
 * the opposite order. The matrices are narrow bands, so they are cut into blocks of rows, each of which reads only the
 * inputs that it depends on. The interpolation then adds the addend and applies ReLU.
 */
final class SeparableForm implements CheapForm {

    private static final int BLOCK_ROWS = 32;

    /** Tasks of a product at most. */
    private static final int MOST_TASKS = 32;

    /** Numbers of a task at least. */
    private static final int LEAST_NUMBERS = 1 << 14;

    private final String input;
    private final String output;
    private final String addend;
    private final boolean relu;
    private final MatrixOf matrixOf;

    private interface MatrixOf {
        AxisMatrix of(int axis, int from, int to);
    }

    SeparableForm(Step.Resize step) {
        this(
                step.input(),
                step.output(),
                step.addend(),
                step.relu(),
                (axis, from, to) -> new InterpolationMatrix(from, to));
    }

    SeparableForm(Step.AdaptivePooling step) {
        this(step.input(), step.output(), null, false, (axis, from, to) -> new BinMeans(from, to));
    }

    SeparableForm(Step.AveragePooling step) {
        this(
                step.input(),
                step.output(),
                null,
                false,
                (axis, from, to) -> new Wider(new BinMeans(to * step.factor(), to), from));
    }

    SeparableForm(Step.Strip step) {
        this(step.input(), step.output(), null, false, (axis, from, to) -> new BinMeans(from, to));
    }

    private SeparableForm(String input, String output, String addend, boolean relu, MatrixOf matrixOf) {
        this.input = input;
        this.output = output;
        this.addend = addend;
        this.relu = relu;
        this.matrixOf = matrixOf;
    }

    /** A matrix with more inputs, which have no weight. */
    private record Wider(AxisMatrix matrix, int from) implements AxisMatrix {
        @Override
        public int to() {
            return matrix.to();
        }

        @Override
        public int low(int i) {
            return matrix.low(i);
        }

        @Override
        public int high(int i) {
            return matrix.high(i);
        }

        @Override
        public float weight(int i, int j) {
            return matrix.weight(i, j);
        }
    }

    /** The matrix with rows and columns exchanged; a row that has no weights reads any input. */
    private record Transposed(AxisMatrix matrix, int[] lows, int[] highs) implements AxisMatrix {

        static Transposed of(AxisMatrix matrix) {
            int[] lows = new int[matrix.from()];
            int[] highs = new int[matrix.from()];
            Arrays.fill(lows, matrix.to() - 1);
            for (int i = 0; i < matrix.to(); i++) {
                for (int j = matrix.low(i); j <= matrix.high(i); j++) {
                    lows[j] = Math.min(lows[j], i);
                    highs[j] = Math.max(highs[j], i);
                }
            }
            for (int j = 0; j < lows.length; j++) {
                highs[j] = Math.max(highs[j], lows[j]);
            }
            return new Transposed(matrix, lows, highs);
        }

        @Override
        public int from() {
            return matrix.to();
        }

        @Override
        public int to() {
            return matrix.from();
        }

        @Override
        public int low(int i) {
            return lows[i];
        }

        @Override
        public int high(int i) {
            return highs[i];
        }

        @Override
        public float weight(int i, int j) {
            return i >= matrix.low(j) && i <= matrix.high(j) ? matrix.weight(j, i) : 0;
        }
    }

    private List<AxisMatrix> matrices(TrainingBuilder builder) {
        Shape in = builder.maps(input).shape();
        Shape out = builder.maps(output).shape();
        List<AxisMatrix> matrices = new ArrayList<>();
        for (int axis = 0; axis < 3; axis++) {
            matrices.add(matrixOf.of(axis, in.along(Axis.at(axis)), out.along(Axis.at(axis))));
        }
        return matrices;
    }

    @Override
    public void forward(TrainingBuilder builder) {
        List<AxisMatrix> matrices = matrices(builder);
        Region source = builder.value(input);
        Shape shape = builder.maps(input).shape();
        int channels = builder.maps(input).channels();
        // x first, since rows of x are many and short, and the extent is still small then.
        for (int axis = 2; axis > 0; axis--) {
            AxisMatrix matrix = matrices.get(axis);
            if (matrix.from() != matrix.to()) {
                Phase phase = builder.phase(output + " axis " + axis);
                builder.use(source);
                FeatureShape next = new FeatureShape(channels, with(shape, axis, matrix.to()));
                Region target = builder.region(next.elements() * builder.typeBytes());
                new Product(builder, matrix, axis, channels, shape, false, false).tasks(phase, source, target);
                shape = next.shape();
                source = target;
            }
        }
        Region target;
        if (addend != null) {
            Phase copying = builder.phase(output + " addend");
            target = builder.define(output);
            Flat.tasks(
                    builder,
                    copying,
                    builder.maps(output).elements(),
                    size -> Flat.copy(builder, size),
                    builder.value(addend),
                    target);
        }
        Phase last = builder.phase(output);
        builder.use(source);
        target = addend == null ? builder.define(output) : builder.value(output);
        new Product(builder, matrices.get(0), 0, channels, shape, addend != null, relu).tasks(last, source, target);
    }

    @Override
    public List<String> wanted() {
        return relu ? List.of(output) : List.of();
    }

    @Override
    public void backward(TrainingBuilder builder) {
        if (relu) {
            Flat.throughRelu(builder, output);
        }
        if (addend != null) {
            Flat.pass(builder, output, addend, true);
        }
        if (!builder.isDifferentiable(input)) {
            return;
        }
        List<AxisMatrix> matrices = matrices(builder);
        Shape shape = builder.maps(output).shape();
        int channels = builder.maps(output).channels();
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < 3; axis++) {
            if (matrices.get(axis).from() != matrices.get(axis).to()) {
                axes.add(axis);
            }
        }
        if (axes.isEmpty()) {
            axes.add(0);
        }
        Region source = builder.gradient(output);
        GradientPart part = null;
        for (int axis : axes) {
            AxisMatrix matrix = Transposed.of(matrices.get(axis));
            Phase phase = builder.phase(output + " backward axis " + axis);
            builder.use(source);
            FeatureShape next = new FeatureShape(channels, with(shape, axis, matrix.to()));
            boolean last = axis == axes.get(axes.size() - 1);
            part = last ? new GradientPart(builder, input) : null;
            Region target = last ? part.region() : builder.region(next.elements() * builder.typeBytes());
            new Product(builder, matrix, axis, channels, shape, false, false).tasks(phase, source, target);
            shape = next.shape();
            source = target;
        }
        part.add();
    }

    private static Shape with(Shape shape, int axis, int extent) {
        return new Shape(
                axis == 0 ? extent : shape.z(), axis == 1 ? extent : shape.y(), axis == 2 ? extent : shape.x());
    }

    /** A product along an axis: everything before the axis is the batch, everything after it the columns. */
    private static final class Product {
        private final TrainingBuilder builder;
        private final AxisMatrix matrix;
        private final boolean adds;
        private final boolean relu;
        private final long batch;
        private final long columns;

        Product(
                TrainingBuilder builder,
                AxisMatrix matrix,
                int axis,
                int channels,
                Shape shape,
                boolean adds,
                boolean relu) {
            this.builder = builder;
            this.matrix = matrix;
            this.adds = adds;
            this.relu = relu;
            this.batch = axis == 0 ? 1 : axis == 1 ? shape.z() : (long) shape.z() * shape.y();
            this.columns = shape.voxels() * channels / batch / shape.along(Axis.at(axis));
        }

        void tasks(Phase phase, Region from, Region to) {
            boolean byBatch = batch > 1;
            long cut = byBatch ? batch : columns;
            long numbers = batch * columns * Math.max(matrix.from(), matrix.to());
            int count = (int) Math.max(1, Math.min(Math.min(MOST_TASKS, cut), numbers / LEAST_NUMBERS));
            for (Slab slab : Slab.about(count, Math.toIntExact(cut), byBatch ? 1 : 64)) {
                long first = byBatch ? slab.from() : 0;
                long firstColumn = byBatch ? 0 : slab.from();
                long batches = byBatch ? slab.size() : 1;
                long width = byBatch ? columns : slab.size();
                List<Phase.Task> calls = new ArrayList<>();
                for (Slab block : Slab.of(matrix.to(), BLOCK_ROWS)) {
                    calls.add(call(block, first, firstColumn, batches, width, from, to));
                }
                phase.task(TrainingBuilder.inTurn(calls));
            }
        }

        private Phase.Task call(
                Slab block, long first, long firstColumn, long batches, long width, Region from, Region to) {
            int low = matrix.from() - 1;
            int high = 0;
            for (int i = block.from(); i < block.to(); i++) {
                low = Math.min(low, matrix.low(i));
                high = Math.max(high, matrix.high(i));
            }
            int window = high - low + 1;
            int rows = block.size();
            memory.desc left = new memory.desc(new long[] {1, rows, window}, builder.type(), memory.format_tag.abc);
            memory.desc right = new memory.desc(
                    new long[] {batches, window, width}, builder.type(), new long[] {matrix.from() * columns, columns, 1
                    });
            memory.desc product = new memory.desc(
                    new long[] {batches, rows, width}, builder.type(), new long[] {matrix.to() * columns, columns, 1});
            String key = "product " + batches + " " + rows + " " + window + " " + width + " of " + matrix.from()
                    + " to " + matrix.to() + " " + columns + adds + relu;
            Kernel kernel = builder.kernel(key, () -> {
                matmul.primitive_desc description =
                        new matmul.primitive_desc(OneDnn.CPU, left, right, product, ending(), false);
                int[] roles = {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_WEIGHTS, dnnl.DNNL_ARG_DST};
                return builder.make(description, new matmul(description), roles, left, right, product);
            });
            float[] numbers = new float[rows * window];
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < window; j++) {
                    int row = block.from() + i;
                    int column = low + j;
                    boolean within = column >= matrix.low(row) && column <= matrix.high(row);
                    numbers[i * window + j] = within ? matrix.weight(row, column) : 0;
                }
            }
            memory.desc plain =
                    new memory.desc(new long[] {1, rows, window}, memory.data_type.f32, memory.format_tag.abc);
            String name = Arrays.toString(numbers);
            Place weights = builder.constant(rows + " rows " + name, numbers, plain, left);
            long bytes = builder.typeBytes();
            return builder.call(
                    kernel,
                    weights,
                    from.at(((first * matrix.from() + low) * columns + firstColumn) * bytes),
                    to.at(((first * matrix.to() + block.from()) * columns + firstColumn) * bytes));
        }

        private primitive_attr ending() {
            post_ops after = new post_ops();
            if (adds) {
                after.append_sum();
            }
            if (relu) {
                after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
            }
            primitive_attr attributes = OneDnn.attributes();
            attributes.set_post_ops(after);
            return attributes;
        }
    }
}

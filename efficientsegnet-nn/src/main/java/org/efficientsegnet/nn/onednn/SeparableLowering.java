package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.plan.AxisMatrix;
import org.efficientsegnet.nn.plan.BinMeans;
import org.efficientsegnet.nn.plan.InterpolationMatrix;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/**
 * Interpolation and uneven means: along one axis after the other a product with a matrix, x first, since rows of x are
 * many and short and the extent is still small then. The matrix is a narrow band, so it is cut into blocks of rows, each
 * of which reads only the inputs that it depends on. The last product adds the addend and applies ReLU.
 */
final class SeparableLowering {

    private static final int BLOCK_ROWS = 32;

    void lower(Step.Resize step, ProgramBuilder program) {
        List<AxisMatrix> matrices = matrices(step, program, InterpolationMatrix::new);
        if (step.addend() != null && !program.isInPlace(step.output(), step.addend())) {
            program.reorder(program.value(step.addend()), program.value(step.output()));
        }
        lower(step, matrices, step.addend() != null, step.relu(), program);
    }

    void lower(Step.AdaptivePooling step, ProgramBuilder program) {
        lower(step, matrices(step, program, BinMeans::new), false, false, program);
    }

    private interface MatrixOf {
        AxisMatrix of(int from, int to);
    }

    /** By axis: z, y, x. */
    private static List<AxisMatrix> matrices(Step step, ProgramBuilder program, MatrixOf kind) {
        Shape in = program.maps(step.inputs().get(0)).shape();
        Shape out = program.maps(step.output()).shape();
        List<AxisMatrix> matrices = new ArrayList<>();
        for (Axis axis : Axis.values()) {
            matrices.add(kind.of(in.along(axis), out.along(axis)));
        }
        return matrices;
    }

    private static void lower(
            Step step, List<AxisMatrix> matrices, boolean accumulate, boolean relu, ProgramBuilder program) {
        String input = step.inputs().get(0);
        Maps maps = program.maps(input);
        Features features = new Features(maps.shape(), layout -> program.view(input, layout.of(), layout.offset()));
        for (int axis = 2; axis > 0; axis--) {
            AxisMatrix matrix = matrices.get(axis);
            if (matrix.from() != matrix.to()) {
                Shape shape = with(features.shape(), axis, matrix.to());
                int buffer = program.temporaryBuffer(shape.voxels() * maps.channels() * OneDnn.bytes(program.type()));
                Features next = new Features(shape, layout -> program.within(buffer, layout.of(), layout.offset()));
                product(program, matrix, axis, maps.channels(), features, next, OneDnn.attributes());
                features = next;
            }
        }
        Features output = new Features(
                program.maps(step.output()).shape(),
                layout -> program.view(step.output(), layout.of(), layout.offset()));
        product(program, matrices.get(0), 0, maps.channels(), features, output, ending(accumulate, relu));
    }

    private static primitive_attr ending(boolean accumulate, boolean relu) {
        primitive_attr attributes = OneDnn.attributes();
        post_ops after = new post_ops();
        if (accumulate) {
            after.append_sum();
        }
        if (relu) {
            after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
        }
        attributes.set_post_ops(after);
        return attributes;
    }

    private static Shape with(Shape shape, int axis, int extent) {
        return new Shape(
                axis == 0 ? extent : shape.z(), axis == 1 ? extent : shape.y(), axis == 2 ? extent : shape.x());
    }

    private record Part(memory.desc of, long offset) {}

    private interface Parts {
        memory at(Part part);
    }

    private record Features(Shape shape, Parts parts) {}

    /** One product along an axis: everything before the axis is the batch, everything after it the columns. */
    private static void product(
            ProgramBuilder program,
            AxisMatrix matrix,
            int axis,
            int channels,
            Features from,
            Features to,
            primitive_attr attributes) {
        Shape shape = from.shape();
        long batch = axis == 0 ? 1 : axis == 1 ? shape.z() : (long) shape.z() * shape.y();
        long columns = shape.voxels() * channels / batch / shape.along(Axis.at(axis));
        int bytes = OneDnn.bytes(program.type());
        for (int begin = 0; begin < matrix.to(); begin += BLOCK_ROWS) {
            int rows = Math.min(BLOCK_ROWS, matrix.to() - begin);
            int low = matrix.low(begin);
            int window = matrix.high(begin + rows - 1) - low + 1;
            float[] block = new float[rows * window];
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < window; j++) {
                    block[i * window + j] = matrix.weight(begin + i, low + j);
                }
            }
            long[] blockDimensions = {1, rows, window};
            memory.desc left = new memory.desc(blockDimensions, program.type(), memory.format_tag.abc);
            memory.desc right = new memory.desc(
                    new long[] {batch, window, columns}, program.type(), new long[] {matrix.from() * columns, columns, 1
                    });
            memory.desc product = new memory.desc(
                    new long[] {batch, rows, columns}, program.type(), new long[] {matrix.to() * columns, columns, 1});
            matmul.primitive_desc description =
                    new matmul.primitive_desc(OneDnn.CPU, left, right, product, attributes, false);
            memory.desc plain = new memory.desc(blockDimensions, memory.data_type.f32, memory.format_tag.abc);
            program.call(
                    description,
                    new matmul(description),
                    dnnl.DNNL_ARG_SRC,
                    program.weights().get(matrix + " row " + begin, block, plain, left),
                    dnnl.DNNL_ARG_WEIGHTS,
                    from.parts().at(new Part(right, low * columns * bytes)),
                    dnnl.DNNL_ARG_DST,
                    to.parts().at(new Part(product, begin * columns * bytes)));
        }
    }
}

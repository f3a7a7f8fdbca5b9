// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.plan.AxisMatrix;
import org.efficientsegnet.nn.plan.BinMeans;
import org.efficientsegnet.nn.plan.InterpolationMatrix;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;

/**
 * Interpolation and uneven means: along one axis after the other a product with a matrix, x first, since rows of x are
 * many and short and the extent is still small then. A task makes a few slices of the output from the slices of the input
 * that these depend on; what lies between stays in buffers of the worker, and in the cache. The matrices are narrow bands,
 * so they are cut into blocks of rows, each of which reads only the inputs that it depends on. The last product adds the
 * addend and applies ReLU.
 */
final class SeparableLowering {

    private static final int BLOCK_ROWS = 32;

    /** Slices of a task: with more, buffers leave the cache; with fewer, slices of the input are resampled more often. */
    private static final int SLICES = 4;

    private final ProgramBuilder program;
    private final Step step;
    private final FeatureShape in;
    private final FeatureShape out;
    private final int bytes;

    private SeparableLowering(Step step, ProgramBuilder program) {
        this.program = program;
        this.step = step;
        this.in = program.maps(step.inputs().get(0));
        this.out = program.maps(step.output());
        this.bytes = OneDnn.bytes(program.type());
    }

    static void lower(Step.Resize step, ProgramBuilder program) {
        new SeparableLowering(step, program).lower(InterpolationMatrix::new, step.addend(), step.relu());
    }

    static void lower(Step.AdaptivePooling step, ProgramBuilder program) {
        new SeparableLowering(step, program).lower(BinMeans::new, null, false);
    }

    private interface MatrixOf {
        AxisMatrix of(int from, int to);
    }

    private void lower(MatrixOf kind, String addend, boolean relu) {
        AxisMatrix alongZ = kind.of(in.shape().z(), out.shape().z());
        AxisMatrix alongY = kind.of(in.shape().y(), out.shape().y());
        AxisMatrix alongX = kind.of(in.shape().x(), out.shape().x());
        long nanos = program.nanos(0, in.elements() + 3 * out.elements());
        int slices = Slabs.tasks(nanos, out.shape().z()) == 1 ? out.shape().z() : SLICES;
        List<Band> bands = new ArrayList<>();
        for (int z = 0; z < out.shape().z(); z += slices) {
            bands.add(Band.of(alongZ, z, Math.min(z + slices, out.shape().z())));
        }
        int read = bands.stream().mapToInt(Band::inputs).max().orElseThrow();
        long row = (long) out.shape().x() * in.channels();
        Place rows = new Place(program.workerBuffer(row * in.shape().y() * read * bytes), 0);
        Place planes = new Place(program.workerBuffer(row * out.shape().y() * read * bytes), 0);
        Quantizer quantizer = program.quantizer(step.output());
        long sliceVoxels = (long) out.shape().y() * out.shape().x();
        List<List<Call>> tasks = new ArrayList<>();
        for (Band band : bands) {
            List<Call> calls = new ArrayList<>();
            Place to = program.slices(step.output(), band.begin());
            if (addend != null && !program.isInPlace(step.output(), addend)) {
                calls.add(copy(program.slices(addend, band.begin()), to, band.end() - band.begin()));
            }
            Place from = program.slices(step.inputs().get(0), band.firstInput());
            if (alongX.from() != alongX.to()) {
                long batch = (long) band.inputs() * in.shape().y();
                calls.addAll(product(Band.of(alongX), batch, in.channels(), from, rows, false, false));
                from = rows;
            }
            if (alongY.from() != alongY.to()) {
                calls.addAll(product(Band.of(alongY), band.inputs(), row, from, planes, false, false));
                from = planes;
            }
            calls.addAll(product(band, 1, out.shape().y() * row, from, to, addend != null, relu));
            if (quantizer != null) {
                calls.add(
                        quantizer.of(new Slab(band.begin() * sliceVoxels, (band.end() - band.begin()) * sliceVoxels)));
            }
            tasks.add(calls);
        }
        program.job(tasks, nanos);
    }

    /**
     * Some rows of a matrix, and the inputs that they depend on.
     *
     * @param matrix the matrix
     * @param begin the first row
     * @param end after the last row
     * @param firstInput of those that are there
     * @param inputs how many are there
     */
    private record Band(AxisMatrix matrix, int begin, int end, int firstInput, int inputs) {

        static Band of(AxisMatrix matrix, int begin, int end) {
            int low = matrix.low(begin);
            return new Band(matrix, begin, end, low, matrix.high(end - 1) - low + 1);
        }

        static Band of(AxisMatrix matrix) {
            return new Band(matrix, 0, matrix.to(), 0, matrix.from());
        }
    }

    /** One product along an axis: everything before the axis is the batch, everything after it the columns. */
    private List<Call> product(
            Band band, long batch, long columns, Place from, Place to, boolean accumulate, boolean relu) {
        List<Call> calls = new ArrayList<>();
        for (int begin = band.begin(); begin < band.end(); begin += BLOCK_ROWS) {
            Band block = Band.of(band.matrix(), begin, Math.min(begin + BLOCK_ROWS, band.end()));
            Kernel kernel = program.kernel(
                    List.of(block, band.inputs(), band.end() - band.begin(), batch, columns, accumulate, relu),
                    () -> product(block, band, batch, columns, accumulate, relu));
            calls.add(program.call(
                    kernel,
                    from.plus((block.firstInput() - band.firstInput()) * columns * bytes),
                    to.plus((begin - band.begin()) * columns * bytes)));
        }
        return calls;
    }

    private Kernel product(Band block, Band band, long batch, long columns, boolean accumulate, boolean relu) {
        int rows = block.end() - block.begin();
        float[] values = new float[rows * block.inputs()];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < block.inputs(); j++) {
                values[i * block.inputs() + j] = block.matrix().weight(block.begin() + i, block.firstInput() + j);
            }
        }
        long[] dimensions = {1, rows, block.inputs()};
        memory.desc left = new memory.desc(dimensions, program.type(), memory.format_tag.abc);
        memory.desc plain = new memory.desc(dimensions, memory.data_type.f32, memory.format_tag.abc);
        memory.desc right = new memory.desc(new long[] {batch, block.inputs(), columns}, program.type(), new long[] {
            band.inputs() * columns, columns, 1
        });
        memory.desc product = new memory.desc(new long[] {batch, rows, columns}, program.type(), new long[] {
            (band.end() - band.begin()) * columns, columns, 1
        });
        post_ops after = new post_ops();
        if (accumulate) {
            after.append_sum();
        }
        if (relu) {
            after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
        }
        primitive_attr attributes = OneDnn.attributes();
        attributes.set_post_ops(after);
        matmul.primitive_desc description =
                new matmul.primitive_desc(OneDnn.CPU, left, right, product, attributes, false);
        return program.kernel(
                description,
                new matmul(description),
                new Argument(dnnl.DNNL_ARG_SRC, program.weights().get(block.toString(), values, plain, left)),
                new Argument(dnnl.DNNL_ARG_WEIGHTS, right),
                new Argument(dnnl.DNNL_ARG_DST, product));
    }

    private Call copy(Place from, Place to, long slices) {
        Kernel kernel = program.kernel(List.of("copy", out, slices), () -> {
            memory.desc layout = program.layout(out, (int) slices);
            reorder.primitive_desc description =
                    new reorder.primitive_desc(OneDnn.CPU, layout, OneDnn.CPU, layout, OneDnn.attributes(), false);
            return program.kernel(
                    description,
                    new reorder(description),
                    new Argument(dnnl.DNNL_ARG_FROM, layout),
                    new Argument(dnnl.DNNL_ARG_TO, layout));
        });
        return program.call(kernel, from, to);
    }
}

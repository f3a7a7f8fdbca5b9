package org.efficientsegnet.nn.onednn;

import java.util.Arrays;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.volume.Shape;

/**
 * 3×3×3 convolutions with Winograd's minimal filtering F(4, 3) along z (Lavin, Gray: Fast Algorithms for Convolutional
 * Neural Networks, 2016, section 4.3): four slices of the output take six convolutions within a slice instead of twelve.
 *
 * <p>Six slices of the input are combined into six others, each is convolved with a combination of the kernel's three
 * slices, and the results are combined into four slices of the output. This is done for some rows of the slices at a
 * time, so that what lies between stays in the cache. In 32-bit arithmetic this costs a digit or less; in BF16 it would
 * cost too much, and multiplications are cheaper there.
 */
final class WinogradLowering implements Lowering<Step.Convolution> {

    private static final int OUTPUTS = 4;
    private static final int INPUTS = 6;
    private static final int KERNEL = 3;

    /** Six combinations (rows) of six slices of the input. */
    private static final float[][] INPUT_TRANSFORM = {
        {4, 0, -5, 0, 1, 0},
        {0, -4, -4, 1, 1, 0},
        {0, 4, -4, -1, 1, 0},
        {0, -2, -1, 2, 1, 0},
        {0, 2, -1, -2, 1, 0},
        {0, 4, 0, -5, 0, 1}
    };

    /** Six combinations of the kernel's three slices. */
    private static final double[][] KERNEL_TRANSFORM = {
        {1 / 4.0, 0, 0},
        {-1 / 6.0, -1 / 6.0, -1 / 6.0},
        {-1 / 6.0, 1 / 6.0, -1 / 6.0},
        {1 / 24.0, 1 / 12.0, 1 / 6.0},
        {1 / 24.0, -1 / 12.0, 1 / 6.0},
        {0, 0, 1}
    };

    /** Four slices of the output from the six products. */
    private static final float[][] OUTPUT_TRANSFORM = {
        {1, 1, 1, 1, 1, 0},
        {0, 1, -1, 2, -2, 0},
        {0, 1, 1, 4, 4, 0},
        {0, 1, -1, 8, -8, 1}
    };

    /** Fewer channels and the combinations cost more than they save. */
    private static final int LEAST_CHANNELS = 16;

    /** The combinations of some rows, which the cache has to hold. */
    private static final long CACHED_BYTES = 3 << 20;

    /** Whether this is possible and pays. */
    static boolean suits(Step.Convolution step, ProgramBuilder program) {
        return program.type() == memory.data_type.f32
                && step.kernel().equals(Shape.cube(KERNEL))
                && step.stride() == 1
                && !step.depthwise()
                && step.channels() % LEAST_CHANNELS == 0
                && program.maps(step.input()).channels() % LEAST_CHANNELS == 0
                && program.maps(step.output()).shape().z() % OUTPUTS == 0;
    }

    @Override
    public void lower(Step.Convolution step, ProgramBuilder program) {
        Maps in = program.maps(step.input());
        Maps out = program.maps(step.output());
        int height = in.shape().y();
        long rowBytes = (long) in.shape().x() * Math.max(in.channels(), out.channels()) * Float.BYTES;
        int tileRows = (int) Math.max(1, Math.min(height, CACHED_BYTES / INPUTS / rowBytes));
        int combined = program.temporaryBuffer(INPUTS * (tileRows + 2) * rowBytes);
        int products = program.temporaryBuffer(INPUTS * tileRows * rowBytes);
        float[][] kernels = kernels(program.weights().tensor(step.weight()));
        for (int y = 0; y < height; y += tileRows) {
            Tile tile = new Tile(step, program, y, Math.min(tileRows, height - y), kernels);
            for (int z = 0; z < in.shape().z(); z += OUTPUTS) {
                tile.compute(z, combined, products);
            }
        }
    }

    private static float[][] kernels(Tensor weight) {
        int slice = KERNEL * KERNEL;
        int pairs = weight.size() / slice / KERNEL;
        float[][] kernels = new float[INPUTS][pairs * slice];
        for (int combination = 0; combination < INPUTS; combination++) {
            for (int pair = 0; pair < pairs; pair++) {
                for (int i = 0; i < slice; i++) {
                    double sum = 0;
                    for (int z = 0; z < KERNEL; z++) {
                        sum += KERNEL_TRANSFORM[combination][z] * weight.values()[(pair * KERNEL + z) * slice + i];
                    }
                    kernels[combination][pair * slice + i] = (float) sum;
                }
            }
        }
        return kernels;
    }

    /** Some rows of all slices. */
    private static final class Tile {

        private final Step.Convolution step;
        private final ProgramBuilder program;
        private final Maps in;
        private final Maps out;
        private final int firstRow;
        private final int firstRead;
        private final memory.desc source;
        private final memory.desc target;
        private final convolution_forward.primitive_desc description;
        private final memory[] kernels = new memory[INPUTS];

        Tile(Step.Convolution step, ProgramBuilder program, int firstRow, int rows, float[][] kernels) {
            this.step = step;
            this.program = program;
            this.in = program.maps(step.input());
            this.out = program.maps(step.output());
            this.firstRow = firstRow;
            Shape whole = in.shape();
            // A row more on either side, except where the slice ends and the convolution pads.
            this.firstRead = Math.max(firstRow - 1, 0);
            int afterRead = Math.min(firstRow + rows + 1, whole.y());
            this.source = layout(in.channels(), afterRead - firstRead, whole.x());
            this.target = layout(out.channels(), rows, whole.x());
            long[] weight = {out.channels(), in.channels(), 1, KERNEL, KERNEL};
            this.description = new convolution_forward.primitive_desc(
                    OneDnn.CPU,
                    dnnl.prop_kind.forward_inference,
                    dnnl.algorithm.convolution_direct,
                    source,
                    new memory.desc(weight, memory.data_type.f32, memory.format_tag.any),
                    target,
                    new long[] {1, 1, 1},
                    new long[] {0, firstRow == 0 ? 1 : 0, 1},
                    new long[] {0, firstRow + rows == whole.y() ? 1 : 0, 1},
                    OneDnn.attributes(),
                    false);
            memory.desc plain = new memory.desc(weight, memory.data_type.f32, memory.format_tag.oidhw);
            for (int i = 0; i < INPUTS; i++) {
                this.kernels[i] = program.weights()
                        .get(step.weight() + "/winograd" + i, kernels[i], plain, description.weights_desc());
            }
        }

        private static memory.desc layout(int channels, int rows, int width) {
            return OneDnn.channelsLast(new Maps(channels, new Shape(1, rows, width)), memory.data_type.f32);
        }

        /** Adds the calls for the slices {@code z} to {@code z + 3} of the output. */
        void compute(int z, int combined, int products) {
            // The slice before the first and that after the last are zero, so their columns are left out.
            int first = Math.max(z - 1, 0);
            int last = Math.min(z + OUTPUTS, in.shape().z() - 1);
            combine(
                    columns(INPUT_TRANSFORM, first - (z - 1), last - (z - 1)),
                    program.view(step.input(), slices(last - first + 1, source, in), offset(in, first, firstRead)),
                    program.within(combined, slices(INPUTS, source), 0));
            for (int i = 0; i < INPUTS; i++) {
                program.call(
                        description,
                        new convolution_forward(description),
                        dnnl.DNNL_ARG_SRC,
                        program.within(combined, source, i * source.get_size()),
                        dnnl.DNNL_ARG_WEIGHTS,
                        kernels[i],
                        dnnl.DNNL_ARG_DST,
                        program.within(products, target, i * target.get_size()));
            }
            combine(
                    OUTPUT_TRANSFORM,
                    program.within(products, slices(INPUTS, target), 0),
                    program.view(step.output(), slices(OUTPUTS, target, out), offset(out, z, firstRow)));
        }

        private static long offset(Maps maps, int z, int row) {
            return ((long) z * maps.shape().y() + row) * maps.shape().x() * maps.channels() * Float.BYTES;
        }

        /** The tile's rows of slices that lie one after the other. */
        private static memory.desc slices(long slices, memory.desc tile) {
            return new memory.desc(
                    new long[] {slices, tile.get_size() / Float.BYTES}, memory.data_type.f32, memory.format_tag.ab);
        }

        /** The tile's rows of slices of whole feature maps. */
        private static memory.desc slices(long slices, memory.desc tile, Maps maps) {
            return new memory.desc(
                    new long[] {slices, tile.get_size() / Float.BYTES},
                    memory.data_type.f32,
                    new long[] {maps.elements() / maps.shape().z(), 1});
        }

        private static float[][] columns(float[][] matrix, int first, int last) {
            float[][] part = new float[matrix.length][];
            for (int i = 0; i < matrix.length; i++) {
                part[i] = Arrays.copyOfRange(matrix[i], first, last + 1);
            }
            return part;
        }

        private void combine(float[][] matrix, memory from, memory to) {
            int columns = matrix[0].length;
            float[] values = new float[matrix.length * columns];
            for (int i = 0; i < matrix.length; i++) {
                System.arraycopy(matrix[i], 0, values, i * columns, columns);
            }
            memory.desc left =
                    new memory.desc(new long[] {matrix.length, columns}, memory.data_type.f32, memory.format_tag.ab);
            matmul.primitive_desc description = new matmul.primitive_desc(
                    OneDnn.CPU, left, from.get_desc(), to.get_desc(), OneDnn.attributes(), false);
            program.call(
                    description,
                    new matmul(description),
                    dnnl.DNNL_ARG_SRC,
                    program.weights().get("winograd " + Arrays.toString(values), values, left, left),
                    dnnl.DNNL_ARG_WEIGHTS,
                    from,
                    dnnl.DNNL_ARG_DST,
                    to);
        }
    }
}

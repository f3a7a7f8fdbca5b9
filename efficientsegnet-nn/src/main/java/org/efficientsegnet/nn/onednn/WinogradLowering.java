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
 * Convolutions that reach over three slices, with Winograd's minimal filtering along z (Lavin, Gray: Fast Algorithms for
 * Convolutional Neural Networks, 2016): F(6, 3) makes six slices of the output with eight convolutions within a slice
 * instead of eighteen, F(4, 3) four with six instead of twelve.
 *
 * <p>The slices that a group of outputs reads are combined into as many others, each is convolved with a combination of
 * the kernel's three slices, and the results are combined into slices of the output. This is done for some rows of the
 * slices at a time, so that what lies between stays in the cache. In 32-bit arithmetic this costs a digit or less; in
 * BF16 it would cost too much, and multiplications are cheaper there.
 */
final class WinogradLowering implements Lowering<Step.Convolution> {

    private static final int KERNEL = 3;

    /**
     * A minimal filtering algorithm; each matrix has a combination a row.
     *
     * @param input of slices of the input
     * @param kernel of the kernel's slices, one for each combined slice of the input
     * @param output of the products, one for each slice of the output
     */
    private record Filtering(float[][] input, double[][] kernel, float[][] output) {

        int inputs() {
            return input.length;
        }

        int outputs() {
            return output.length;
        }
    }

    /** F(6, 3) with the points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity. */
    private static final Filtering SIX = new Filtering(
            new float[][] {
                {1, 0, -5.25f, 0, 5.25f, 0, -1, 0},
                {0, 1, 1, -4.25f, -4.25f, 1, 1, 0},
                {0, -1, 1, 4.25f, -4.25f, -1, 1, 0},
                {0, 0.5f, 0.25f, -2.5f, -1.25f, 2, 1, 0},
                {0, -0.5f, 0.25f, 2.5f, -1.25f, -2, 1, 0},
                {0, 2, 4, -2.5f, -5, 0.5f, 1, 0},
                {0, -2, 4, 2.5f, -5, -0.5f, 1, 0},
                {0, -1, 0, 5.25f, 0, -5.25f, 0, 1}
            },
            new double[][] {
                {1, 0, 0},
                {-2 / 9.0, -2 / 9.0, -2 / 9.0},
                {-2 / 9.0, 2 / 9.0, -2 / 9.0},
                {1 / 90.0, 1 / 45.0, 2 / 45.0},
                {1 / 90.0, -1 / 45.0, 2 / 45.0},
                {32 / 45.0, 16 / 45.0, 8 / 45.0},
                {32 / 45.0, -16 / 45.0, 8 / 45.0},
                {0, 0, 1}
            },
            new float[][] {
                {1, 1, 1, 1, 1, 1, 1, 0},
                {0, 1, -1, 2, -2, 1 / 2f, -1 / 2f, 0},
                {0, 1, 1, 4, 4, 1 / 4f, 1 / 4f, 0},
                {0, 1, -1, 8, -8, 1 / 8f, -1 / 8f, 0},
                {0, 1, 1, 16, 16, 1 / 16f, 1 / 16f, 0},
                {0, 1, -1, 32, -32, 1 / 32f, -1 / 32f, 1}
            });

    /** F(4, 3) with the points 0, 1, -1, 2, -2 and infinity. */
    private static final Filtering FOUR = new Filtering(
            new float[][] {
                {4, 0, -5, 0, 1, 0},
                {0, -4, -4, 1, 1, 0},
                {0, 4, -4, -1, 1, 0},
                {0, -2, -1, 2, 1, 0},
                {0, 2, -1, -2, 1, 0},
                {0, 4, 0, -5, 0, 1}
            },
            new double[][] {
                {1 / 4.0, 0, 0},
                {-1 / 6.0, -1 / 6.0, -1 / 6.0},
                {-1 / 6.0, 1 / 6.0, -1 / 6.0},
                {1 / 24.0, 1 / 12.0, 1 / 6.0},
                {1 / 24.0, -1 / 12.0, 1 / 6.0},
                {0, 0, 1}
            },
            new float[][] {
                {1, 1, 1, 1, 1, 0},
                {0, 1, -1, 2, -2, 0},
                {0, 1, 1, 4, 4, 0},
                {0, 1, -1, 8, -8, 1}
            });

    /** Fewer channels and the combinations cost more than they save. */
    private static final int LEAST_CHANNELS = 8;

    /** The combinations of some rows, which the cache has to hold. */
    private static final long CACHED_BYTES = 3 << 20;

    /** Whether this is possible and pays. */
    static boolean suits(Step.Convolution step, ProgramBuilder program) {
        return program.type() == memory.data_type.f32
                && step.kernel().z() == KERNEL
                && step.kernel().y() * step.kernel().x() > 1
                && step.stride() == 1
                && !step.depthwise()
                && step.channels() % LEAST_CHANNELS == 0
                && program.maps(step.input()).channels() % LEAST_CHANNELS == 0
                && filteringOf(program.maps(step.output()).shape().z()) != null;
    }

    /** The algorithm whose groups of slices fill a volume, or null. */
    private static Filtering filteringOf(int slices) {
        if (slices % SIX.outputs() == 0) {
            return SIX;
        }
        return slices % FOUR.outputs() == 0 ? FOUR : null;
    }

    @Override
    public void lower(Step.Convolution step, ProgramBuilder program) {
        Maps in = program.maps(step.input());
        Maps out = program.maps(step.output());
        Filtering filtering = filteringOf(out.shape().z());
        int inputs = filtering.inputs();
        int height = in.shape().y();
        long rowBytes = (long) in.shape().x() * Math.max(in.channels(), out.channels()) * Float.BYTES;
        int tileRows = (int) Math.max(1, Math.min(height, CACHED_BYTES / inputs / rowBytes));
        int readRows = tileRows + step.kernel().y() - 1;
        int combined = program.temporaryBuffer(inputs * readRows * rowBytes);
        int products = program.temporaryBuffer(inputs * tileRows * rowBytes);
        Shape kernel = step.kernel();
        float[][] kernels = kernels(filtering, program.weights().tensor(step.weight()), kernel.y() * kernel.x());
        for (int y = 0; y < height; y += tileRows) {
            Tile tile = new Tile(step, program, filtering, y, Math.min(tileRows, height - y), kernels);
            for (int z = 0; z < in.shape().z(); z += filtering.outputs()) {
                tile.compute(z, combined, products);
            }
        }
    }

    private static float[][] kernels(Filtering filtering, Tensor weight, int slice) {
        int pairs = weight.size() / slice / KERNEL;
        float[][] kernels = new float[filtering.inputs()][pairs * slice];
        for (int combination = 0; combination < kernels.length; combination++) {
            for (int pair = 0; pair < pairs; pair++) {
                for (int i = 0; i < slice; i++) {
                    double sum = 0;
                    for (int z = 0; z < KERNEL; z++) {
                        sum += filtering.kernel()[combination][z] * weight.values()[(pair * KERNEL + z) * slice + i];
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
        private final Filtering filtering;
        private final Maps in;
        private final Maps out;
        private final int firstRow;
        private final int firstRead;
        private final memory.desc source;
        private final memory.desc target;
        private final convolution_forward.primitive_desc description;
        private final memory[] kernels;

        Tile(
                Step.Convolution step,
                ProgramBuilder program,
                Filtering filtering,
                int firstRow,
                int rows,
                float[][] kernels) {
            this.step = step;
            this.program = program;
            this.filtering = filtering;
            this.in = program.maps(step.input());
            this.out = program.maps(step.output());
            this.firstRow = firstRow;
            Shape whole = in.shape();
            Shape kernel = step.kernel();
            // More rows on either side, except where the slice ends and the convolution pads.
            int reach = kernel.y() / 2;
            this.firstRead = Math.max(firstRow - reach, 0);
            int afterRead = Math.min(firstRow + rows + reach, whole.y());
            long padAbove = reach - (firstRow - firstRead);
            long padBelow = reach - (afterRead - firstRow - rows);
            int pair = ConvolutionLowering.isPaired(step, out) ? 2 : 1;
            this.source = layout(in.channels(), afterRead - firstRead, whole.x());
            this.target = layout(pair * out.channels(), rows, whole.x() / pair);
            long[] weight = {(long) pair * out.channels(), in.channels(), 1, kernel.y(), kernel.x() + pair - 1L};
            this.description = new convolution_forward.primitive_desc(
                    OneDnn.CPU,
                    dnnl.prop_kind.forward_inference,
                    dnnl.algorithm.convolution_direct,
                    source,
                    new memory.desc(weight, memory.data_type.f32, memory.format_tag.any),
                    target,
                    new long[] {1, 1, pair},
                    new long[] {0, padAbove, kernel.x() / 2},
                    new long[] {0, padBelow, kernel.x() / 2},
                    OneDnn.attributes(),
                    false);
            memory.desc plain = new memory.desc(weight, memory.data_type.f32, memory.format_tag.oidhw);
            this.kernels = new memory[kernels.length];
            for (int i = 0; i < kernels.length; i++) {
                float[] values = pair == 1 ? kernels[i] : ConvolutionLowering.twice(kernels[i], kernel.x());
                this.kernels[i] = program.weights()
                        .get(
                                step.weight() + "/winograd" + kernels.length + "." + i,
                                values,
                                plain,
                                description.weights_desc());
            }
        }

        private static memory.desc layout(int channels, int rows, int width) {
            return OneDnn.channelsLast(new Maps(channels, new Shape(1, rows, width)), memory.data_type.f32);
        }

        /** Adds the calls for a group of slices of the output, from {@code z} on. */
        void compute(int z, int combined, int products) {
            // The slice before the first and that after the last are zero, so their columns are left out.
            int first = Math.max(z - 1, 0);
            int last = Math.min(z + filtering.outputs(), in.shape().z() - 1);
            combine(
                    columns(filtering.input(), first - (z - 1), last - (z - 1)),
                    program.view(step.input(), slices(last - first + 1, source, in), offset(in, first, firstRead)),
                    program.within(combined, slices(kernels.length, source), 0));
            for (int i = 0; i < kernels.length; i++) {
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
                    filtering.output(),
                    program.within(products, slices(kernels.length, target), 0),
                    program.view(step.output(), slices(filtering.outputs(), target, out), offset(out, z, firstRow)));
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

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
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
final class WinogradLowering {

    private static final int KERNEL = 3;

    /** What a task should take, ns. */
    private static final long TASK_NANOS = 2_000_000;

    /** Fewer rows at a time and those read beside them cost too much. */
    private static final int LEAST_ROWS = 4;

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
    private static final long CACHED_BYTES = 4 << 20;

    private final Step.Convolution step;
    private final ProgramBuilder program;
    private final Filtering filtering;
    private final FeatureShape in;
    private final FeatureShape out;
    private final Shape kernel;
    private final int together;
    private final float[][] kernels;

    WinogradLowering(Step.Convolution step, ProgramBuilder program) {
        this.step = step;
        this.program = program;
        this.in = program.maps(step.input());
        this.out = program.maps(step.output());
        this.filtering = filteringOf(out.shape().z());
        this.kernel = step.kernel();
        this.together = ConvolutionLowering.isPaired(step, out) ? 2 : 1;
        this.kernels = kernels();
    }

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

    private float[][] kernels() {
        Tensor weight = program.weights().tensor(step.weight());
        int slice = kernel.y() * kernel.x();
        int pairs = weight.size() / slice / KERNEL;
        float[][] combined = new float[filtering.inputs()][pairs * slice];
        for (int combination = 0; combination < combined.length; combination++) {
            for (int pair = 0; pair < pairs; pair++) {
                for (int i = 0; i < slice; i++) {
                    double sum = 0;
                    for (int z = 0; z < KERNEL; z++) {
                        sum += filtering.kernel()[combination][z] * weight.values()[(pair * KERNEL + z) * slice + i];
                    }
                    combined[combination][pair * slice + i] = (float) sum;
                }
            }
        }
        return combined;
    }

    void lower() {
        Statistics statistics = program.wanted(step.output());
        int width = in.shape().x();
        int groups = out.shape().z() / filtering.outputs();
        long saved = (long) filtering.outputs() * KERNEL / filtering.inputs();
        long nanos = program.nanos(program.flops(step) / saved, 6 * (in.elements() + out.elements()));
        List<Slab> tiles = tiles(nanos / groups);
        Tile[] forms = new Tile[tiles.size()];
        long rows = tiles.get(0).extent();
        long rowBytes = (long) width * Math.max(in.channels(), out.channels()) * Float.BYTES;
        int combined = program.workerBuffer(filtering.inputs() * (rows + kernel.y() - 1) * rowBytes);
        int products = program.workerBuffer(filtering.inputs() * rows * rowBytes);
        for (int i = 0; i < forms.length; i++) {
            forms[i] = new Tile((int) tiles.get(i).first(), (int) tiles.get(i).extent(), combined, products);
        }
        List<List<Call>> tasks = new ArrayList<>();
        for (int z = 0; z < out.shape().z(); z += filtering.outputs()) {
            for (int i = 0; i < forms.length; i++) {
                List<Call> calls = forms[i].compute(z);
                if (statistics != null) {
                    Statistics.Part part = statistics.part();
                    for (int slice = z; slice < z + filtering.outputs(); slice++) {
                        long row = (long) slice * out.shape().y() + tiles.get(i).first();
                        calls.addAll(part.of(row * width, tiles.get(i).extent() * width));
                    }
                }
                tasks.add(calls);
            }
        }
        program.job(tasks, nanos);
    }

    /** Rows that are computed at a time. */
    private List<Slab> tiles(long nanos) {
        int height = in.shape().y();
        long rowBytes = (long) in.shape().x() * Math.max(in.channels(), out.channels()) * Float.BYTES;
        long most = Math.max(1, CACHED_BYTES / filtering.inputs() / rowBytes);
        long parts = Math.max((height + most - 1) / most, Math.min(nanos / TASK_NANOS, height / LEAST_ROWS));
        long rows = (height + parts - 1) / parts;
        List<Slab> tiles = new ArrayList<>();
        for (long y = 0; y < height; y += rows) {
            tiles.add(new Slab(y, Math.min(rows, height - y)));
        }
        return tiles;
    }

    /** Some rows of all slices. */
    private final class Tile {

        private final int firstRow;
        private final int firstRead;
        private final int afterRead;
        private final int combined;
        private final int products;
        private final memory.desc source;
        private final memory.desc target;
        private final List<Kernel> convolutions = new ArrayList<>();

        Tile(int firstRow, int rows, int combined, int products) {
            this.firstRow = firstRow;
            this.combined = combined;
            this.products = products;
            Shape whole = in.shape();
            // More rows on either side, except where the slice ends and the convolution pads.
            int reach = kernel.y() / 2;
            this.firstRead = Math.max(firstRow - reach, 0);
            this.afterRead = Math.min(firstRow + rows + reach, whole.y());
            this.source = layout(in.channels(), afterRead - firstRead, whole.x());
            this.target = layout(together * out.channels(), rows, whole.x() / together);
            long[] weight = {(long) together * out.channels(), in.channels(), 1, kernel.y(), kernel.x() + together - 1L
            };
            convolution_forward.primitive_desc description = new convolution_forward.primitive_desc(
                    OneDnn.CPU,
                    dnnl.prop_kind.forward_inference,
                    dnnl.algorithm.convolution_direct,
                    source,
                    new memory.desc(weight, memory.data_type.f32, memory.format_tag.any),
                    target,
                    new long[] {1, 1, together},
                    new long[] {0, reach - (firstRow - firstRead), kernel.x() / 2},
                    new long[] {0, reach - (afterRead - firstRow - rows), kernel.x() / 2},
                    OneDnn.attributes(),
                    false);
            memory.desc plain = new memory.desc(weight, memory.data_type.f32, memory.format_tag.oidhw);
            for (int i = 0; i < kernels.length; i++) {
                float[] values = together == 1 ? kernels[i] : ConvolutionLowering.twice(kernels[i], kernel.x());
                memory packed = program.weights()
                        .get(
                                step.weight() + "/winograd" + kernels.length + "." + i,
                                values,
                                plain,
                                description.weights_desc());
                convolutions.add(program.kernel(
                        description,
                        new convolution_forward(description),
                        new Argument(dnnl.DNNL_ARG_SRC, source),
                        new Argument(dnnl.DNNL_ARG_WEIGHTS, packed),
                        new Argument(dnnl.DNNL_ARG_DST, target)));
            }
        }

        private static memory.desc layout(int channels, int rows, int width) {
            return OneDnn.channelsLast(new FeatureShape(channels, new Shape(1, rows, width)), memory.data_type.f32);
        }

        /** The calls for a group of slices of the output, from {@code z} on. */
        List<Call> compute(int z) {
            // The slice before the first and that after the last are zero, so their columns are left out.
            int first = Math.max(z - 1, 0);
            int last = Math.min(z + filtering.outputs(), in.shape().z() - 1);
            List<Call> calls = new ArrayList<>();
            long read = source.get_size() / Float.BYTES;
            calls.add(combine(
                    columns(filtering.input(), first - (z - 1), last - (z - 1)),
                    read,
                    slice(in),
                    read,
                    program.value(step.input(), offset(in, first, firstRead)),
                    new Place(combined, 0)));
            for (int i = 0; i < convolutions.size(); i++) {
                calls.add(program.call(
                        convolutions.get(i),
                        new Place(combined, i * source.get_size()),
                        new Place(products, i * target.get_size())));
            }
            long written = target.get_size() / Float.BYTES;
            calls.add(combine(
                    filtering.output(),
                    written,
                    written,
                    slice(out),
                    new Place(products, 0),
                    program.value(step.output(), offset(out, z, firstRow))));
            return calls;
        }

        private static long slice(FeatureShape maps) {
            return maps.elements() / maps.shape().z();
        }

        private static long offset(FeatureShape maps, int z, int row) {
            return ((long) z * maps.shape().y() + row) * maps.shape().x() * maps.channels() * Float.BYTES;
        }

        private static float[][] columns(float[][] matrix, int first, int last) {
            float[][] part = new float[matrix.length][];
            for (int i = 0; i < matrix.length; i++) {
                part[i] = Arrays.copyOfRange(matrix[i], first, last + 1);
            }
            return part;
        }
    }

    /**
     * Multiplies a matrix with one whose rows are a tile's numbers of one slice.
     *
     * @param numbers how many a slice has
     * @param fromStride from one slice of the input to the next, in numbers
     * @param toStride from one slice of the output to the next
     */
    private Call combine(float[][] matrix, long numbers, long fromStride, long toStride, Place from, Place to) {
        int columns = matrix[0].length;
        float[] values = new float[matrix.length * columns];
        for (int i = 0; i < matrix.length; i++) {
            System.arraycopy(matrix[i], 0, values, i * columns, columns);
        }
        String name = "winograd " + Arrays.toString(values);
        Kernel combination = program.kernel(List.of(name, numbers, fromStride, toStride), () -> {
            memory.desc left =
                    new memory.desc(new long[] {matrix.length, columns}, memory.data_type.f32, memory.format_tag.ab);
            memory.desc right = slices(columns, numbers, fromStride);
            memory.desc product = slices(matrix.length, numbers, toStride);
            matmul.primitive_desc description =
                    new matmul.primitive_desc(OneDnn.CPU, left, right, product, OneDnn.attributes(), false);
            return program.kernel(
                    description,
                    new matmul(description),
                    new Argument(dnnl.DNNL_ARG_SRC, program.weights().get(name, values, left, left)),
                    new Argument(dnnl.DNNL_ARG_WEIGHTS, right),
                    new Argument(dnnl.DNNL_ARG_DST, product));
        });
        return program.call(combination, from, to);
    }

    private static memory.desc slices(long slices, long numbers, long stride) {
        return new memory.desc(new long[] {slices, numbers}, memory.data_type.f32, new long[] {stride, 1});
    }
}

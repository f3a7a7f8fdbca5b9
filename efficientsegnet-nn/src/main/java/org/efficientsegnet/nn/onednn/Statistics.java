// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;

/**
 * Means and variances of channels. They are taken chunk by chunk, by the task that has just written the chunk, since it is
 * in the cache then: short 32-bit sums, which the task adds up in 64 bits.
 *
 * <p>A chunk is seen as rows of numbers. A row is as many voxels as fill whole vectors; each place in the row gets
 * statistics of its own, and those of one channel are merged. Sum and sum of squares of each place are the gradients of
 * bias and weights of a depthwise 1×1 convolution whose input and arriving gradient are both the chunk: no normalisation
 * of oneDNN finds them as fast. All sums of equal numbers, and a CT has much air, are rounded the same way, so that what
 * they lose does not cancel; hence few rows, and wide ones.
 *
 * <p>Squares lose digits where a mean is far from zero, which nothing makes up for where there are few voxels. Such values
 * are summed in 64 bits from the begin.
 *
 * <p>On other CPUs than x86, for which oneDNN has no such fast gradient, statistics are those of a batch normalisation whose
 * result is thrown away.
 */
final class Statistics {

    /** Places in a row, or a multiple: two vectors of 512 bits, four of 256. */
    private static final int VECTORS = 32;

    /** Places in a row, at most, unless there are more channels: with twice as many sums take twice as long. */
    private static final int WIDEST = 1 << 9;

    /** How many numbers a 32-bit sum adds up, as a rule. */
    private static final int ROWS = 1 << 7;

    /** The same for sums of BF16 numbers, whose own rounding is far coarser. */
    private static final int ROWS_OF_BFLOAT16 = 1 << 11;

    /** Numbers in a chunk: the cache has to hold them. */
    private static final int MOST_NUMBERS = 1 << 16;

    /** Values of so few numbers are summed in 64 bits. */
    private static final int FEW_NUMBERS = 1 << 14;

    private final String value;
    private final ProgramBuilder program;
    private final FeatureShape maps;
    private final int summed;
    /** Buffers of each worker for what a kernel finds of a chunk: sums, or means; squares, or variances. */
    private int firsts = -1;

    private int seconds = -1;
    private final List<StatisticsSums> parts = new ArrayList<>();

    /**
     * @param value the feature maps
     * @param program the program
     */
    Statistics(String value, ProgramBuilder program) {
        this.value = value;
        this.program = program;
        this.maps = program.maps(value);
        this.summed = program.type() == memory.data_type.bf16 ? ROWS_OF_BFLOAT16 : ROWS;
    }

    /** A part of the value, which one task looks at. */
    Part part() {
        return new Part();
    }

    /** What one task adds up. */
    final class Part {

        private final StatisticsSums sums = new StatisticsSums(maps.channels());

        private Part() {
            parts.add(sums);
        }

        /** The calls that add voxels that lie one after the other. */
        List<Call> of(long firstVoxel, long voxels) {
            int number = OneDnn.bytes(program.type());
            Place begin = program.value(value, firstVoxel * maps.channels() * number);
            if (maps.elements() <= FEW_NUMBERS) {
                return List.of(sums.ofNumbers(begin, (int) (voxels * maps.channels()), program.type()));
            }
            int inARow = voxelsInARow(voxels);
            int width = inARow * maps.channels();
            long rows = voxels / inARow;
            long chunks = (rows + mostRows(width) - 1) / mostRows(width);
            long most = (rows + chunks - 1) / chunks;
            List<Call> calls = new ArrayList<>();
            for (long row = 0; row < rows; row += most) {
                calls.addAll(chunk(begin.plus(row * width * number), width, (int) Math.min(most, rows - row)));
            }
            if (voxels % inARow > 0) {
                calls.addAll(chunk(begin.plus(rows * width * number), maps.channels(), (int) (voxels % inARow)));
            }
            return calls;
        }

        private List<Call> chunk(Place numbers, int width, int rows) {
            Place first = new Place(firsts(width), 0);
            Place second = new Place(seconds(width), 0);
            if (areSums()) {
                Kernel kernel = program.kernel(List.of("sums", width, rows), () -> sums(width, rows));
                return List.of(
                        program.call(kernel, numbers, numbers, first, second), sums.ofSums(first, second, width));
            }
            Kernel kernel = program.kernel(List.of("normalization", width, rows), () -> normalization(width, rows));
            int discarded = program.workerBuffer((long) width * rows * OneDnn.bytes(program.type()));
            return List.of(
                    program.call(kernel, numbers, new Place(discarded, 0), first, second),
                    sums.ofMoments(first, second, width, rows));
        }
    }

    private int firsts(int width) {
        firsts = buffer(firsts, width);
        return firsts;
    }

    private int seconds(int width) {
        seconds = buffer(seconds, width);
        return seconds;
    }

    private int buffer(int buffer, int width) {
        // Weights may be padded to whole vectors.
        long bytes = (long) (width + VECTORS) * Float.BYTES;
        if (buffer < 0) {
            return program.workerBuffer(bytes);
        }
        program.enlarge(buffer, bytes);
        return buffer;
    }

    private int mostRows(int width) {
        return Math.max(1, Math.min(summed, MOST_NUMBERS / width));
    }

    /** So many that rows fill whole vectors and that there are few rows, but no more than that. */
    private int voxelsInARow(long voxels) {
        int best = 1;
        long chunk = Math.min(voxels, MOST_NUMBERS / maps.channels());
        for (int inARow = 1; inARow <= voxels && inARow * maps.channels() <= WIDEST; inARow *= 2) {
            if (inARow * maps.channels() % VECTORS == 0) {
                best = inARow;
                if (chunk / inARow <= summed) {
                    break;
                }
            }
        }
        return best;
    }

    private static boolean areSums() {
        return OneDnn.isX86();
    }

    private Kernel sums(int width, int rows) {
        memory.desc layout = new memory.desc(new long[] {1, width, 1, rows}, program.type(), memory.format_tag.nhwc);
        memory.desc bias = perPlace(width);
        convolution_backward_weights.primitive_desc description = gradient(layout, bias, width);
        return program.kernel(
                description,
                new convolution_backward_weights(description),
                new Argument(dnnl.DNNL_ARG_SRC, layout),
                new Argument(dnnl.DNNL_ARG_DIFF_DST, layout),
                new Argument(dnnl.DNNL_ARG_DIFF_BIAS, bias),
                new Argument(dnnl.DNNL_ARG_DIFF_WEIGHTS, description.diff_weights_desc()));
    }

    private static memory.desc perPlace(int width) {
        return new memory.desc(new long[] {width}, memory.data_type.f32, memory.format_tag.a);
    }

    private static convolution_backward_weights.primitive_desc gradient(
            memory.desc layout, memory.desc bias, int width) {
        long[] depthwise = {width, 1, 1, 1, 1};
        memory.desc gradient = new memory.desc(depthwise, memory.data_type.f32, memory.format_tag.any);
        memory.desc weights = new memory.desc(depthwise, layout.get_data_type(), memory.format_tag.any);
        long[] one = {1, 1};
        long[] none = {0, 0};
        int direct = dnnl.algorithm.convolution_direct.value;
        convolution_forward.primitive_desc forward = new convolution_forward.primitive_desc(
                OneDnn.CPU, dnnl.prop_kind.forward_training.value, direct, layout, weights, layout, one, none, none);
        return new convolution_backward_weights.primitive_desc(
                OneDnn.CPU,
                direct,
                layout,
                gradient,
                bias,
                layout,
                one,
                none,
                none,
                forward,
                OneDnn.attributes(),
                false);
    }

    private Kernel normalization(int width, int rows) {
        memory.desc layout = OneDnn.rows(width, rows, program.type());
        batch_normalization_forward.primitive_desc description = new batch_normalization_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_training.value,
                layout,
                layout,
                1,
                dnnl.normalization_flags.none.value,
                OneDnn.attributes(),
                false);
        return program.kernel(
                description,
                new batch_normalization_forward(description),
                new Argument(dnnl.DNNL_ARG_SRC, layout),
                new Argument(dnnl.DNNL_ARG_DST, layout),
                new Argument(dnnl.DNNL_ARG_MEAN, perPlace(width)),
                new Argument(dnnl.DNNL_ARG_VARIANCE, perPlace(width)));
    }

    /** The call that merges all parts; it may run when their calls have ended. */
    StatisticsMerge merge() {
        return new StatisticsMerge(parts, maps.channels(), maps.shape().voxels());
    }
}

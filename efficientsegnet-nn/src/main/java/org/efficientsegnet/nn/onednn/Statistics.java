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
 * Means and variances of channels, 32-bit whatever the type of the feature maps. They are taken chunk by chunk, by the
 * task that has just written the chunk, since it is in the cache then, and merged in 64 bits in the order of the chunks.
 *
 * <p>A chunk is seen as rows of numbers. A row is as many voxels as fill whole vectors; each place in the row gets
 * statistics of its own, and those of one channel are merged. Sum and sum of squares of each place are the gradients of
 * bias and weights of a depthwise 1×1 convolution whose input and arriving gradient are both the chunk: no normalisation
 * of oneDNN finds them as fast. Squares lose digits where a mean is far from zero, and sums where there are many, so
 * chunks are small.
 *
 * <p>On other CPUs than x86, for which oneDNN has no such fast gradient, they are those of a batch normalisation whose
 * result is thrown away.
 */
final class Statistics {

    /** Places in a row, or a multiple: two vectors of 512 bits, four of 256. */
    private static final int WIDTH = 32;

    private static final int MOST_NUMBERS = 1 << 16;
    private static final int MOST_VOXELS = 1 << 12;

    /** Rows that a chunk, as an image, has side by side. */
    private static final int COLUMNS = 128;

    private static final int CACHE_LINE = 64;

    private final String value;
    private final ProgramBuilder program;
    private final FeatureShape maps;
    private final int firsts;
    private final int seconds;
    private final List<StatisticsMerge.Chunk> chunks = new ArrayList<>();
    private long bytes;

    /**
     * @param value the feature maps
     * @param program the program
     * @param firsts buffer for sums, or means; its size is found when all chunks are known
     * @param seconds buffer for sums of squares, or variances
     */
    Statistics(String value, ProgramBuilder program, int firsts, int seconds) {
        this.value = value;
        this.program = program;
        this.maps = program.maps(value);
        this.firsts = firsts;
        this.seconds = seconds;
    }

    /** The calls that find the statistics of voxels that lie one after the other. */
    List<Call> of(long firstVoxel, long voxels) {
        int inARow = voxelsInARow(voxels);
        int width = inARow * maps.channels();
        long most = Math.max(1, Math.min(MOST_NUMBERS / width, MOST_VOXELS / inARow));
        if (most > COLUMNS) {
            most = most / COLUMNS * COLUMNS;
        }
        int number = OneDnn.bytes(program.type());
        Place begin = program.value(value, firstVoxel * maps.channels() * number);
        List<Call> calls = new ArrayList<>();
        long rows = voxels / inARow;
        long row = 0;
        while (row < rows) {
            // Images are rectangles: what does not fill their last row is a chunk of its own.
            long size = Math.min(most, rows - row);
            if (size > COLUMNS) {
                size = size / COLUMNS * COLUMNS;
            }
            calls.add(chunk(begin.plus(row * width * number), width, (int) size));
            row += size;
        }
        return calls;
    }

    private int voxelsInARow(long voxels) {
        for (int inARow = 1; inARow <= WIDTH; inARow *= 2) {
            if (maps.channels() * inARow % WIDTH == 0 && voxels % inARow == 0) {
                return inARow;
            }
        }
        return 1;
    }

    private Call chunk(Place numbers, int width, int rows) {
        Place first = new Place(firsts, bytes);
        Place second = new Place(seconds, bytes);
        chunks.add(new StatisticsMerge.Chunk((int) (bytes / Float.BYTES), width, rows));
        // Whole cache lines: workers do not write into the same one, and weights may be padded to whole vectors.
        bytes += ((long) width * Float.BYTES + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
        program.resize(firsts, bytes);
        program.resize(seconds, bytes);
        if (areSums()) {
            Kernel kernel = program.kernel(List.of("sums", width, rows), () -> sums(width, rows));
            return program.call(kernel, numbers, numbers, first, second);
        }
        Kernel kernel = program.kernel(List.of("normalization", width, rows), () -> normalization(width, rows));
        int discarded = program.workerBuffer((long) width * rows * OneDnn.bytes(program.type()));
        return program.call(kernel, numbers, new Place(discarded, 0), first, second);
    }

    private static boolean areSums() {
        return OneDnn.isX86();
    }

    private Kernel sums(int width, int rows) {
        int columns = Math.min(COLUMNS, rows);
        memory.desc layout =
                new memory.desc(new long[] {1, width, rows / columns, columns}, program.type(), memory.format_tag.nhwc);
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

    /** The call that merges all chunks; it may run when their calls have ended. */
    StatisticsMerge merge() {
        return new StatisticsMerge(new Place(firsts, 0), new Place(seconds, 0), areSums(), chunks, maps.channels());
    }
}

package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;

/**
 * Means and variances of channels, 32-bit whatever the type of the feature maps.
 *
 * <p>Feature maps are seen as rows of numbers. A row is one voxel or, where the channels do not fill whole vectors
 * (oneDNN has no fast form for that), as many voxels as do; each place in the row then gets statistics of its own, and
 * those of one channel are merged.
 *
 * <p>oneDNN adds up a place one row after the other, so over millions of voxels the sum would lose digits. The statistics
 * of large feature maps are therefore taken of slabs, and merged too. A slab lies in the cache while oneDNN passes over it
 * several times, so this is no slower.
 *
 * <p>A slab's statistics are those of a batch normalisation whose result is thrown away. For 32-bit maps on x86 there is
 * something faster, on vectors of 256 bits three times as fast: sum and sum of squares as the gradients of bias and weights
 * of a depthwise 1×1 convolution whose input and arriving gradient are both the slab. Squares lose digits where a mean is
 * far from zero, so slabs have far fewer rows there, by which means gain digits too.
 */
final class StatisticsLowering {

    /** Numbers in the widest vector register. */
    private static final int VECTOR = 16;

    /** Rows of a slab that is normalised; feature maps with fewer are one. */
    private static final int SLAB_ROWS = 1 << 14;

    /** Vectors in a row of a slab that is summed; oneDNN is slower with more and with fewer. */
    private static final int SUMMED_VECTORS = 4;

    /** Numbers of a slab that is summed: so few that a place has a thousand rows at most on 512 bits, two on 256. */
    private static final int SUMMED_NUMBERS = 1 << 16;

    /** Rows that the slab, as an image, has side by side. */
    private static final int SUMMED_COLUMNS = 64;

    private final String value;
    private final ProgramBuilder program;
    private final Maps maps;
    private final int voxelsInARow;

    /** @param value the feature maps */
    StatisticsLowering(String value, ProgramBuilder program) {
        this.value = value;
        this.program = program;
        this.maps = program.maps(value);
        this.voxelsInARow = voxelsInARow(VECTOR);
    }

    private int voxelsInARow(int multiple) {
        for (int voxels = 1; voxels <= multiple; voxels *= 2) {
            if (maps.channels() * voxels % multiple == 0 && maps.shape().voxels() % voxels == 0) {
                return voxels;
            }
        }
        return 1;
    }

    /** Numbers in a row; place i has channel i modulo the number of channels. */
    int width() {
        return voxelsInARow * maps.channels();
    }

    /** How many rows there are. */
    long rows() {
        return maps.shape().voxels() / voxelsInARow;
    }

    /** Whether places are channels and few enough rows that one normalisation can find and use the statistics. */
    boolean isOneSlabOfVoxels() {
        return voxelsInARow == 1 && rows() <= SLAB_ROWS;
    }

    /** Adds the calls that compute the statistics of every slab; what it returns merges them, and is to be called next. */
    StatisticsMerge lower() {
        int multiple = SUMMED_VECTORS * (OneDnn.hasWideVectors() ? VECTOR : VECTOR / 2);
        int voxels = voxelsInARow(multiple);
        boolean summed =
                OneDnn.isX86() && program.type() == memory.data_type.f32 && voxels * maps.channels() % multiple == 0;
        return summed ? sums(voxels) : normalizations();
    }

    private StatisticsMerge normalizations() {
        int width = width();
        Slabs slabs = new Slabs(width, slabRows(rows(), SLAB_ROWS));
        int discarded = program.temporaryBuffer(Math.min(SLAB_ROWS, rows()) * width * OneDnn.bytes(program.type()));
        batch_normalization_forward.primitive_desc description = null;
        for (int i = 0; i < slabs.count(); i++) {
            memory.desc layout = OneDnn.rows(width, slabs.rows[i], program.type());
            if (i == 0 || slabs.rows[i] != slabs.rows[i - 1]) {
                description = new batch_normalization_forward.primitive_desc(
                        OneDnn.CPU,
                        dnnl.prop_kind.forward_training.value,
                        layout,
                        layout,
                        1,
                        dnnl.normalization_flags.none.value,
                        OneDnn.attributes(),
                        false);
            }
            program.call(
                    description,
                    new batch_normalization_forward(description),
                    dnnl.DNNL_ARG_SRC,
                    slabs.numbers(i, layout),
                    dnnl.DNNL_ARG_DST,
                    program.within(discarded, layout, 0),
                    dnnl.DNNL_ARG_MEAN,
                    slabs.first(i),
                    dnnl.DNNL_ARG_VARIANCE,
                    slabs.second(i));
        }
        return slabs.merge(false);
    }

    private StatisticsMerge sums(int voxels) {
        int width = voxels * maps.channels();
        long rows = maps.shape().voxels() / voxels;
        int most = Math.max(1, SUMMED_NUMBERS / width / SUMMED_COLUMNS) * SUMMED_COLUMNS;
        Slabs slabs = new Slabs(width, summedRows(rows, most));
        convolution_backward_weights.primitive_desc description = null;
        for (int i = 0; i < slabs.count(); i++) {
            int columns = Math.min(SUMMED_COLUMNS, slabs.rows[i]);
            memory.desc layout = new memory.desc(
                    new long[] {1, width, slabs.rows[i] / columns, columns}, program.type(), memory.format_tag.nhwc);
            if (i == 0 || slabs.rows[i] != slabs.rows[i - 1]) {
                description = gradient(layout, width);
            }
            memory numbers = slabs.numbers(i, layout);
            program.call(
                    description,
                    new convolution_backward_weights(description),
                    dnnl.DNNL_ARG_SRC,
                    numbers,
                    dnnl.DNNL_ARG_DIFF_DST,
                    numbers,
                    dnnl.DNNL_ARG_DIFF_BIAS,
                    slabs.first(i),
                    dnnl.DNNL_ARG_DIFF_WEIGHTS,
                    slabs.second(i, description.diff_weights_desc()));
        }
        return slabs.merge(true);
    }

    private static convolution_backward_weights.primitive_desc gradient(memory.desc layout, int width) {
        memory.desc weights =
                new memory.desc(new long[] {width, 1, 1, 1, 1}, memory.data_type.f32, memory.format_tag.any);
        memory.desc bias = new memory.desc(new long[] {width}, memory.data_type.f32, memory.format_tag.a);
        long[] one = {1, 1};
        long[] none = {0, 0};
        int direct = dnnl.algorithm.convolution_direct.value;
        convolution_forward.primitive_desc forward = new convolution_forward.primitive_desc(
                OneDnn.CPU, dnnl.prop_kind.forward_training.value, direct, layout, weights, layout, one, none, none);
        return new convolution_backward_weights.primitive_desc(
                OneDnn.CPU,
                direct,
                layout,
                weights,
                bias,
                layout,
                one,
                none,
                none,
                forward,
                OneDnn.attributes(),
                false);
    }

    private static int[] slabRows(long rows, int most) {
        int[] result = new int[(int) ((rows + most - 1) / most)];
        for (int i = 0; i < result.length; i++) {
            result[i] = (int) Math.min(most, rows - (long) i * most);
        }
        return result;
    }

    /** As {@link #slabRows}; but images are rectangles, so what is left over is two slabs. */
    private static int[] summedRows(long rows, int most) {
        List<Integer> result = new ArrayList<>();
        for (int whole : slabRows(rows - rows % SUMMED_COLUMNS, most)) {
            result.add(whole);
        }
        if (rows % SUMMED_COLUMNS != 0) {
            result.add((int) (rows % SUMMED_COLUMNS));
        }
        return result.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Slabs one after the other, and two numbers for each place of each. */
    private final class Slabs {
        private final int width;
        private final int[] rows;
        private final long[] begins;
        private final memory.desc perPlace;
        private final int firsts;
        private final int seconds;

        Slabs(int width, int[] rows) {
            this.width = width;
            this.rows = rows;
            begins = new long[rows.length];
            for (int i = 1; i < rows.length; i++) {
                begins[i] = begins[i - 1] + rows[i - 1];
            }
            perPlace = new memory.desc(new long[] {width}, memory.data_type.f32, memory.format_tag.a);
            firsts = program.temporaryBuffer((long) rows.length * width * Float.BYTES);
            seconds = program.temporaryBuffer((long) rows.length * width * Float.BYTES);
        }

        int count() {
            return rows.length;
        }

        memory numbers(int slab, memory.desc layout) {
            return program.view(value, layout, begins[slab] * width * OneDnn.bytes(program.type()));
        }

        memory first(int slab) {
            return program.within(firsts, perPlace, (long) slab * width * Float.BYTES);
        }

        memory second(int slab) {
            return second(slab, perPlace);
        }

        memory second(int slab, memory.desc layout) {
            return program.within(seconds, layout, (long) slab * width * Float.BYTES);
        }

        StatisticsMerge merge(boolean sums) {
            memory.desc perSlab =
                    new memory.desc(new long[] {rows.length, width}, memory.data_type.f32, memory.format_tag.ab);
            return new StatisticsMerge(
                    program.within(firsts, perSlab, 0),
                    program.within(seconds, perSlab, 0),
                    sums,
                    rows,
                    maps.channels(),
                    width);
        }
    }
}

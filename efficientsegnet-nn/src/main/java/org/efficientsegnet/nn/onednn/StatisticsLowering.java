package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
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
 * <p>A slab's statistics are those of a batch normalisation whose result is thrown away. On vectors of 256 bits and less
 * that takes three times as long as what is done there: sum and sum of squares as the gradients of bias and weights of a
 * depthwise 1×1 convolution whose input and arriving gradient are both the slab. Squares lose digits where a mean is far
 * from zero, so slabs have fewer rows there, by which means gain digits too.
 */
final class StatisticsLowering {

    /** Numbers in the widest vector register. */
    private static final int VECTOR = 16;

    /** Rows of a slab that is normalised; feature maps with fewer are one. */
    private static final int SLAB_ROWS = 1 << 14;

    /** Places in a row of a slab that is summed, or a multiple: four vectors of 256 bits, as oneDNN has it fastest. */
    private static final int SUMMED_WIDTH = 32;

    /** Numbers of a slab that is summed. */
    private static final int SUMMED_NUMBERS = 1 << 17;

    /** Rows that the slab, as an image, has side by side. */
    private static final int SUMMED_COLUMNS = 128;

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
        int voxels = voxelsInARow(SUMMED_WIDTH);
        boolean summed = OneDnn.hasNarrowVectors() && voxels * maps.channels() % SUMMED_WIDTH == 0;
        return summed ? sums(voxels) : normalizations();
    }

    private StatisticsMerge normalizations() {
        Slabs slabs = new Slabs(width(), rows(), SLAB_ROWS, 1);
        int discarded = program.temporaryBuffer(Math.min(SLAB_ROWS, rows()) * width() * OneDnn.bytes(program.type()));
        for (Slabs.Group group : slabs.groups) {
            memory.desc layout = OneDnn.rows(width(), group.rows(), program.type());
            batch_normalization_forward.primitive_desc description = new batch_normalization_forward.primitive_desc(
                    OneDnn.CPU,
                    dnnl.prop_kind.forward_training.value,
                    layout,
                    layout,
                    1,
                    dnnl.normalization_flags.none.value,
                    OneDnn.attributes(),
                    false);
            memory numbers = slabs.numbers(group, layout);
            memory means = slabs.first(group);
            memory variances = slabs.second(group, slabs.perPlace);
            Call call = program.made(
                    description,
                    new batch_normalization_forward(description),
                    dnnl.DNNL_ARG_SRC,
                    numbers,
                    dnnl.DNNL_ARG_DST,
                    program.within(discarded, layout, 0),
                    dnnl.DNNL_ARG_MEAN,
                    means,
                    dnnl.DNNL_ARG_VARIANCE,
                    variances);
            slabs.call(group, call, numbers, means, variances);
        }
        return slabs.merge(false);
    }

    private StatisticsMerge sums(int voxels) {
        int width = voxels * maps.channels();
        int most = Math.max(1, SUMMED_NUMBERS / width / SUMMED_COLUMNS) * SUMMED_COLUMNS;
        // Images are rectangles: what does not fill their last row is a slab of its own.
        Slabs slabs = new Slabs(width, maps.shape().voxels() / voxels, most, SUMMED_COLUMNS);
        for (Slabs.Group group : slabs.groups) {
            int columns = Math.min(SUMMED_COLUMNS, group.rows());
            memory.desc layout = new memory.desc(
                    new long[] {1, width, group.rows() / columns, columns}, program.type(), memory.format_tag.nhwc);
            convolution_backward_weights.primitive_desc description = gradient(layout, width);
            memory numbers = slabs.numbers(group, layout);
            memory sums = slabs.first(group);
            memory squares = slabs.second(group, description.diff_weights_desc());
            Call call = program.made(
                    description,
                    new convolution_backward_weights(description),
                    dnnl.DNNL_ARG_SRC,
                    numbers,
                    dnnl.DNNL_ARG_DIFF_DST,
                    numbers,
                    dnnl.DNNL_ARG_DIFF_BIAS,
                    sums,
                    dnnl.DNNL_ARG_DIFF_WEIGHTS,
                    squares);
            slabs.call(group, call, numbers, sums, squares);
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

    /** Slabs one after the other, and two numbers for each place of each. */
    private final class Slabs {

        /** Slabs of the same size: where they begin, how many rows each has, how many they are. */
        private record Group(long firstRow, int firstSlab, int rows, int slabs) {}

        private final List<Group> groups = new ArrayList<>();
        private final memory.desc perPlace;
        private final int width;
        private final int count;
        private final int firsts;
        private final int seconds;

        /**
         * Cuts rows into slabs.
         *
         * @param most rows of a slab
         * @param unit rows of slabs are a multiple of this, except of the last one if nothing else is possible
         */
        Slabs(int width, long rows, int most, int unit) {
            this.width = width;
            perPlace = new memory.desc(new long[] {width}, memory.data_type.f32, memory.format_tag.a);
            long row = 0;
            int slab = 0;
            for (int size : new int[] {most, (int) (rows % most / unit * unit), (int) (rows % most % unit)}) {
                int slabs = size == 0 ? 0 : (int) ((rows - row) / size);
                if (slabs > 0) {
                    groups.add(new Group(row, slab, size, slabs));
                    row += (long) slabs * size;
                    slab += slabs;
                }
            }
            count = slab;
            firsts = program.temporaryBuffer((long) count * width * Float.BYTES);
            seconds = program.temporaryBuffer((long) count * width * Float.BYTES);
        }

        memory numbers(Group group, memory.desc layout) {
            return program.view(value, layout, group.firstRow() * width * OneDnn.bytes(program.type()));
        }

        memory first(Group group) {
            return program.within(firsts, perPlace, (long) group.firstSlab() * width * Float.BYTES);
        }

        memory second(Group group, memory.desc layout) {
            return program.within(seconds, layout, (long) group.firstSlab() * width * Float.BYTES);
        }

        void call(Group group, Call call, memory numbers, memory first, memory second) {
            long perSlab = (long) width * Float.BYTES;
            List<Call.Moving> moving = List.of(
                    new Call.Moving(numbers, (long) group.rows() * width * OneDnn.bytes(program.type())),
                    new Call.Moving(first, perSlab),
                    new Call.Moving(second, perSlab));
            program.call(group.slabs() == 1 ? call : new Call.Repeated(call, moving, group.slabs()));
        }

        StatisticsMerge merge(boolean sums) {
            memory.desc perSlab =
                    new memory.desc(new long[] {count, width}, memory.data_type.f32, memory.format_tag.ab);
            int[] rows = groups.stream()
                    .flatMapToInt(group -> IntStream.generate(group::rows).limit(group.slabs()))
                    .toArray();
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

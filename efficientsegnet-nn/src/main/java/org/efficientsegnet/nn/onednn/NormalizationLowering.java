package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
import org.efficientsegnet.nn.plan.Step;

/**
 * Instance normalisation as batch normalisation of a batch of one, which is the same and is oneDNN's fastest form of it;
 * statistics are 32-bit whatever the type of the feature maps. With a residual, the statistics become a scale and a shift,
 * and one pass scales and adds both.
 *
 * <p>Feature maps are seen as rows of numbers. A row is one voxel or, where the channels do not fill whole vectors
 * (oneDNN has no fast form for that), as many voxels as do; each place in the row then gets statistics of its own, and
 * those of one channel are merged.
 *
 * <p>oneDNN adds up a channel one voxel after the other, so over millions of voxels the sum would lose digits. The
 * statistics of large feature maps are therefore taken of slabs, and merged too. A slab lies in the cache while oneDNN
 * passes over it three times, so this is no slower.
 */
final class NormalizationLowering implements Lowering<Step.Normalization> {

    /** Numbers in the widest vector register. */
    private static final int VECTOR = 16;

    /** Rows of a slab; feature maps with fewer are one. */
    private static final int SLAB_ROWS = 1 << 14;

    /** How many rows lie side by side when they are scaled; oneDNN is slow where a row is a few vectors long. */
    private static final int REPETITIONS = 64;

    @Override
    public void lower(Step.Normalization step, ProgramBuilder program) {
        Maps maps = program.maps(step.input());
        int voxels = voxelsInARow(maps);
        int width = voxels * maps.channels();
        long rows = maps.shape().voxels() / voxels;
        memory.desc perPlace = new memory.desc(new long[] {width}, memory.data_type.f32, memory.format_tag.a);
        if (step.residual() != null) {
            int repeated = repetitions(rows);
            memory.desc places =
                    new memory.desc(new long[] {(long) repeated * width}, memory.data_type.f32, memory.format_tag.a);
            memory scale = program.temporary(places);
            memory shift = program.temporary(places);
            double epsilon = step.epsilon();
            program.call(slabStatistics(step, width, rows, program)
                    .into(scale, (mean, variance) -> 1 / Math.sqrt(variance + epsilon))
                    .into(shift, (mean, variance) -> -mean / Math.sqrt(variance + epsilon)));
            scaleAndAdd(step, repeated * width, rows / repeated, scale, shift, program);
        } else if (voxels == 1 && rows <= SLAB_ROWS) {
            normalize(step, width, rows, null, null, program);
        } else {
            memory means = program.temporary(perPlace);
            memory variances = program.temporary(perPlace);
            program.call(slabStatistics(step, width, rows, program)
                    .into(means, (mean, variance) -> mean)
                    .into(variances, (mean, variance) -> variance));
            normalize(step, width, rows, means, variances, program);
        }
    }

    private static int voxelsInARow(Maps maps) {
        for (int voxels = 1; voxels <= VECTOR; voxels *= 2) {
            if (maps.channels() * voxels % VECTOR == 0 && maps.shape().voxels() % voxels == 0) {
                return voxels;
            }
        }
        return 1;
    }

    private static int repetitions(long rows) {
        int repeated = REPETITIONS;
        while (rows % repeated != 0) {
            repeated /= 2;
        }
        return repeated;
    }

    /** Computes the statistics of every slab; what it returns merges them. */
    private static StatisticsMerge slabStatistics(
            Step.Normalization step, int width, long rows, ProgramBuilder program) {
        int slabs = (int) ((rows + SLAB_ROWS - 1) / SLAB_ROWS);
        int[] slabRows = new int[slabs];
        for (int i = 0; i < slabs; i++) {
            slabRows[i] = (int) Math.min(SLAB_ROWS, rows - (long) i * SLAB_ROWS);
        }
        int statisticsBytes = width * Float.BYTES;
        long slabBytes = (long) SLAB_ROWS * width * OneDnn.bytes(program.type());
        int means = program.temporaryBuffer((long) slabs * statisticsBytes);
        int variances = program.temporaryBuffer((long) slabs * statisticsBytes);
        int discarded = program.temporaryBuffer(Math.min(slabBytes, rows * width * OneDnn.bytes(program.type())));
        memory.desc perPlace = new memory.desc(new long[] {width}, memory.data_type.f32, memory.format_tag.a);
        batch_normalization_forward.primitive_desc description = null;
        for (int i = 0; i < slabs; i++) {
            memory.desc layout = rows(width, slabRows[i], program);
            if (i == 0 || slabRows[i] != SLAB_ROWS) {
                description = describe(
                        layout,
                        dnnl.prop_kind.forward_training,
                        (float) step.epsilon(),
                        dnnl.normalization_flags.none.value);
            }
            program.call(
                    description,
                    new batch_normalization_forward(description),
                    dnnl.DNNL_ARG_SRC,
                    program.view(step.input(), layout, i * slabBytes),
                    dnnl.DNNL_ARG_DST,
                    program.within(discarded, layout, 0),
                    dnnl.DNNL_ARG_MEAN,
                    program.within(means, perPlace, (long) i * statisticsBytes),
                    dnnl.DNNL_ARG_VARIANCE,
                    program.within(variances, perPlace, (long) i * statisticsBytes));
        }
        memory.desc perSlab = new memory.desc(new long[] {slabs, width}, memory.data_type.f32, memory.format_tag.ab);
        return new StatisticsMerge(
                program.within(means, perSlab, 0),
                program.within(variances, perSlab, 0),
                slabRows,
                program.maps(step.input()).channels(),
                width);
    }

    /** Normalises with given statistics, or with its own if there are none. */
    private static void normalize(
            Step.Normalization step, int width, long rows, memory mean, memory variance, ProgramBuilder program) {
        memory.desc layout = rows(width, rows, program);
        int flags = (step.relu() ? dnnl.normalization_flags.fuse_norm_relu.value : 0)
                | (mean == null ? 0 : dnnl.normalization_flags.use_global_stats.value);
        batch_normalization_forward.primitive_desc description =
                describe(layout, dnnl.prop_kind.forward_inference, (float) step.epsilon(), flags);
        List<Object> arguments = new ArrayList<>(List.of(
                dnnl.DNNL_ARG_SRC,
                program.view(step.input(), layout, 0),
                dnnl.DNNL_ARG_DST,
                program.view(step.output(), layout, 0)));
        if (mean != null) {
            arguments.addAll(List.of(dnnl.DNNL_ARG_MEAN, mean, dnnl.DNNL_ARG_VARIANCE, variance));
        }
        program.call(description, new batch_normalization_forward(description), arguments.toArray());
    }

    /** Scales, adds the residual and the shift, and clips, in one pass; normalisations of oneDNN cannot add. */
    private static void scaleAndAdd(
            Step.Normalization step, int width, long rows, memory scale, memory shift, ProgramBuilder program) {
        memory.desc layout = rows(width, rows, program);
        memory.desc perPlace = new memory.desc(new long[] {1, width, 1}, memory.data_type.f32, memory.format_tag.nwc);
        post_ops after = new post_ops();
        after.append_binary(dnnl.algorithm.binary_add, layout);
        after.append_binary(dnnl.algorithm.binary_add, perPlace);
        if (step.relu()) {
            after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
        }
        primitive_attr attributes = OneDnn.attributes();
        attributes.set_post_ops(after);
        binary.primitive_desc description = new binary.primitive_desc(
                OneDnn.CPU, dnnl.algorithm.binary_mul, layout, perPlace, layout, attributes, false);
        program.call(
                description,
                new binary(description),
                dnnl.DNNL_ARG_SRC_0,
                program.view(step.input(), layout, 0),
                dnnl.DNNL_ARG_SRC_1,
                scale,
                operand(0),
                program.view(step.residual(), layout, 0),
                operand(1),
                shift,
                dnnl.DNNL_ARG_DST,
                program.view(step.output(), layout, 0));
    }

    private static int operand(int postOperation) {
        return dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (postOperation + 1) | dnnl.DNNL_ARG_SRC_1;
    }

    private static memory.desc rows(int width, long rows, ProgramBuilder program) {
        return new memory.desc(new long[] {1, width, rows}, program.type(), memory.format_tag.nwc);
    }

    private static batch_normalization_forward.primitive_desc describe(
            memory.desc layout, dnnl.prop_kind kind, float epsilon, int flags) {
        return new batch_normalization_forward.primitive_desc(
                OneDnn.CPU, kind.value, layout, layout, epsilon, flags, OneDnn.attributes(), false);
    }
}

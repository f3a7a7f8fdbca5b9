package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
import org.efficientsegnet.nn.plan.Step;

/**
 * Instance normalisation as batch normalisation of a batch of one, which is the same and is oneDNN's fastest form of it;
 * statistics are 32-bit whatever the type of the feature maps. A residual takes a second pass.
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

    @Override
    public void lower(Step.Normalization step, ProgramBuilder program) {
        boolean fusedRelu = step.relu() && step.residual() == null;
        Maps maps = program.maps(step.input());
        int voxels = voxelsInARow(maps);
        int width = voxels * maps.channels();
        long rows = maps.shape().voxels() / voxels;
        if (voxels == 1 && rows <= SLAB_ROWS) {
            normalize(step, fusedRelu, width, rows, null, null, program);
        } else {
            statisticsThenNormalize(step, fusedRelu, width, rows, program);
        }
        if (step.residual() != null) {
            memory output = program.value(step.output());
            ElementwiseLowering.add(program, output, program.value(step.residual()), output, step.relu());
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

    private static void statisticsThenNormalize(
            Step.Normalization step, boolean relu, int width, long rows, ProgramBuilder program) {
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
        memory mean = program.temporary(perPlace);
        memory variance = program.temporary(perPlace);
        program.call(new StatisticsMerge(
                program.within(means, perSlab, 0),
                program.within(variances, perSlab, 0),
                slabRows,
                program.maps(step.input()).channels(),
                width,
                mean,
                variance));
        normalize(step, relu, width, rows, mean, variance, program);
    }

    /** Normalises with given statistics, or with its own if there are none. */
    private static void normalize(
            Step.Normalization step,
            boolean relu,
            int width,
            long rows,
            memory mean,
            memory variance,
            ProgramBuilder program) {
        memory.desc layout = rows(width, rows, program);
        int flags = (relu ? dnnl.normalization_flags.fuse_norm_relu.value : 0)
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

    private static memory.desc rows(int width, long rows, ProgramBuilder program) {
        return new memory.desc(new long[] {1, width, rows}, program.type(), memory.format_tag.nwc);
    }

    private static batch_normalization_forward.primitive_desc describe(
            memory.desc layout, dnnl.prop_kind kind, float epsilon, int flags) {
        return new batch_normalization_forward.primitive_desc(
                OneDnn.CPU, kind.value, layout, layout, epsilon, flags, OneDnn.attributes(), false);
    }
}

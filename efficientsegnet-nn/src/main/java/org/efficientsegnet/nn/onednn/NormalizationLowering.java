package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Shape;

/**
 * Instance normalisation as batch normalisation of a batch of one, which is the same and is oneDNN's fastest form of it;
 * statistics are 32-bit whatever the type of the feature maps. A residual takes a second pass.
 *
 * <p>oneDNN adds up a channel one voxel after the other, so over millions of voxels the sum would lose digits. The
 * statistics of large feature maps are therefore taken of slabs of slices, and merged. A slab lies in the cache while
 * oneDNN passes over it three times, so this is no slower.
 */
final class NormalizationLowering implements Lowering<Step.Normalization> {

    /** More voxels than these are not added up one after the other, unless a single slice has more. */
    private static final long VOXELS_AT_ONCE = 1 << 12;

    @Override
    public void lower(Step.Normalization step, ProgramBuilder program) {
        boolean fusedRelu = step.relu() && step.residual() == null;
        if (program.maps(step.input()).shape().voxels() <= VOXELS_AT_ONCE) {
            normalize(step, fusedRelu, null, null, program);
        } else {
            statisticsThenNormalize(step, fusedRelu, program);
        }
        if (step.residual() != null) {
            memory output = program.value(step.output());
            ElementwiseLowering.add(program, output, program.value(step.residual()), output, step.relu());
        }
    }

    private static void statisticsThenNormalize(Step.Normalization step, boolean relu, ProgramBuilder program) {
        Maps maps = program.maps(step.input());
        int channels = maps.channels();
        long sliceBytes = maps.elements() / maps.shape().z() * OneDnn.bytes(program.type());
        long sliceVoxels = maps.shape().voxels() / maps.shape().z();
        int thickness = (int) Math.max(1, VOXELS_AT_ONCE / sliceVoxels);
        int slabs = (maps.shape().z() + thickness - 1) / thickness;
        int[] slices = new int[slabs];
        for (int i = 0; i < slabs; i++) {
            slices[i] = Math.min(thickness, maps.shape().z() - i * thickness);
        }
        int rowBytes = channels * Float.BYTES;
        int means = program.temporaryBuffer((long) slabs * rowBytes);
        int variances = program.temporaryBuffer((long) slabs * rowBytes);
        int discarded = program.temporaryBuffer(thickness * sliceBytes);
        memory.desc perChannel = new memory.desc(new long[] {channels}, memory.data_type.f32, memory.format_tag.a);
        batch_normalization_forward.primitive_desc description = null;
        for (int i = 0; i < slabs; i++) {
            memory.desc layout = OneDnn.channelsLast(
                    new Maps(
                            channels,
                            new Shape(slices[i], maps.shape().y(), maps.shape().x())),
                    program.type());
            if (i == 0 || slices[i] != thickness) {
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
                    program.view(step.input(), layout, i * thickness * sliceBytes),
                    dnnl.DNNL_ARG_DST,
                    program.within(discarded, layout, 0),
                    dnnl.DNNL_ARG_MEAN,
                    program.within(means, perChannel, (long) i * rowBytes),
                    dnnl.DNNL_ARG_VARIANCE,
                    program.within(variances, perChannel, (long) i * rowBytes));
        }
        memory.desc perSlab = new memory.desc(new long[] {slabs, channels}, memory.data_type.f32, memory.format_tag.ab);
        memory mean = program.temporary(perChannel);
        memory variance = program.temporary(perChannel);
        program.call(new StatisticsMerge(
                program.within(means, perSlab, 0),
                program.within(variances, perSlab, 0),
                slices,
                channels,
                mean,
                variance));
        normalize(step, relu, mean, variance, program);
    }

    /** Normalises with given statistics, or with its own if there are none. */
    private static void normalize(
            Step.Normalization step, boolean relu, memory mean, memory variance, ProgramBuilder program) {
        int flags = (relu ? dnnl.normalization_flags.fuse_norm_relu.value : 0)
                | (mean == null ? 0 : dnnl.normalization_flags.use_global_stats.value);
        batch_normalization_forward.primitive_desc description =
                describe(program.layout(step.input()), dnnl.prop_kind.forward_inference, (float) step.epsilon(), flags);
        List<Object> arguments = new ArrayList<>(List.of(
                dnnl.DNNL_ARG_SRC, program.value(step.input()), dnnl.DNNL_ARG_DST, program.value(step.output())));
        if (mean != null) {
            arguments.addAll(List.of(dnnl.DNNL_ARG_MEAN, mean, dnnl.DNNL_ARG_VARIANCE, variance));
        }
        program.call(description, new batch_normalization_forward(description), arguments.toArray());
    }

    private static batch_normalization_forward.primitive_desc describe(
            memory.desc layout, dnnl.prop_kind kind, float epsilon, int flags) {
        return new batch_normalization_forward.primitive_desc(
                OneDnn.CPU, kind.value, layout, layout, epsilon, flags, OneDnn.attributes(), false);
    }
}

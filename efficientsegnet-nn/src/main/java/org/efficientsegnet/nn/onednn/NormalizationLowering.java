package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.plan.Step;

/**
 * Instance normalisation: statistics, then one pass. {@link StatisticsLowering} finds the statistics. Where vectors have
 * 512 bits, the pass is a batch normalisation of a batch of one, which is the same; of small feature maps it finds the
 * statistics as well. With a residual, and on narrower vectors, where oneDNN's batch normalisation is slow, the statistics
 * become a scale and a shift, and the pass scales and adds.
 */
final class NormalizationLowering implements Lowering<Step.Normalization> {

    /** How many rows lie side by side when they are scaled; oneDNN is slow where a row is a few vectors long. */
    private static final int REPETITIONS = 64;

    @Override
    public void lower(Step.Normalization step, ProgramBuilder program) {
        StatisticsLowering statistics = new StatisticsLowering(step.input(), program);
        int width = statistics.width();
        long rows = statistics.rows();
        if (step.residual() == null && statistics.isOneSlabOfVoxels()) {
            normalize(step, width, rows, null, null, program);
        } else if (step.residual() == null && OneDnn.hasWideVectors()) {
            memory.desc perPlace = new memory.desc(new long[] {width}, memory.data_type.f32, memory.format_tag.a);
            memory means = program.temporary(perPlace);
            memory variances = program.temporary(perPlace);
            program.call(statistics
                    .lower()
                    .into(means, (mean, variance) -> mean)
                    .into(variances, (mean, variance) -> variance));
            normalize(step, width, rows, means, variances, program);
        } else {
            int repeated = repetitions(rows);
            memory.desc places =
                    new memory.desc(new long[] {(long) repeated * width}, memory.data_type.f32, memory.format_tag.a);
            memory scale = program.temporary(places);
            memory shift = program.temporary(places);
            double epsilon = step.epsilon();
            program.call(statistics
                    .lower()
                    .into(scale, (mean, variance) -> 1 / Math.sqrt(variance + epsilon))
                    .into(shift, (mean, variance) -> -mean / Math.sqrt(variance + epsilon)));
            scaleAndAdd(step, repeated * width, rows / repeated, scale, shift, program);
        }
    }

    private static int repetitions(long rows) {
        int repeated = REPETITIONS;
        while (rows % repeated != 0) {
            repeated /= 2;
        }
        return repeated;
    }

    /** Normalises with given statistics, or with its own if there are none. */
    private static void normalize(
            Step.Normalization step, int width, long rows, memory mean, memory variance, ProgramBuilder program) {
        memory.desc layout = OneDnn.rows(width, rows, program.type());
        int flags = (step.relu() ? dnnl.normalization_flags.fuse_norm_relu.value : 0)
                | (mean == null ? 0 : dnnl.normalization_flags.use_global_stats.value);
        batch_normalization_forward.primitive_desc description = new batch_normalization_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_inference.value,
                layout,
                layout,
                (float) step.epsilon(),
                flags,
                OneDnn.attributes(),
                false);
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

    /** Scales, adds the residual, if any, and the shift, and clips, in one pass; normalisations of oneDNN cannot add. */
    private static void scaleAndAdd(
            Step.Normalization step, int width, long rows, memory scale, memory shift, ProgramBuilder program) {
        memory.desc layout = OneDnn.rows(width, rows, program.type());
        memory.desc perPlace = new memory.desc(new long[] {1, width, 1}, memory.data_type.f32, memory.format_tag.nwc);
        post_ops after = new post_ops();
        after.append_binary(dnnl.algorithm.binary_add, perPlace);
        if (step.residual() != null) {
            after.append_binary(dnnl.algorithm.binary_add, layout);
        }
        if (step.relu()) {
            after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
        }
        primitive_attr attributes = OneDnn.attributes();
        attributes.set_post_ops(after);
        binary.primitive_desc description = new binary.primitive_desc(
                OneDnn.CPU, dnnl.algorithm.binary_mul, layout, perPlace, layout, attributes, false);
        List<Object> arguments = new ArrayList<>(List.of(
                dnnl.DNNL_ARG_SRC_0,
                program.view(step.input(), layout, 0),
                dnnl.DNNL_ARG_SRC_1,
                scale,
                operand(0),
                shift,
                dnnl.DNNL_ARG_DST,
                program.view(step.output(), layout, 0)));
        if (step.residual() != null) {
            arguments.addAll(List.of(operand(1), program.view(step.residual(), layout, 0)));
        }
        program.call(description, new binary(description), arguments.toArray());
    }

    private static int operand(int postOperation) {
        return dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (postOperation + 1) | dnnl.DNNL_ARG_SRC_1;
    }
}

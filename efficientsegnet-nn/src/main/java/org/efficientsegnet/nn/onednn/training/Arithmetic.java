// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.Step;

/**
 * In which type each step computes where feature maps are bfloat16. What rounding costs a gradient it costs forwards, where
 * it decides which ReLUs are open, and adds up from layer to layer; on the way back it all but averages out. So two parts of
 * a network go forwards in 32 bits:
 *
 * <ul>
 *   <li>Convolutions of the image, which are the begin of everything else and no faster in 16 bits. Since the filters are
 *       few weights of smooth images, most of what makes up their gradient cancels, so that they go back in 32 bits too. The
 *       norms behind them read what they computed before it is rounded.
 *   <li>Small feature maps, where an error has few voxels to average over. They take next to no time. Where a norm has
 *       hardly more than one voxel to take a mean of, nearly all of its gradient cancels too.
 * </ul>
 */
final class Arithmetic {

    /** Feature maps of an eighth of the image's resolution are small, and those below. */
    private static final long SMALL = 8 * 8 * 8;

    /** Those of a 32nd of it are tiny, and those below. */
    private static final long TINY = 32 * 32 * 32;

    private final Plan plan;
    private final PlanShapes shapes;
    private final memory.data_type common;
    private final Set<String> precise = new HashSet<>();

    /**
     * @param plan of the network
     * @param shapes of its values
     * @param common type of feature maps and of their gradients
     */
    Arithmetic(Plan plan, PlanShapes shapes, memory.data_type common) {
        this.plan = plan;
        this.shapes = shapes;
        this.common = common;
        if (common == memory.data_type.f32) {
            return;
        }
        precise.add(plan.input());
        for (Step step : plan.steps()) {
            if (forward(step, StepForms.of(step)) == memory.data_type.f32) {
                precise.add(step.output());
            }
        }
    }

    memory.data_type common() {
        return common;
    }

    /** The type in which a value is computed, or brought. */
    memory.data_type computed(String value) {
        return precise.contains(value) ? memory.data_type.f32 : common;
    }

    memory.data_type forward(Step step, StepForm form) {
        boolean wanted = readsImage(step) || isSmall(step.output(), SMALL);
        return wanted && form.mayChangeType() ? memory.data_type.f32 : common;
    }

    memory.data_type backward(Step step, StepForm form) {
        boolean tiny = isSmall(step.output(), TINY) && step.inputs().stream().allMatch(input -> isSmall(input, TINY));
        return (readsImage(step) || tiny) && form.mayChangeType() ? memory.data_type.f32 : common;
    }

    /** Whether forward reads and writes nothing but the common type. */
    boolean isCommon(Step step, StepForm form) {
        boolean precisely = form.readsAsComputed() && step.inputs().stream().anyMatch(precise::contains);
        return computed(step.output()) == common && !precisely;
    }

    private boolean readsImage(Step step) {
        return step.inputs().equals(List.of(plan.input()));
    }

    private boolean isSmall(String value, long times) {
        long image = shapes.of(plan.input()).shape().voxels();
        return shapes.of(value).shape().voxels() * times <= image;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.efficientsegnet.nn.plan.Calibration;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;

/**
 * Which convolutions of a plan are computed in 8 bits. They read feature maps as whole numbers from 0 to 255, in which
 * the largest value that calibration has met is 255: these maps are what a ReLU left, so none is negative. Their weights
 * are whole numbers from -127 to 127, with a unit of its own for each output channel.
 *
 * <p>In higher precision remain the convolutions that read the network's input, those of the context block, those of
 * single voxels, which take little time, and the logits; and everything that is no convolution. Immutable.
 */
final class Quantization {

    /** Everything in the type of the feature maps. */
    static final Quantization NONE = new Quantization(Set.of(), Map.of(), Set.of());

    private static final int LEVELS = 255;
    private static final int WEIGHT_LEVELS = 127;
    private static final String CONTEXT = "context_block";

    /** Products are of four input channels at once, and results of a vector's worth of output channels, or half of it. */
    private static final int INPUTS = 4;

    private static final int OUTPUTS = 8;

    private final Set<Step> convolutions;
    private final Map<String, Float> largest;
    private final Set<String> alsoRead;

    private Quantization(Set<Step> convolutions, Map<String, Float> largest, Set<String> alsoRead) {
        this.convolutions = convolutions;
        this.largest = largest;
        this.alsoRead = alsoRead;
    }

    /** The convolutions whose input is calibrated. */
    static Quantization of(Plan plan, PlanShapes shapes, Calibration calibration) {
        Set<Step> convolutions = new HashSet<>();
        Set<String> alsoRead = new HashSet<>(plan.blocks());
        for (Step step : plan.steps()) {
            if (isPossible(step, plan, shapes)
                    && calibration.largest().containsKey(step.inputs().get(0))) {
                convolutions.add(step);
            } else {
                alsoRead.addAll(step.inputs());
            }
        }
        return new Quantization(convolutions, calibration.largest(), alsoRead);
    }

    /** The feature maps that calibration has to look at. */
    static Set<String> candidates(Plan plan, PlanShapes shapes) {
        Set<String> values = new LinkedHashSet<>();
        for (Step step : plan.steps()) {
            if (isPossible(step, plan, shapes)) {
                values.addAll(step.inputs());
            }
        }
        return values;
    }

    private static boolean isPossible(Step step, Plan plan, PlanShapes shapes) {
        if (!(step instanceof Step.Convolution convolution) || convolution.depthwise()) {
            return false;
        }
        FeatureShape in = shapes.of(convolution.input());
        return !convolution.input().equals(plan.input())
                && !convolution.output().startsWith(CONTEXT)
                && convolution.kernel().voxels() > 1
                && in.channels() % INPUTS == 0
                && convolution.channels() % OUTPUTS == 0;
    }

    /** Whether a convolution is computed in 8 bits. */
    boolean isQuantized(Step step) {
        return convolutions.contains(step);
    }

    /** Whether a convolution reads these feature maps in 8 bits. */
    boolean isQuantized(String value) {
        return convolutions.stream().anyMatch(step -> step.inputs().contains(value));
    }

    /** Whether somebody needs these feature maps in their own type. */
    boolean isReadWide(String value) {
        return alsoRead.contains(value);
    }

    /** How much one level of 8-bit feature maps is worth. */
    float unit(String value) {
        return largest.get(value) / LEVELS;
    }

    /**
     * How much one level of a weight is worth, for each output channel.
     *
     * @param weight output channel after output channel
     */
    static float[] weightUnits(float[] weight, int outputs) {
        float[] units = new float[outputs];
        int each = weight.length / outputs;
        for (int i = 0; i < weight.length; i++) {
            units[i / each] = Math.max(units[i / each], Math.abs(weight[i]) / WEIGHT_LEVELS);
        }
        return units;
    }

    /** A weight in levels, whole numbers. */
    static float[] weightLevels(float[] weight, float[] units) {
        float[] levels = new float[weight.length];
        int each = weight.length / units.length;
        for (int i = 0; i < weight.length; i++) {
            float unit = units[i / each];
            levels[i] = unit == 0 ? 0 : (float) Math.rint(weight[i] / unit);
        }
        return levels;
    }
}

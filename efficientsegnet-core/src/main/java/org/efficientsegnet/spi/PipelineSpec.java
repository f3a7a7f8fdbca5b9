// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import java.util.List;
import org.efficientsegnet.volume.Orientation;

/**
 * What a bundle says of everything around its networks.
 *
 * @param labels the name of each label, the first is label 1
 * @param orientation how the networks' input lies in the patient
 * @param windowLow HU below are raised to it before normalisation
 * @param windowHigh HU above are lowered to it
 * @param epsilon added to the standard deviation: (x - mean) / (std + epsilon), std with n - 1
 * @param threshold of the sigmoid; at or above belongs to the organ
 * @param marginMm how much is added to the coarse box on every side, mm
 * @param componentsPerLabel how many of the largest components are kept, label after label
 * @param coarseMinimumMm3 components of the coarse mask must be larger than this, mm³
 * @param fineMinimumMm3 components of the fine mask must be larger than this, mm³
 */
public record PipelineSpec(
        List<String> labels,
        Orientation orientation,
        float windowLow,
        float windowHigh,
        double epsilon,
        double threshold,
        double marginMm,
        List<Integer> componentsPerLabel,
        double coarseMinimumMm3,
        double fineMinimumMm3) {

    /** @throws IllegalArgumentException if a value makes no sense */
    public PipelineSpec {
        labels = List.copyOf(labels);
        componentsPerLabel = List.copyOf(componentsPerLabel);
        if (labels.isEmpty() || labels.size() > 255) {
            throw new IllegalArgumentException("1 to 255 labels are needed, not " + labels.size());
        }
        if (componentsPerLabel.size() != labels.size()) {
            throw new IllegalArgumentException(
                    labels.size() + " labels, but components to keep for " + componentsPerLabel.size());
        }
        if (!(windowLow < windowHigh)) {
            throw new IllegalArgumentException("the window " + windowLow + " to " + windowHigh + " HU is empty");
        }
        if (!(threshold > 0 && threshold < 1)) {
            throw new IllegalArgumentException("the threshold " + threshold + " is not between 0 and 1");
        }
        if (!(marginMm >= 0)) {
            throw new IllegalArgumentException("the margin " + marginMm + " mm is below zero");
        }
    }

    /** The same for other labels, with as many components to keep. */
    public PipelineSpec withLabels(List<String> labels, List<Integer> componentsPerLabel) {
        return with(labels, componentsPerLabel, orientation, marginMm);
    }

    /** The same for networks whose input lies otherwise in the patient. */
    public PipelineSpec withOrientation(Orientation orientation) {
        return with(labels, componentsPerLabel, orientation, marginMm);
    }

    /** The same with another margin around the coarse box, mm. */
    public PipelineSpec withMarginMm(double marginMm) {
        return with(labels, componentsPerLabel, orientation, marginMm);
    }

    private PipelineSpec with(
            List<String> labels, List<Integer> componentsPerLabel, Orientation orientation, double marginMm) {
        return new PipelineSpec(
                labels,
                orientation,
                windowLow,
                windowHigh,
                epsilon,
                threshold,
                marginMm,
                componentsPerLabel,
                coarseMinimumMm3,
                fineMinimumMm3);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

/**
 * How well two label maps agree on one label. For what the measures are if a map lacks the label see {@link Dice} and
 * {@link SurfaceDistances}.
 *
 * @param label the label
 * @param name its name
 * @param referenceMl volume in the reference, ml
 * @param predictionMl volume in the prediction, ml
 * @param dice Dice coefficient (DSC)
 * @param surfaceDice normalised surface Dice (NSD)
 * @param toleranceMm the tolerance of the surface Dice, mm
 * @param averageFromReference average distance from the reference's surface, mm
 * @param averageFromPrediction average distance from the prediction's surface, mm
 * @param assd average symmetric surface distance, mm
 * @param hd95 95% robust Hausdorff distance, mm
 */
public record LabelScore(
        int label,
        String name,
        double referenceMl,
        double predictionMl,
        double dice,
        double surfaceDice,
        double toleranceMm,
        double averageFromReference,
        double averageFromPrediction,
        double assd,
        double hd95) {}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.augment;

/**
 * How samples are varied. Each change that is on happens with probability one half; 0 turns it off.
 *
 * @param cropMm fine samples only: the region's sides are drawn from a third of this inside the labels' box to this
 *     outside, mm, as published
 * @param contrastHu a number of at most this size is added to the HU of an organ, each organ for itself
 * @param shift the region is moved by at most this share of its extent
 * @param flip whether axes are mirrored; organs then lie where they never do, so that it is off by default. Labels of a
 *     left and a right organ change places with left and right
 * @param rotateDegrees it is turned by at most this about each axis
 * @param scale it is scaled by a factor between 1/(1 + this) and 1 + this
 * @param elasticMm voxels are moved by up to this along each axis, smoothly, mm
 * @param noise standard deviation of noise that is added to the normalised values, at most
 * @param coarser the image's resolution is lowered by at most this factor before it is brought back; 1 or less is off
 * @param blur greatest standard deviation of a Gaussian that the image is smoothed with, voxels of the sample; half of
 *     the samples
 */
public record AugmentOptions(
        double cropMm,
        double contrastHu,
        double shift,
        boolean flip,
        double rotateDegrees,
        double scale,
        double elasticMm,
        double noise,
        double coarser,
        double blur) {

    /** Nothing is varied. */
    public static final AugmentOptions NONE = new AugmentOptions(0, 0, 0, false, 0, 0, 0, 0, 0, 0);

    /** As published: crop to the labels up to 40 mm, contrast of organs up to 200 HU. */
    public static final AugmentOptions PUBLISHED = new AugmentOptions(40, 200, 0, false, 0, 0, 0, 0, 0, 0);

    /**
     * Crop to the labels up to 40 mm, contrast of organs up to 10 HU, turns up to 8°, sizes up to a tenth, some noise.
     * More contrast would take from organs that few cases show what tells them from their neighbours, such as a
     * gallbladder, which is darker than the liver around it.
     */
    public static final AugmentOptions MODERATE = new AugmentOptions(40, 10, 0, false, 8, 0.1, 0, 0.1, 0, 0);

    /** @throws IllegalArgumentException if a value is negative or too large */
    public AugmentOptions {
        require("cropMm", cropMm, 1000);
        require("contrastHu", contrastHu, 10000);
        require("shift", shift, 0.5);
        require("rotateDegrees", rotateDegrees, 180);
        require("scale", scale, 1);
        require("elasticMm", elasticMm, 100);
        require("noise", noise, 10);
        require("coarser", coarser, 16);
        require("blur", blur, 16);
    }

    private static void require(String name, double value, double most) {
        if (!(value >= 0 && value <= most)) {
            throw new IllegalArgumentException(name + ": " + value + " is not within 0 and " + most);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.options;

import org.efficientsegnet.nn.train.augment.AugmentOptions;
import picocli.CommandLine.Option;

/** How samples are varied, as chosen on the command line. */
final class AugmentationChoice {

    @Option(names = "--crop", paramLabel = "MM", description = "Random crop to the labels, 0 for none. Default: 40.")
    private Double crop;

    @Option(
            names = "--contrast",
            paramLabel = "HU",
            description = "Random contrast of organs, 0 for none. Default: 200; with --init 10.")
    private Double contrast;

    @Option(names = "--shift", paramLabel = "SHARE", description = "Random shift. Default: 0.")
    private Double shift;

    @Option(
            names = "--flip",
            description = "Mirror axes at random; labels named left and right change places with the sides.")
    private boolean flip;

    @Option(names = "--rotate", paramLabel = "DEGREES", description = "Random turn. Default: 0; with --init 8.")
    private Double rotate;

    @Option(names = "--scale", paramLabel = "SHARE", description = "Random scale. Default: 0; with --init 0.1.")
    private Double scale;

    @Option(names = "--elastic", paramLabel = "MM", description = "Random bending. Default: 0.")
    private Double elastic;

    @Option(names = "--noise", paramLabel = "SD", description = "Random noise. Default: 0; with --init 0.1.")
    private Double noise;

    @Option(names = "--coarser", paramLabel = "FACTOR", description = "Randomly lowered resolution. Default: 0.")
    private Double coarser;

    @Option(names = "--blur", paramLabel = "SD", description = "Random blur, voxels. Default: 0.")
    private Double blur;

    AugmentOptions options(AugmentOptions otherwise) {
        return new AugmentOptions(
                or(crop, otherwise.cropMm()),
                or(contrast, otherwise.contrastHu()),
                or(shift, otherwise.shift()),
                flip || otherwise.flip(),
                or(rotate, otherwise.rotateDegrees()),
                or(scale, otherwise.scale()),
                or(elastic, otherwise.elasticMm()),
                or(noise, otherwise.noise()),
                or(coarser, otherwise.coarser()),
                or(blur, otherwise.blur()));
    }

    private static double or(Double wished, double otherwise) {
        return wished == null ? otherwise : wished;
    }
}

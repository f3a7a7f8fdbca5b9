package org.efficientsegnet.examples.train;

import org.efficientsegnet.nn.train.augment.AugmentOptions;
import picocli.CommandLine.Option;

/** How samples are varied, as chosen on the command line. */
final class AugmentationChoice {

    @Option(
            names = "--crop",
            paramLabel = "MM",
            defaultValue = "40",
            description = "Random crop to the labels, 0 for none. Default: ${DEFAULT-VALUE}.")
    private double crop;

    @Option(
            names = "--contrast",
            paramLabel = "HU",
            defaultValue = "200",
            description = "Random contrast of organs, 0 for none. Default: ${DEFAULT-VALUE}.")
    private double contrast;

    @Option(names = "--shift", paramLabel = "SHARE", defaultValue = "0", description = "Random shift. Default: 0.")
    private double shift;

    @Option(names = "--flip", description = "Mirror axes at random.")
    private boolean flip;

    @Option(names = "--rotate", paramLabel = "DEGREES", defaultValue = "0", description = "Random turn. Default: 0.")
    private double rotate;

    @Option(names = "--scale", paramLabel = "SHARE", defaultValue = "0", description = "Random scale. Default: 0.")
    private double scale;

    @Option(names = "--elastic", paramLabel = "MM", defaultValue = "0", description = "Random bending. Default: 0.")
    private double elastic;

    @Option(names = "--noise", paramLabel = "SD", defaultValue = "0", description = "Random noise. Default: 0.")
    private double noise;

    @Option(
            names = "--coarser",
            paramLabel = "FACTOR",
            defaultValue = "0",
            description = "Randomly lowered resolution. Default: 0.")
    private double coarser;

    @Option(names = "--blur", paramLabel = "SD", defaultValue = "0", description = "Random blur, voxels. Default: 0.")
    private double blur;

    AugmentOptions options() {
        return new AugmentOptions(crop, contrast, shift, flip, rotate, scale, elastic, noise, coarser, blur);
    }
}

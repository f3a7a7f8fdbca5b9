package org.efficientsegnet.nn.bundle;

import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.Downsampling;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.weights.MalformedFileException;

/**
 * What bundles call the parts of a network: the class names of the published code where it has them, names of the same
 * manner where it has none.
 */
final class PublishedNames {

    static final Map<BlockKind, String> BLOCKS = new EnumMap<>(Map.of(
            BlockKind.BASIC_RESIDUAL, "ResBaseConvBlock",
            BlockKind.ANISOTROPIC, "AnisotropicConvBlock",
            BlockKind.FOUR_CONV_RESIDUAL, "ResFourLayerConvBlock",
            BlockKind.TWO_CONV_RESIDUAL, "ResTwoLayerConvBlock",
            BlockKind.BOTTLENECK, "BottleneckConvBlock",
            BlockKind.DEPTHWISE_SEPARABLE, "DepthwiseSeparableConvBlock"));

    static final Map<ContextKind, String> CONTEXTS = new EnumMap<>(Map.of(
            ContextKind.MIXED_PYRAMID_STRIP_POOLING, "AnisotropicAvgPooling",
            ContextKind.PYRAMID_POOLING, "PyramidPooling",
            ContextKind.STRIP_POOLING, "StripPooling",
            ContextKind.NONE, "None"));

    static final Map<Downsampling, String> DOWNSAMPLINGS = new EnumMap<>(Map.of(
            Downsampling.STRIDED_CONVOLUTION, "stride 2 convolution",
            Downsampling.MAX_POOLING, "MaxPool3d kernel 2 stride 2",
            Downsampling.OVERLAPPING_MAX_POOLING, "MaxPool3d kernel 3 stride 2 padding 1"));

    static final Map<Fusion, String> FUSIONS = new EnumMap<>(Map.of(Fusion.ADD, "add", Fusion.CONCAT, "concatenate"));

    private PublishedNames() {}

    /** The published networks, by how they go down and join. */
    enum Architecture {
        EFFICIENTSEGNET("EfficientSegNet", Downsampling.STRIDED_CONVOLUTION, Fusion.ADD),
        UNET("UNet", Downsampling.OVERLAPPING_MAX_POOLING, Fusion.CONCAT),
        CONTEXTUNET("ContextUNet", Downsampling.MAX_POOLING, Fusion.CONCAT);

        /** What networks are called that were not published. */
        static final String OTHER = "SegmentationNetwork";

        final String published;
        final Downsampling downsampling;
        final Fusion fusion;

        Architecture(String published, Downsampling downsampling, Fusion fusion) {
            this.published = published;
            this.downsampling = downsampling;
            this.fusion = fusion;
        }

        /** The name of what goes down and joins in a certain way. */
        static String nameOf(Downsampling downsampling, Fusion fusion) {
            for (Architecture architecture : values()) {
                if (architecture.downsampling == downsampling && architecture.fusion == fusion) {
                    return architecture.published;
                }
            }
            return OTHER;
        }
    }

    /** Finds what a configuration names. */
    static <K> K find(Map<K, String> names, ConfigurationFields fields, String key) throws MalformedFileException {
        String name = fields.text(key);
        for (Map.Entry<K, String> entry : names.entrySet()) {
            if (entry.getValue().equals(name)) {
                return entry.getKey();
            }
        }
        throw fields.malformed(
                key,
                "\"" + name + "\" is not one of "
                        + names.values().stream().sorted().collect(Collectors.joining(", ")));
    }
}

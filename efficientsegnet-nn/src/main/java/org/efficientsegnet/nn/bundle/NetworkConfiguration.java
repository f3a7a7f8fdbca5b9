// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.DownsamplingKind;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.NetworkFamily;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.volume.Shape;

/**
 * What {@code model.json} says of one network.
 *
 * @param spec what it is made of
 * @param inputSize the extent of its input
 * @param weights the file with its weights
 * @param minimumMm3 components must be larger than this, mm³
 */
record NetworkConfiguration(NetworkSpec spec, Shape inputSize, WeightsFile weights, double minimumMm3) {

    /**
     * A file with weights.
     *
     * @param name without directories
     * @param dtype of its tensors
     * @param bytes its length
     * @param sha256 of its bytes, 64 hexadecimal digits in lower case
     * @param valuesSha256 of the weights in it, as {@link WeightsDigest} sums them up; null if that is not known
     */
    record WeightsFile(String name, DType dtype, long bytes, String sha256, String valuesSha256) {}

    private static final int MOST_LEVELS = 8;
    // A cube of 512 voxels an axis: 128 million, more than any of these networks is run on.
    private static final int MOST_EXTENT = 4096;
    private static final long MOST_VOXELS = 1L << 27;
    private static final long MOST_BYTES = 1L << 32;
    private static final String NORM = "instance, no affine, eps 1e-5";
    private static final String UPSAMPLING = "trilinear, align_corners";

    /** In which weights may be stored. */
    private static final DType[] DTYPES = {DType.F16, DType.BF16, DType.F32};

    private static String name(DType type) {
        return switch (type) {
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            case F32 -> "float32";
            default -> throw new IllegalArgumentException("weights of a bundle are not stored as " + type);
        };
    }

    static NetworkConfiguration parse(ConfigurationFields fields, int labels) throws MalformedFileException {
        fields.fixed("upsampling", UPSAMPLING);
        fields.fixed("norm", NORM);
        fields.fixed("conv_bias", false);
        NetworkSpec spec = spec(fields);
        if (spec.classes() != labels) {
            throw fields.malformed("num_classes", spec.classes() + " classes for " + labels + " labels");
        }
        if (spec.inputChannels() != 1) {
            throw fields.malformed("in_channels", spec.inputChannels() + " is not supported, only 1");
        }
        if (fields.has("parameters")) {
            requireParameters(fields, spec);
        }
        String sha256 = ModelJson.sha256(fields);
        WeightsFile weights = new WeightsFile(
                ModelJson.plainName(fields, "weights"),
                fields.constant(DTYPES, NetworkConfiguration::name, "dtype"),
                fields.integer("bytes", 8, MOST_BYTES),
                sha256,
                valuesSha256(fields, sha256));
        return new NetworkConfiguration(
                spec, inputSize(fields, spec), weights, fields.number("min_component_mm3", 0, 1e9));
    }

    /** The sum over the weights, unless it was taken of another file than that which is named now. */
    private static String valuesSha256(ConfigurationFields fields, String fileSha256) throws MalformedFileException {
        if (!fields.has("values")) {
            return null;
        }
        ConfigurationFields values = fields.object("values");
        return values.text("of_file").equalsIgnoreCase(fileSha256) ? ModelJson.sha256(values) : null;
    }

    private static void requireParameters(ConfigurationFields fields, NetworkSpec spec) throws MalformedFileException {
        long said = fields.integer("parameters", 0, Long.MAX_VALUE);
        long needed = 0;
        for (int[] shape : spec.parameterShapes().values()) {
            long size = 1;
            for (int extent : shape) {
                size *= extent;
            }
            needed += size;
        }
        if (said != needed) {
            throw fields.malformed("parameters", said + " is not what the network has, " + needed);
        }
    }

    private static NetworkSpec spec(ConfigurationFields fields) throws MalformedFileException {
        List<Integer> channels = fields.integers("channels", 1, 4096, MOST_LEVELS);
        fields.fixed("num_depth", channels.size() - 1);
        BlockKind encoder = fields.constant(BlockKind.values(), BlockKind::publishedName, "encoder_block");
        NetworkSpec.Builder builder = NetworkSpec.builder()
                .encoder(encoder)
                .decoder(fields.constant(BlockKind.values(), BlockKind::publishedName, "decoder_block"))
                .context(
                        fields.has("context_block")
                                ? fields.constant(ContextKind.values(), ContextKind::publishedName, "context_block")
                                : ContextKind.NONE)
                .channels(channels)
                .blocks(blocks(fields, channels.size()))
                .decoderBlocks(fields.has("decoder_num_block") ? (int) fields.integer("decoder_num_block", 1, 64) : 1)
                .inputChannels(fields.has("in_channels") ? (int) fields.integer("in_channels", 1, 4096) : 1)
                .classes((int) fields.integer("num_classes", 1, 255));
        architecture(fields, builder);
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw fields.malformed("", e.getMessage());
        }
    }

    private static void architecture(ConfigurationFields fields, NetworkSpec.Builder builder)
            throws MalformedFileException {
        String name = fields.text("architecture");
        DownsamplingKind downsampling = fields.has("downsampling")
                ? fields.constant(DownsamplingKind.values(), DownsamplingKind::publishedName, "downsampling")
                : null;
        Fusion fusion = fields.has("skips") ? fields.constant(Fusion.values(), Fusion::publishedName, "skips") : null;
        for (NetworkFamily family : NetworkFamily.values()) {
            if (family.publishedName().equals(name)) {
                downsampling = downsampling == null ? family.downsampling() : downsampling;
                fusion = fusion == null ? family.fusion() : fusion;
            }
        }
        if (downsampling == null || fusion == null) {
            throw fields.malformed(
                    "architecture", "of \"" + name + "\" the fields downsampling and skips must be given too");
        }
        if (!name.equals(NetworkFamily.publishedNameOf(downsampling, fusion))) {
            throw fields.malformed(
                    "architecture",
                    "downsampling and skips are those of " + NetworkFamily.publishedNameOf(downsampling, fusion)
                            + ", not of \"" + name + "\"");
        }
        builder.downsampling(downsampling).fusion(fusion);
    }

    /**
     * The blocks of each level. The published code uses its first number for the first two levels, and so never the
     * last one; {@code blocks_per_level} says plainly what that cannot.
     */
    private static List<Integer> blocks(ConfigurationFields fields, int levels) throws MalformedFileException {
        if (fields.has("blocks_per_level")) {
            List<Integer> blocks = fields.integers("blocks_per_level", 1, 64, MOST_LEVELS);
            if (blocks.size() != levels) {
                throw fields.malformed("blocks_per_level", blocks.size() + " numbers for " + levels + " levels");
            }
            return blocks;
        }
        List<Integer> blocks = new ArrayList<>();
        List<Integer> published =
                fields.has("num_blocks") ? fields.integers("num_blocks", 1, 64, MOST_LEVELS) : List.of();
        if (!published.isEmpty() && published.size() < levels - 1) {
            throw fields.malformed("num_blocks", published.size() + " numbers for " + levels + " levels");
        }
        for (int level = 0; level < levels; level++) {
            blocks.add(published.isEmpty() ? 1 : published.get(Math.max(0, level - 1)));
        }
        return blocks;
    }

    private static Shape inputSize(ConfigurationFields fields, NetworkSpec spec) throws MalformedFileException {
        Shape shape = size(fields, "input_size");
        if (shape.voxels() > MOST_VOXELS) {
            throw fields.malformed("input_size", shape + " is more than the limit of " + MOST_VOXELS + " voxels");
        }
        var problem = spec.problemWith(shape);
        if (problem.isPresent()) {
            throw fields.malformed("input_size", problem.get());
        }
        return shape;
    }

    /** Three extents. */
    static Shape size(ConfigurationFields fields, String key) throws MalformedFileException {
        List<Integer> size = fields.integers(key, 1, MOST_EXTENT, 3);
        if (size.size() != 3) {
            throw fields.malformed(key, "three extents are needed: z, y, x");
        }
        return new Shape(size.get(0), size.get(1), size.get(2));
    }

    static List<Integer> list(Shape size) {
        return List.of(size.z(), size.y(), size.x());
    }

    /** What the network is, without its file. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("architecture", NetworkFamily.publishedNameOf(spec));
        map.put("channels", spec.channels());
        int levels = spec.levels();
        List<Integer> blocks = spec.blocks();
        if (blocks.get(0).equals(blocks.get(1))) {
            List<Integer> published = new ArrayList<>(blocks.subList(1, levels));
            published.add(blocks.get(levels - 1));
            map.put("num_blocks", published);
        } else {
            map.put("blocks_per_level", blocks);
        }
        map.put("decoder_num_block", spec.decoderBlocks());
        map.put("encoder_block", spec.encoder().publishedName());
        map.put("decoder_block", spec.decoder().publishedName());
        map.put("context_block", spec.context().publishedName());
        map.put("downsampling", spec.downsampling().publishedName());
        map.put("upsampling", UPSAMPLING);
        map.put("skips", spec.fusion().publishedName());
        map.put("num_depth", levels - 1);
        map.put("input_size", list(inputSize));
        map.put("num_classes", spec.classes());
        map.put("in_channels", spec.inputChannels());
        map.put("norm", NORM);
        map.put("conv_bias", false);
        map.put("min_component_mm3", minimumMm3);
        return map;
    }

    /** The same with its file. */
    Map<String, Object> toMapWithFile(long parameters, Shape trainedSize) {
        Map<String, Object> map = toMap();
        if (!trainedSize.equals(inputSize)) {
            map.put("trained_size", list(trainedSize));
        }
        map.put("weights", weights.name());
        map.put("dtype", name(weights.dtype()));
        map.put("bytes", weights.bytes());
        map.put("parameters", parameters);
        map.put("sha256", weights.sha256());
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("of_file", weights.sha256());
        values.put("sha256", weights.valuesSha256());
        map.put("values", values);
        return map;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.nn.weights.WeightsReport;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/**
 * What a segmentation network is made of: an encoder whose resolution halves from level to level, a context block at
 * the bottom, a decoder that goes back up, and a 1×1×1 convolution that gives the logits. Free of weights and of any
 * engine; immutable.
 *
 * <p>Level 0 has the resolution of the input. {@link #efficientSegNet} and {@link #coarseUNet} are the published
 * networks; {@link #builder} starts from the former.
 *
 * @param encoder the encoder's blocks
 * @param decoder the decoder's blocks
 * @param context the context block
 * @param fusion how skip connections are joined
 * @param downsampling how the encoder halves the resolution
 * @param channels channels of each level, 2 to 8 levels
 * @param blocks encoder blocks of each level, as many entries as {@code channels}
 * @param decoderBlocks decoder blocks of each level
 * @param inputChannels channels of the input
 * @param classes output channels, one logit a class and voxel
 */
public record NetworkSpec(
        BlockKind encoder,
        BlockKind decoder,
        ContextKind context,
        Fusion fusion,
        DownsamplingKind downsampling,
        List<Integer> channels,
        List<Integer> blocks,
        int decoderBlocks,
        int inputChannels,
        int classes) {

    private static final int MOST_LEVELS = 8;
    private static final int MOST_CHANNELS = 4096;
    private static final int MOST_BLOCKS = 64;

    /** @throws IllegalArgumentException if a value makes no sense; the message names it */
    public NetworkSpec {
        Objects.requireNonNull(encoder, "encoder");
        Objects.requireNonNull(decoder, "decoder");
        Objects.requireNonNull(context, "context");
        Objects.requireNonNull(fusion, "fusion");
        Objects.requireNonNull(downsampling, "downsampling");
        channels = List.copyOf(channels);
        blocks = List.copyOf(blocks);
        if (channels.size() < 2 || channels.size() > MOST_LEVELS) {
            throw new IllegalArgumentException(
                    "channels: 2 to " + MOST_LEVELS + " levels are possible, not " + channels.size());
        }
        if (blocks.size() != channels.size()) {
            throw new IllegalArgumentException("blocks: " + channels.size() + " levels have channels, but "
                    + blocks.size() + " have a number of blocks");
        }
        channels.forEach(c -> requireRange("channels", c, MOST_CHANNELS));
        blocks.forEach(b -> requireRange("blocks", b, MOST_BLOCKS));
        requireRange("decoderBlocks", decoderBlocks, MOST_BLOCKS);
        requireRange("inputChannels", inputChannels, MOST_CHANNELS);
        requireRange("classes", classes, MOST_CHANNELS);
        int bottom = channels.get(channels.size() - 1);
        if (bottom < context.leastChannels()) {
            throw new IllegalArgumentException("channels: the context block " + context
                    + " works with 1/" + context.leastChannels()
                    + " of the lowest level's channels; give that level at least "
                    + context.leastChannels() + ", not " + bottom);
        }
    }

    private static void requireRange(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + ": " + value + " is not within 1 to " + most);
        }
    }

    /** The published fine network: channels 16 32 64 128 256, two blocks a level, mixed pyramid strip pooling. */
    public static NetworkSpec efficientSegNet(int classes) {
        return builder().classes(classes).build();
    }

    /** The fine network with other channels, the highest resolution first. */
    public static NetworkSpec efficientSegNet(int classes, List<Integer> channels) {
        return builder().channels(channels).classes(classes).build();
    }

    /** The published coarse network, a residual U-Net: channels 8 16 32 64 128. */
    public static NetworkSpec coarseUNet(int classes) {
        return coarseUNet(classes, List.of(8, 16, 32, 64, 128));
    }

    /** The coarse network with other channels, the highest resolution first. */
    public static NetworkSpec coarseUNet(int classes, List<Integer> channels) {
        return builder()
                .encoder(BlockKind.FOUR_CONV_RESIDUAL)
                .decoder(BlockKind.TWO_CONV_RESIDUAL)
                .context(ContextKind.NONE)
                .fusion(Fusion.CONCAT)
                .downsampling(DownsamplingKind.OVERLAPPING_MAX_POOLING)
                .channels(channels)
                .blocksPerLevel(1)
                .classes(classes)
                .build();
    }

    /** A builder that holds the values of {@link #efficientSegNet} for 4 classes. */
    public static Builder builder() {
        return new Builder();
    }

    /** The same network with another number of output channels. */
    public NetworkSpec withClasses(int number) {
        return new NetworkSpec(
                encoder,
                decoder,
                context,
                fusion,
                downsampling,
                channels,
                blocks,
                decoderBlocks,
                inputChannels,
                number);
    }

    /** The number of levels. */
    public int levels() {
        return channels.size();
    }

    /** What the input size must be divisible by along each axis. */
    public int divisor() {
        return 1 << (levels() - 1);
    }

    /**
     * Every weight of the network with its shape, in the order of computation. Convolution weights are laid out as
     * PyTorch does: output channel, input channel (1 if depthwise), z, y, x.
     */
    public Map<String, int[]> parameterShapes() {
        // The shapes are the same for every input size; this one suits all context blocks.
        return NetworkCounts.of(this, Shape.cube(8 * divisor())).parameterShapes();
    }

    /**
     * Why weights do not fit the network.
     *
     * @return which tensors are missing, have another shape or are not the network's; empty if they fit
     */
    public Optional<String> problemWith(Weights weights) {
        WeightsReport report = WeightsReport.compare(parameterShapes(), weights);
        return report.fits() ? Optional.empty() : Optional.of(report.toString());
    }

    /**
     * Why the network cannot take an input of a size, with the remedy.
     *
     * @return empty if it can
     */
    public Optional<String> problemWith(Shape inputSize) {
        int divisor = divisor();
        if (inputSize.z() % divisor != 0 || inputSize.y() % divisor != 0 || inputSize.x() % divisor != 0) {
            return Optional.of(
                    "the input size " + inputSize + " is not divisible by " + divisor + " along each axis, as "
                            + levels() + " levels demand; the nearest that is: " + nearest(inputSize));
        }
        Shape bottom = new Shape(inputSize.z() / divisor, inputSize.y() / divisor, inputSize.x() / divisor);
        if (bottom.voxels() < 2) {
            return Optional.of("the input size " + inputSize + " leaves one voxel at the lowest level, which instance"
                    + " normalisation would turn to zero; make one axis at least " + 2 * divisor + ", the nearest is "
                    + nearest(inputSize));
        }
        int least = Math.min(bottom.z(), Math.min(bottom.y(), bottom.x()));
        int most = Math.max(bottom.z(), Math.max(bottom.y(), bottom.x()));
        if (least < context.leastExtent() || most < context.leastLongest()) {
            return Optional.of("the input size " + inputSize + " is too small for the context block " + context
                    + ": its pooling at 1/" + divisor + " of the resolution must leave more than one voxel; make every"
                    + " axis at least " + context.leastExtent() * divisor + " and one of them at least "
                    + context.leastLongest() * divisor + ", the nearest is " + nearest(inputSize)
                    + ", or take the network without a context block");
        }
        return Optional.empty();
    }

    /** @throws IllegalArgumentException if the network cannot take an input of this size, with the remedy */
    public void requireInputSize(Shape inputSize) {
        problemWith(inputSize).ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        });
    }

    /** The size that the network can take whose extents differ least from those of another; of two the larger one. */
    public Shape nearest(Shape inputSize) {
        int divisor = divisor();
        int least = context.leastExtent();
        int most = Math.max(2, context.leastLongest());
        int[] cells = new int[3];
        int largest = 0;
        for (Axis axis : Axis.values()) {
            int i = axis.ordinal();
            cells[i] = Math.max(least, (inputSize.along(axis) + divisor / 2) / divisor);
            largest = inputSize.along(axis) > inputSize.along(Axis.values()[largest]) ? i : largest;
        }
        if (Math.max(cells[0], Math.max(cells[1], cells[2])) < most) {
            cells[largest] = most;
        }
        return new Shape(cells[0] * divisor, cells[1] * divisor, cells[2] * divisor);
    }

    /** Changes some values of a specification. Not thread-safe. */
    public static final class Builder {
        private BlockKind encoder = BlockKind.BASIC_RESIDUAL;
        private BlockKind decoder = BlockKind.ANISOTROPIC;
        private ContextKind context = ContextKind.MIXED_PYRAMID_STRIP_POOLING;
        private Fusion fusion = Fusion.ADD;
        private DownsamplingKind downsampling = DownsamplingKind.STRIDED_CONVOLUTION;
        private List<Integer> channels = List.of(16, 32, 64, 128, 256);
        private List<Integer> blocks;
        private int blocksPerLevel = 2;
        private int decoderBlocks = 1;
        private int inputChannels = 1;
        private int classes = 4;

        private Builder() {}

        /** The encoder's blocks. */
        public Builder encoder(BlockKind kind) {
            this.encoder = kind;
            return this;
        }

        /** The decoder's blocks. */
        public Builder decoder(BlockKind kind) {
            this.decoder = kind;
            return this;
        }

        /** The context block. */
        public Builder context(ContextKind kind) {
            this.context = kind;
            return this;
        }

        /** How skip connections are joined. */
        public Builder fusion(Fusion fusion) {
            this.fusion = fusion;
            return this;
        }

        /** How the encoder halves the resolution. */
        public Builder downsampling(DownsamplingKind downsampling) {
            this.downsampling = downsampling;
            return this;
        }

        /** Channels of each level, the highest resolution first. */
        public Builder channels(Integer... channels) {
            return channels(List.of(channels));
        }

        /** Channels of each level, the highest resolution first. */
        public Builder channels(List<Integer> channels) {
            this.channels = List.copyOf(channels);
            return this;
        }

        /** The same number of encoder blocks at every level. */
        public Builder blocksPerLevel(int blocks) {
            this.blocks = null;
            this.blocksPerLevel = blocks;
            return this;
        }

        /** Encoder blocks of each level, the highest resolution first. */
        public Builder blocks(List<Integer> blocks) {
            this.blocks = List.copyOf(blocks);
            return this;
        }

        /** Decoder blocks of each level. */
        public Builder decoderBlocks(int blocks) {
            this.decoderBlocks = blocks;
            return this;
        }

        /** Channels of the input. */
        public Builder inputChannels(int channels) {
            this.inputChannels = channels;
            return this;
        }

        /** Output channels. */
        public Builder classes(int classes) {
            this.classes = classes;
            return this;
        }

        /** @throws IllegalArgumentException if a value makes no sense; the message names it */
        public NetworkSpec build() {
            List<Integer> perLevel = blocks == null ? Collections.nCopies(channels.size(), blocksPerLevel) : blocks;
            return new NetworkSpec(
                    encoder,
                    decoder,
                    context,
                    fusion,
                    downsampling,
                    channels,
                    perLevel,
                    decoderBlocks,
                    inputChannels,
                    classes);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.nn.weights.WeightsReport;

/**
 * Reads off names and shapes of tensors what a network is made of. Widths, classes and numbers of blocks stand in them;
 * the kinds of blocks are those whose tensors differ least from what is there, so that a new kind is found without a word
 * here. Thread-safe: pure functions.
 */
public final class SpecFromWeights {

    private static final int MOST_LEVELS = 8;
    private static final int MOST_BLOCKS = 64;

    private final Weights weights;

    private SpecFromWeights(Weights weights) {
        this.weights = weights;
    }

    /**
     * The network of weights with the published names.
     *
     * @throws IllegalArgumentException if no network has these weights, with what is missing or too much
     */
    public static NetworkSpec of(Weights weights) {
        return requireFit(nearest(weights), weights);
    }

    /**
     * The network of weights with the published names.
     *
     * @param family what the weights do not tell
     * @throws IllegalArgumentException if no network of that family has these weights, with what is missing or too much
     */
    public static NetworkSpec of(Weights weights, NetworkFamily family) {
        SpecFromWeights reader = new SpecFromWeights(weights);
        return requireFit(reader.nearest(reader.sizes(), List.of(family.fusion()), family.downsampling()), weights);
    }

    /**
     * The network that is nearest to the weights; they may still differ from what it needs.
     *
     * @throws IllegalArgumentException if the weights are of another manner altogether
     */
    public static NetworkSpec nearest(Weights weights) {
        SpecFromWeights reader = new SpecFromWeights(weights);
        return reader.nearest(reader.sizes(), List.of(Fusion.values()), null);
    }

    private static NetworkSpec requireFit(NetworkSpec spec, Weights weights) {
        spec.problemWith(weights).ifPresent(problem -> {
            throw new IllegalArgumentException("the weights look like those of " + spec + ", but " + problem);
        });
        return spec;
    }

    private NetworkSpec.Builder sizes() {
        List<Integer> channels = new ArrayList<>();
        int inputChannels = 0;
        for (int level = 0; level < MOST_LEVELS; level++) {
            String name = "conv" + level + "_0.";
            if (!has(name)) {
                break;
            }
            Tensor shortcut = firstShortcut(name);
            if (shortcut == null) {
                throw new IllegalArgumentException(
                        "the first block of level " + level + " has no shortcut, as all networks'"
                                + " have; there is no tensor " + name + (has(name + "0.") ? "0." : "")
                                + "shortcut_unit.conv.weight");
            }
            channels.add(shortcut.shape()[0]);
            inputChannels = level == 0 ? shortcut.shape()[1] : inputChannels;
        }
        Tensor last = weights.find("final.weight").orElse(null);
        if (channels.size() < 2 || last == null || last.shape().length != 5) {
            throw new IllegalArgumentException("among " + weights.tensors().size()
                    + " tensors there are not those of an encoder (conv0_0, conv1_0 and so on) and of the last"
                    + " convolution (final.weight)");
        }
        List<Integer> blocks = new ArrayList<>();
        for (int level = 0; level < channels.size(); level++) {
            blocks.add(blocks("conv" + level + "_0."));
        }
        return NetworkSpec.builder()
                .channels(channels)
                .blocks(blocks)
                .decoderBlocks(blocks("conv0_" + (channels.size() - 1) + "."))
                .inputChannels(inputChannels)
                .classes(last.shape()[0]);
    }

    private boolean has(String prefix) {
        return weights.tensors().keySet().stream().anyMatch(name -> name.startsWith(prefix));
    }

    private Tensor firstShortcut(String prefix) {
        return weights.tensors().entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix)
                        && entry.getKey().contains("shortcut_unit")
                        && entry.getValue().shape().length == 5)
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private int blocks(String prefix) {
        Pattern numbered = Pattern.compile(Pattern.quote(prefix) + "(\\d{1,3})\\..*");
        int most = 0;
        for (String name : weights.tensors().keySet()) {
            Matcher matcher = numbered.matcher(name);
            if (matcher.matches()) {
                most = Math.max(most, Integer.parseInt(matcher.group(1)));
            }
        }
        return Math.min(most + 1, MOST_BLOCKS);
    }

    private NetworkSpec nearest(NetworkSpec.Builder sizes, List<Fusion> fusions, DownsamplingKind known) {
        NetworkSpec nearest = null;
        int fewest = Integer.MAX_VALUE;
        String problem = "";
        for (BlockKind encoder : BlockKind.values()) {
            for (BlockKind decoder : BlockKind.values()) {
                for (ContextKind context : ContextKind.values()) {
                    for (Fusion fusion : fusions) {
                        NetworkSpec candidate;
                        try {
                            candidate = sizes.encoder(encoder)
                                    .decoder(decoder)
                                    .context(context)
                                    .fusion(fusion)
                                    .downsampling(known == null ? downsampling(encoder, fusion) : known)
                                    .build();
                        } catch (IllegalArgumentException e) {
                            problem = e.getMessage();
                            continue;
                        }
                        int differences = WeightsReport.compare(candidate.parameterShapes(), weights)
                                .differences();
                        if (differences < fewest) {
                            fewest = differences;
                            nearest = candidate;
                        }
                    }
                }
            }
        }
        if (nearest == null) {
            throw new IllegalArgumentException(problem);
        }
        return nearest;
    }

    /** Shapes do not show how the encoder goes down; it is taken as the published networks do it. */
    private static DownsamplingKind downsampling(BlockKind encoder, Fusion fusion) {
        if (fusion == Fusion.ADD) {
            return DownsamplingKind.STRIDED_CONVOLUTION;
        }
        boolean unet = encoder == BlockKind.FOUR_CONV_RESIDUAL || encoder == BlockKind.TWO_CONV_RESIDUAL;
        return unet ? DownsamplingKind.OVERLAPPING_MAX_POOLING : DownsamplingKind.MAX_POOLING;
    }
}
